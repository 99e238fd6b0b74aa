package codec_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/codec"
)

// entry is a key of one byte repeated, in the form of the variable.
func entry(id string, b byte, size int) string {
	return id + ":" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(b)), size)))
}

func keys(t *testing.T, entries ...string) *codec.Keys {
	t.Helper()
	k, err := codec.ParseKeys(strings.Join(entries, " "))
	require.NoError(t, err)
	return k
}

func TestKeysAreSeparatedBySpacesOrLines_AndTheFirstEncrypts(t *testing.T) {
	k, err := codec.ParseKeys("\n  " + entry("new", 'n', 32) + "\n" + entry("old-1.2_x", 'o', 32) + "  ")
	require.NoError(t, err)
	require.True(t, k.On())
	require.Equal(t, "new encrypts, old-1.2_x decrypts too", k.String())
}

func TestNoKeysAreNoMistake(t *testing.T) {
	for _, k := range []*codec.Keys{keys(t, ""), keys(t, " \n"), nil, {}} {
		require.False(t, k.On())
		require.Equal(t, "off", k.String())
	}
}

func TestEveryWrongKeyIsNamedAtOnceByItsPlaceAndNeverShown(t *testing.T) {
	secret := entry("", 's', 32)[1:]
	_, err := codec.ParseKeys(strings.Join([]string{
		secret,                   // no id
		":" + secret,             // an empty one
		secret + ":k",            // turned round
		"short:" + secret[:20],   // cut
		"long:" + secret + "AAA", // no base64 any more
		entry("k", 'k', 32),
		entry("k", 'l', 32),
		entry("twin", 'k', 32),
		entry("small", 'k', 16),
	}, " "))
	require.EqualError(t, err, strings.Join([]string{
		"REGISTRAR_ENCRYPTION_KEYS: entry 1 is not of the form id:base64",
		"REGISTRAR_ENCRYPTION_KEYS: entry 2 must have an id of 1 to 32 letters, digits, dots, hyphens or underscores before its colon",
		"REGISTRAR_ENCRYPTION_KEYS: entry 3 must have an id of 1 to 32 letters, digits, dots, hyphens or underscores before its colon",
		"REGISTRAR_ENCRYPTION_KEYS: entry 4 (short) has 15 bytes, not 32; make one with: openssl rand -base64 32",
		"REGISTRAR_ENCRYPTION_KEYS: entry 5 (long) is not base64 after its colon; make one with: openssl rand -base64 32",
		"REGISTRAR_ENCRYPTION_KEYS: entry 7 has the id k, which an entry before it has",
		"REGISTRAR_ENCRYPTION_KEYS: entry 8 holds the same key as entry 6",
		"REGISTRAR_ENCRYPTION_KEYS: entry 9 (small) has 16 bytes, not 32; make one with: openssl rand -base64 32",
	}, "\n"))
	require.NotContains(t, err.Error(), secret[:10])
}

func TestKeysAreNotPrinted(t *testing.T) {
	k := keys(t, entry("k", 's', 32))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(verb, k), "115 115", verb)
		require.NotContains(t, fmt.Sprintf(verb, k), "0x73", verb)
	}
}
