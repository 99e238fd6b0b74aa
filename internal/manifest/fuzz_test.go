package manifest

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// patience is far beyond what any text takes, under a second even with the race detector, and far below what one takes
// that makes the parser quadratic over a whole file or exponential.
const patience = 30 * time.Second

func FuzzParse(f *testing.F) {
	for _, file := range []string{"production-llm-v2.yaml", "minimal.yaml", "anthropic.yaml", "azure.yaml", "tutorial.json"} {
		raw, err := os.ReadFile("../../examples/" + file)
		require.NoError(f, err)
		f.Add(string(raw), strings.HasSuffix(file, ".json"))
	}
	f.Add("a: &a [*a, !!x 1]\n---\n<<: {? b : c}\n", false)
	f.Add("- - - 1\n- {a: [}\n", false)
	f.Add("a: |\n  text\n  ---\nb: >-\n folded\n...\n%YAML 1.2\n---\n'c': \"\\x00\"\n", false)
	f.Add(`{"a":[1e400,{"b":"\ud800"}],"a":null}{"name":`, true)
	f.Fuzz(func(t *testing.T, text string, isJSON bool) {
		file := "f.yaml"
		if isJSON {
			file = "f.json"
		}
		start := time.Now()
		docs, err := Parse(file, []byte(text))
		if taken := time.Since(start); taken > patience {
			t.Fatalf("took %v", taken)
		}
		var broken *ParseError
		if err != nil && !errors.As(err, &broken) {
			t.Fatalf("untyped error %v", err)
		}
		for _, d := range docs {
			requireBounded(t, d, text)
			if len(d.Violations) == 0 {
				requireRoundTrip(t, d.Manifest)
			}
		}
	})
}

func requireBounded(t *testing.T, d Document, text string) {
	require.LessOrEqual(t, len(d.Violations), maxViolations+1)
	for _, v := range d.Violations {
		require.NotEmpty(t, v.Message)
		require.NotContains(t, v.Message, "cannot be read as a manifest", "schema and types must agree")
		require.Less(t, len(v.In("f")), 2000)
		require.Positive(t, v.Line)
		require.Positive(t, v.Column)
		require.LessOrEqual(t, v.Line, strings.Count(text, "\n")+strings.Count(text, "\r")+1)
	}
}

// requireRoundTrip checks that a valid manifest is valid in every form in which it travels, and stays itself.
func requireRoundTrip(t *testing.T, m schemas.Manifest) {
	require.Empty(t, Validate(m))
	raw, err := json.Marshal(m)
	require.NoError(t, err)
	again := only(t, "again.json", string(raw))
	require.Empty(t, again.Violations)
	want, err := m.Payload().Hash()
	require.NoError(t, err)
	got, err := again.Manifest.Payload().Hash()
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, m, again.Manifest)
}

// TestTextThatIsMadeToBeSlowIsReadInTime keeps shapes on which parsers are known to go quadratic.
func TestTextThatIsMadeToBeSlowIsReadInTime(t *testing.T) {
	fill := func(unit string, size int) string { return strings.Repeat(unit, size/len(unit)) }
	const size = MaxDocumentBytes - 100
	key := strings.Repeat("k", 8000)
	for name, text := range map[string]string{
		"distinct lines":      fill("a b: 1\n", size),
		"list entries":        key + ":\n" + fill("- x\n", size-8002),
		"flow entries":        "{" + key + ": [" + fill("x,", size-8010) + "]}",
		"open quotes":         fill("\"a\n", size),
		"open quote":          "a: \"" + fill("x\n ", size),
		"escapes":             "a: \"" + fill(`\u0041`, size) + "\"",
		"block of text":       "a: |\n" + fill("  x\n", size),
		"folded text":         "a: >\n" + fill("  x\n\n", size),
		"plain over lines":    "a: x\n" + fill("  x\n", size),
		"comments":            fill("#\n", size),
		"blank lines":         "a:" + fill("\n", size),
		"spaces":              "a:" + fill(" ", size) + "1",
		"colons":              fill("a: ", size),
		"braces side by side": "[" + fill("{},", size) + "]",
		"stairs":              staircase(32) + fill(strings.Repeat(" ", 31)+"b: 1\n", size-1500),
		"anchors":             fill("&a ", size),
		"many documents":      strings.Repeat("a: 1\n---\n", 2000),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, _ = Parse("f.yaml", []byte(text))
			require.Less(t, time.Since(start), patience)
		})
	}
	t.Run("JSON on one line", func(t *testing.T) {
		start := time.Now()
		_, _ = Parse("f.json", []byte(strings.Repeat(`{"a":"`+strings.Repeat("ü", 40)+`"}`, 2000)))
		require.Less(t, time.Since(start), patience)
	})
}

func BenchmarkParseAndValidate(b *testing.B) {
	raw, err := os.ReadFile("../../examples/anthropic.yaml")
	require.NoError(b, err)
	for b.Loop() {
		if _, err := Parse("anthropic.yaml", raw); err != nil {
			b.Fatal(err)
		}
	}
}
