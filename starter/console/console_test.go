package console

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNothingFromOutsideReachesTheTerminalAsASequence(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":                         "plain text",
		"\x1b[31mred\x1b[0m":                 "red",
		"\x1b]0;title\x07after":              "after",
		"\x1b]8;;http://x\x1b\\link":         "link",
		"\u009b31mred":                       "red",
		"a\x1b":                              "a",
		"bell\x07 back\x08 del\x7f c1\u0085": "bell back del c1",
		"two\nlines\tand a tab\r":            "two lines and a tab ",
		"right\u202eleft\u2066":              "rightleft",
		"bad \xff byte":                      "bad \uFFFD byte",
		"日本語 é":                              "日本語 é",
	} {
		require.Equal(t, want, Clean(in), "%q", in)
	}
}

func FuzzCleanedTextHoldsNoControlCharacter(f *testing.F) {
	f.Add("\x1b[31mred\x1b[0m\u009b1m")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range Clean(s) {
			if r < 0x20 || r >= 0x7f && r < 0xa0 {
				t.Fatalf("%q became %q", s, Clean(s))
			}
		}
	})
}

func TestALineIsCutToTheTerminalByCells(t *testing.T) {
	l := Styled(Good, "✓ ").And(Plain, "日本語のモデル")
	require.Equal(t, "✓ 日本語のモデル", l.render(false, 16))
	require.Equal(t, "✓ 日本…", l.render(false, 8))
	require.Equal(t, "\x1b[32m✓ \x1b[0m日本…", l.render(true, 8))
	require.Equal(t, 7, Width("✓ 日本…"))
}

func TestPlainOutputHasNoSequences(t *testing.T) {
	var b strings.Builder
	(&Printer{W: &b}).Print(Styled(Bad, "✗ probe").And(Plain, "  \x1b[2Jgone"))
	require.Equal(t, "✗ probe  gone\n", b.String())
}

func TestABlockIsRedrawnBelowTheLinesThatStay(t *testing.T) {
	var b strings.Builder
	live := Live{Printer: &Printer{W: &b, Size: func() (int, int) { return 12, 3 }}}

	live.Update(nil, []Line{Text("one"), Text("a long line that is")})
	live.Update([]Line{Text("stays, whatever its length")}, []Line{Text("1"), Text("2"), Text("3")})
	live.Update(nil, nil)

	require.Equal(t, "\r\x1b[Ja long line\n    that is\n"+
		"\x1b[2A\r\x1b[Jstays, whatever its length\n2\n3\n"+ // two rows are left beside the cursor's
		"\x1b[2A\r\x1b[J", b.String())
}

func TestALineOfABlockGoesOnBelowWhereTheTerminalIsNarrow(t *testing.T) {
	line := Styled(Alert, "  ↻ SyntheticProbe attempt 3 in 7s; ").And(Plain, "last failure: the endpoint answered 503: 模型正在加载")
	rows := wrapped([]Line{line}, 40)
	var texts []string
	for _, r := range rows {
		require.LessOrEqual(t, Width(r.String()), 40)
		texts = append(texts, r.String())
	}
	require.Equal(t, []string{"  ↻ SyntheticProbe attempt 3 in 7s; last", "    failure: the endpoint answered 503:", "    模型正在加载"}, texts)
	require.Equal(t, Alert, rows[0][0].Style)

	flood := wrapped([]Line{Text(strings.Repeat("x", 1000))}, 40)
	require.Len(t, flood, maxRows, "one line never takes the whole screen")
	require.Equal(t, strings.Repeat("x", 40), flood[0].String())
}

func TestColumnsAreAsWideAsTheirWidestCellOnTheTerminal(t *testing.T) {
	lines := Columns([][]Span{
		{{Text: "NAME"}, {Text: "MS"}, {Text: "WHY"}},
		{{Text: "日本"}, {Text: "1200"}, {Text: "\x1b[2Jslow"}},
		{{Text: "short"}},
	}, 1)
	require.Equal(t, "NAME     MS  WHY", lines[0].String())
	require.Equal(t, "日本   1200  slow", lines[1].String())
	require.Equal(t, "short", lines[2].String())
}
