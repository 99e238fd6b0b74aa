package approvers

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzParse(f *testing.F) {
	key := public(ed25519Key(f))
	for _, seed := range []string{
		"bob " + key, `"bob b" namespaces="a,!b",valid-after="20260504Z" ` + key + " comment", "# no\n\n*,!x\t" + key,
		`bob valid-before="202605041000` + key, "bob cert-authority " + key, `bob namespaces="\"" ` + key, "\xff", "bob", `"`,
	} {
		f.Add(seed)
	}
	unnamed := statement()
	unnamed.Approver = ""
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("approvers", []byte(text))
		if err != nil {
			require.Nil(t, s)
			require.LessOrEqual(t, strings.Count(err.Error(), "\n"), maxProblems)
			return
		}
		for _, signer := range s.signers {
			require.NoError(t, CheckKey(signer.key))
			for _, statement := range []string{unnamed.Approver, "bob", "*"} {
				if who, err := s.principal(signer.key, statement, now); err == nil {
					require.NotEmpty(t, who)
				}
			}
		}
	})
}

func FuzzSignature(f *testing.F) {
	key, other := ed25519Key(f), ed25519Key(f)
	good := sign(f, statement(), key)
	for _, seed := range []string{good, sign(f, statement(), other), sign(f, statement(), rsaKey(f)), sign(f, statement(), newSecurityKey(f, true)), "", "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----"} {
		f.Add(seed)
	}
	s := parsed(f, "bob@example.com "+public(key))
	f.Fuzz(func(t *testing.T, text string) {
		// Whatever counts is the armour of the one signature that the key made, however it is wrapped.
		who, fingerprint, err := s.Verify(statement(), text, now)
		if err != nil {
			var r *Refusal
			require.ErrorAs(t, err, &r)
			require.Empty(t, who)
			return
		}
		require.Equal(t, "bob@example.com", who)
		require.NotEmpty(t, fingerprint)
		sig, err := parse(text)
		require.NoError(t, err)
		want, err := parse(good)
		require.NoError(t, err)
		require.Equal(t, want.Signature.Blob, sig.Signature.Blob)
	})
}

func FuzzMatchPattern(f *testing.F) {
	f.Add("*@example.com", "bob@example.com")
	f.Add("b?b*", "bob")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		require.Equal(t, slowMatch(pattern, s, map[[2]int]bool{}), matchPattern(pattern, s))
	})
}

// slowMatch is the definition.
func slowMatch(pattern, s string, seen map[[2]int]bool) bool {
	at := [2]int{len(pattern), len(s)}
	if seen[at] {
		return false // a way that led nowhere
	}
	seen[at] = true
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		return slowMatch(pattern[1:], s, seen) || s != "" && slowMatch(pattern, s[1:], seen)
	}
	return s != "" && (pattern[0] == '?' || pattern[0] == s[0]) && slowMatch(pattern[1:], s[1:], seen)
}
