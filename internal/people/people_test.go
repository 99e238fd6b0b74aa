package people

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestNamesThatReadAlikeAreOnePersons(t *testing.T) {
	const alice = "alice@example.com"
	for what, name := range map[string]string{
		"itself":                       alice,
		"capitals":                     "ALICE@Example.COM",
		"spaces around":                "\u00a0 alice@example.com\t",
		"a Hangul filler":              alice + "\u3164",
		"a Hangul choseong filler":     alice + "\u115f",
		"a Hangul jungseong filler":    alice + "\u1160",
		"a half-width Hangul filler":   alice + "\uffa0",
		"a combining grapheme joiner":  "al\u034fice@example.com",
		"a variation selector":         alice + "\ufe0f",
		"a variation selector 17":      alice + "\U000e0100",
		"a blank Braille pattern":      alice + "\u2800",
		"a zero-width space":           alice + "\u200b",
		"a zero-width joiner":          "ali\u200dce@example.com",
		"a soft hyphen":                "ali\u00adce@example.com",
		"a byte order mark":            "\ufeff" + alice,
		"a right-to-left mark":         alice + "\u200f",
		"a tag":                        alice + "\U000e0041",
		"a Mongolian vowel separator":  alice + "\u180e",
		"an invisible times":           alice + "\u2062",
		"full-width letters":           "ａｌｉｃｅ＠example.com",
		"mathematical letters":         "𝐚𝐥𝐢𝐜𝐞@example.com",
		"a Cyrillic letter":            "аlice@example.com",
		"Cyrillic letters, capitals":   "АLІСЕ@example.com",
		"a Greek letter":               "αlice@example.com",
		"a dotless i":                  "alıce@example.com",
		"a Khmer inherent vowel":       alice + "\u17b4",
		"a musical notehead left null": alice + "\U0001d159",
	} {
		require.True(t, Same(alice, name), what)
		require.True(t, Same(name, alice), what)
	}
	require.True(t, Same("Jose\u0301", "Jos\u00e9"), "NFD and NFC")
	require.True(t, Same("Strauß", "STRAUSS"))
	require.True(t, Same("Ann  Lee", "ann lee"))
	require.True(t, Same("Ångström", "A\u030angstro\u0308m"))
}

func TestNamesThatReadDifferentlyAreNot(t *testing.T) {
	for _, pair := range [][2]string{
		{"alice@example.com", "alice@example.org"}, {"José", "Jose"}, {"ann", "anne"}, {"", "ann"}, {"Ann Lee", "AnnLee"},
		{"李雷", "韩梅梅"}, {"Иван", "Пётр"},
	} {
		require.False(t, Same(pair[0], pair[1]), pair)
	}
}

func TestNamesOfRealPeopleAreTaken(t *testing.T) {
	for _, name := range []string{
		"alice@example.com", "José Ñandú", "Jose\u0301", "Иван Петров", "ivan.петров", "李雷", "田中さん", "タナカ Ken", "김철수",
		"محمد علي", "שרה כהן", "Łukasz O’Neill", "Παύλος", "अमित कुमार", "สมชาย", "bob (ops)", "team-7",
		"ann@例え.jp", "dave 🙂", "Նարե", "ᏣᎳᎩ",
	} {
		if name == "ivan.петров" { // two alphabets that have letters alike
			require.Error(t, Check(name))
			continue
		}
		require.NoError(t, Check(name), name)
	}
}

func TestNamesThatHideOrImitateAreRefused(t *testing.T) {
	for _, name := range []string{
		"alice\u3164", "alice\u115f", "alice\uffa0", "al\u034fice", "alice\ufe0f", "alice\u2800", "alice\u200b", "alice\n", "\u202ealice",
		"аlice@example.com", "αlice", "сосо@example.com", "aliсe", "ann Ꭺnn", "aliחce", "al한ice한ア",
	} {
		require.Error(t, Check(name), "%q", name)
	}
}

func FuzzSame(f *testing.F) {
	f.Add("alice\u3164")
	f.Add("İstanbul")
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) {
			return
		}
		require.True(t, Same(name, name))
		require.True(t, Same(name, key(name)), "what names have in common is itself such a name: %q", name)
		_ = Check(name)
	})
}
