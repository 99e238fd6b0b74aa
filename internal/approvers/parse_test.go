package approvers

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

func TestEveryBadLineIsNamedAtOnce(t *testing.T) {
	good := public(ed25519Key(t))
	for line, want := range map[string]string{
		"bob":                        "the key is missing",
		"bob cert-authority " + good: "certificates are not supported",
		`*@example.com Cert-Authority,namespaces="x" ` + good:             "certificates are not supported",
		"bob ssh-ed25519 AAAA!":                                           "not valid base64",
		"bob ssh-ed25519 AAAA":                                            "cannot be read",
		"bob ssh-ed25519":                                                 "the key is missing",
		"bob ecdsa-sha2-nistp256 " + strings.Fields(good)[1]:              "another type",
		"bob ssh-rsa " + strings.Fields(public(smallRSAKey(t)))[1]:        "1024 bits is too small",
		"bob ssh-ed25519-cert-v01@openssh.com " + strings.Fields(good)[1]: "certificates are not supported",
		"bob " + dsaKey(t):                                                "keys of this type are not allowed",
		"bob shiny " + good:                                               `"shiny" is no option`,
		"bob shiny=1 " + good:                                             "in double quotes",
		`bob shiny="1" ` + good:                                           `"shiny" is no option`,
		`bob namespaces=file ` + good:                                     "in double quotes",
		`bob namespaces="" ` + good:                                       "namespaces is empty",
		`bob namespaces ` + good:                                          "has no value",
		`bob valid-after ` + good:                                         "has no value",
		`bob namespaces="file ` + good:                                    "not closed",
		`bob namespaces="a"x ` + good:                                     "a comma has to follow",
		`bob namespaces="a",namespaces="b" ` + good:                       "twice",
		`bob namespaces="a", ` + good:                                     "is no option",
		`bob valid-before="tomorrow" ` + good:                             "valid-before is no time",
		`bob valid-after="2026" ` + good:                                  "valid-after is no time",
		`bob valid-after="20260230Z" ` + good:                             "valid-after is no time",
		`bob valid-after="20260504ZZ" ` + good:                            "valid-after is no time",
		`bob valid-after="20260202Z",valid-before="20260201Z" ` + good:    "never valid",
		`"bob ` + good:                                                    "is not closed",
		"bob,,carol " + good:                                              "empty",
		"!bob,!carol " + good:                                             "about nobody",
		strings.Repeat("b", 129) + " " + good:                             "at most 128 characters",
		"b\u200bob " + good:                                               "invisible",
		"bob\xff " + good:                                                 "not UTF-8",
		"-----BEGIN OPENSSH PRIVATE KEY-----":                             "take it out",
		"bob " + good + strings.Repeat(" x", maxLine):                     "longer than",
	} {
		_, err := Parse("approvers", []byte("# good\n\n carol "+good+" carol's laptop\n"+line+"\n"))
		require.ErrorContains(t, err, "approvers:4: ", line)
		require.ErrorContains(t, err, want, line)
		require.NotContains(t, err.Error(), "AAAA")
	}
	_, err := Parse("approvers", []byte("bob\r\n# fine\r\ncarol "+good+"\r\ncarol ssh-dss x\n\ndave cert-authority "+good))
	require.Len(t, strings.Split(err.Error(), "\n"), 3)
	for _, place := range []string{"approvers:1: ", "approvers:4: ", "approvers:6: "} {
		require.ErrorContains(t, err, place)
	}
}

// dsaKey is a DSA key as it stands in a .pub file. Its numbers have the right sizes alone.
func dsaKey(t *testing.T) string {
	bits := func(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n-1) }
	key, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Type       string
		P, Q, G, Y *big.Int
	}{"ssh-dss", bits(1024), bits(160), bits(512), bits(512)}))
	require.NoError(t, err)
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func TestAFileFullOfRubbishIsToldShortly(t *testing.T) {
	_, err := Parse("approvers", []byte(strings.Repeat("rubbish\n", 1000)))
	require.Len(t, strings.Split(err.Error(), "\n"), maxProblems+1)
	require.ErrorContains(t, err, fmt.Sprintf("%d more lines are wrong", 1000-maxProblems))
	_, err = Parse("approvers", make([]byte, maxFile+1))
	require.ErrorContains(t, err, "larger than")
}

func TestAFileThatLetsNobodyDecideIsRefused(t *testing.T) {
	for _, content := range []string{"", "# nobody\n", `bob namespaces="git" ` + public(ed25519Key(t))} {
		_, err := Parse("approvers", []byte(content))
		require.ErrorContains(t, err, "lets nobody sign decisions")
	}
}
