package schemas

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// names of many kinds, and what becomes of them in an id.
var escapedNames = map[string]string{
	"production-llm-v2":           "production-llm-v2",
	"Übersetzer-DE":               "%C3%9Cbersetzer-DE",
	"U\u0308bersetzer-DE":         "U%CC%88bersetzer-DE",
	"a/b":                         "a%2Fb",
	"50% off? #1":                 "50%25%20off%3F%20%231",
	"%C3%9C":                      "%25C3%259C",
	"مترجم":                       "%D9%85%D8%AA%D8%B1%D8%AC%D9%85",
	"bot 🤖":                       "bot%20%F0%9F%A4%96",
	"it's \"$HOME\" `x` & (y); z": "it's%20\"$HOME\"%20`x`%20&%20(y);%20z",
	"../../etc":                   "..%2F..%2Fetc",
	"\x7f\x00":                    "%7F%00",
	"\xff":                        "%FF",
	"":                            "",
	strings.Repeat("𝔐", 64):       strings.Repeat("%F0%9D%94%90", 64),
}

func TestANameIsWrittenIntoAnIDAndReadBack(t *testing.T) {
	for name, escaped := range escapedNames {
		require.Equal(t, escaped, EscapeID(name))
		back, ok := UnescapeID(escaped)
		require.True(t, ok, escaped)
		require.Equal(t, name, back)
		standard, err := url.PathUnescape(escaped)
		require.NoError(t, err, "any program can read it back")
		require.Equal(t, name, standard)

		id := RegisterModelWorkflowID(name)
		require.LessOrEqual(t, len(id), 1000, "the longest id that Temporal takes")
		require.NotContains(t, id, " ")
		require.Equal(t, -1, strings.IndexFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }), id)
		of, ok := ModelNameOf(id)
		require.True(t, ok)
		require.Equal(t, name, of)
	}
}

func TestWhatIsNoEscapedNameIsNotReadAsOne(t *testing.T) {
	for _, text := range []string{"Übersetzer", "a b", "a/b", "%", "%4", "%zz", "%c3%9c", "%61", "a%", "a?b", "%+1", "% 1"} {
		_, ok := UnescapeID(text)
		require.False(t, ok, text)
	}
	for _, id := range []string{"register-fleet/f", "model/m", "production-llm-v2", "register-model/Ü"} {
		_, ok := ModelNameOf(id)
		require.False(t, ok, id)
	}
}

func TestTheIDsOfTwoNamesAreNeverTheSame(t *testing.T) {
	require.NotEqual(t, LateDecisionWorkflowID("a/b", "c"), LateDecisionWorkflowID("a", "b/c"))
	require.NotEqual(t, RegisterModelWorkflowID("a%2Fb"), RegisterModelWorkflowID("a/b"))
	require.NotEqual(t, RegisterModelWorkflowID("\u00dc"), RegisterModelWorkflowID("U\u0308"))
	require.Equal(t, "late-decision/a%2Fb/c", LateDecisionWorkflowID("a/b", "c"))
}

func FuzzEscapeID(f *testing.F) {
	for name, escaped := range escapedNames {
		f.Add(name)
		f.Add(escaped)
	}
	f.Fuzz(func(t *testing.T, text string) {
		back, ok := UnescapeID(EscapeID(text))
		require.True(t, ok)
		require.Equal(t, text, back)
		if raw, ok := UnescapeID(text); ok {
			require.Equal(t, text, EscapeID(raw))
		}
	})
}
