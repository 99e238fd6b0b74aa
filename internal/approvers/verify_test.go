package approvers

import (
	"bytes"
	"crypto/elliptic"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/hiddeco/sshsig"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"model-registrar/schemas"
)

// requireRefused checks a refusal's kind, and that it says something to a person.
func requireRefused(t *testing.T, err, kind error) {
	t.Helper()
	require.ErrorIs(t, err, kind)
	var r *Refusal
	require.ErrorAs(t, err, &r)
	require.NotEmpty(t, r.Reason)
}

func TestASignatureByASoundKeyTellsWhoSigned(t *testing.T) {
	for name, key := range map[string]ssh.Signer{
		"ed25519": ed25519Key(t), "p256": ecdsaKey(t, elliptic.P256()), "p384": ecdsaKey(t, elliptic.P384()),
		"p521": ecdsaKey(t, elliptic.P521()), "rsa": rsaKey(t), "security key": newSecurityKey(t, true),
	} {
		t.Run(name, func(t *testing.T) {
			s := parsed(t, "bob@example.com "+public(key))
			principal, fingerprint, err := s.Verify(statement(), sign(t, statement(), key), now)
			require.NoError(t, err)
			require.Equal(t, "bob@example.com", principal)
			require.Equal(t, ssh.FingerprintSHA256(key.PublicKey()), fingerprint)
		})
	}
}

func TestASecurityKeyThatNobodyTouchedDoesNotCount(t *testing.T) {
	key := newSecurityKey(t, false)
	_, _, err := parsed(t, "bob@example.com "+public(key)).Verify(statement(), sign(t, statement(), key), now)
	requireRefused(t, err, ErrSignature)
}

func TestEveryFieldOfADecisionIsSigned(t *testing.T) {
	key := ed25519Key(t)
	s, signature := parsed(t, "* "+public(key)), sign(t, statement(), key)
	for name, change := range map[string]func(*schemas.DecisionStatement){
		"name":     func(s *schemas.DecisionStatement) { s.Name = "another-llm" },
		"run":      func(s *schemas.DecisionStatement) { s.RunID = "another run" },
		"hash":     func(s *schemas.DecisionStatement) { s.PayloadHash = strings.Repeat("cd", 32) },
		"verdict":  func(s *schemas.DecisionStatement) { s.Decision = schemas.Reject },
		"approver": func(s *schemas.DecisionStatement) { s.Approver = "carol@example.com" },
		"reason":   func(s *schemas.DecisionStatement) { s.Reason += " " },
	} {
		t.Run(name, func(t *testing.T) {
			changed := statement()
			change(&changed)
			_, fingerprint, err := s.Verify(changed, signature, now)
			requireRefused(t, err, ErrSignature)
			require.Empty(t, fingerprint)
		})
	}
}

func TestAnUnsignedDecisionIsRefusedWithHowToSignIt(t *testing.T) {
	s := parsed(t, "bob@example.com "+public(ed25519Key(t)))
	for _, signature := range []string{"", " \n"} {
		_, _, err := s.Verify(statement(), signature, now)
		requireRefused(t, err, ErrUnsigned)
		require.ErrorContains(t, err, "starter approve production-llm-v2 --key FILE")
	}
}

func TestWhatIsNoSignatureIsRefused(t *testing.T) {
	key := ed25519Key(t)
	s, good := parsed(t, "bob@example.com "+public(key)), sign(t, statement(), key)
	body := func(b []byte) string { return string(pem.EncodeToMemory(&pem.Block{Type: sshsig.PEMType, Bytes: b})) }
	block, _ := pem.Decode([]byte(good))
	for name, signature := range map[string]string{
		"rubbish":       "yes please",
		"a key":         public(key),
		"cut off":       good[:len(good)/2],
		"text before":   "approve\n" + good,
		"text after":    good + "approve\n",
		"twice":         good + good,
		"empty armour":  body(nil),
		"broken":        body(block.Bytes[:len(block.Bytes)-1]),
		"too much":      body(append(bytes.Clone(block.Bytes), 0)),
		"version 2":     body(append([]byte("SSHSIG\x00\x00\x00\x02"), block.Bytes[10:]...)),
		"another magic": body(append([]byte("SSHSIX"), block.Bytes[6:]...)),
		"too long":      strings.Replace(good, "\n", "\n"+strings.Repeat(" ", schemas.MaxSignature), 1),
		"another type":  strings.ReplaceAll(good, "SSH SIGNATURE", "PGP SIGNATURE"),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := s.Verify(statement(), signature, now)
			requireRefused(t, err, ErrMalformed)
		})
	}
}

func TestASignatureForSomethingElseIsRefused(t *testing.T) {
	key := ed25519Key(t)
	message, err := statement().Canonical()
	require.NoError(t, err)
	for _, namespace := range []string{"file", "git", "model-registrar2"} {
		sig, err := sshsig.Sign(bytes.NewReader(message), key, sshsig.HashSHA512, namespace)
		require.NoError(t, err)
		_, _, err = parsed(t, "bob@example.com "+public(key)).Verify(statement(), string(sshsig.Armor(sig)), now)
		requireRefused(t, err, ErrNamespace)
		// Calling it ours does not help: the namespace is part of what is signed.
		sig.Namespace = schemas.SignatureNamespace
		_, _, err = parsed(t, "bob@example.com "+public(key)).Verify(statement(), string(sshsig.Armor(sig)), now)
		requireRefused(t, err, ErrSignature)
	}
}

func TestUnsoundAlgorithmsAreRefused(t *testing.T) {
	message, err := statement().Canonical()
	require.NoError(t, err)
	for name, key := range map[string]ssh.Signer{
		"SHA-1":     sha1Signer{rsaKey(t).(ssh.AlgorithmSigner)},
		"small RSA": smallRSAKey(t),
	} {
		t.Run(name, func(t *testing.T) {
			sig, err := sshsig.Sign(bytes.NewReader(message), key, sshsig.HashSHA512, schemas.SignatureNamespace)
			require.NoError(t, err)
			_, _, err = parsed(t, "bob@example.com "+public(rsaKey(t))).Verify(statement(), string(sshsig.Armor(sig)), now)
			requireRefused(t, err, ErrAlgorithm)
		})
	}
	_, err = Sign(statement(), smallRSAKey(t))
	require.ErrorContains(t, err, "1024 bits is too small")
}

func TestAKeyThatIsNoApproversIsRefused_AndSaysWhoseItIs(t *testing.T) {
	key := ed25519Key(t)
	_, fingerprint, err := parsed(t, "bob@example.com "+public(ed25519Key(t))).Verify(statement(), sign(t, statement(), key), now)
	requireRefused(t, err, ErrUnknownKey)
	require.Equal(t, ssh.FingerprintSHA256(key.PublicKey()), fingerprint)
}

func TestAKeyForOtherNamespacesIsRefused(t *testing.T) {
	key, other := ed25519Key(t), ed25519Key(t)
	for options, refused := range map[string]bool{
		`namespaces="file,git"`: true, `namespaces="*,!model-*"`: true,
		`namespaces="file,model-registrar"`: false, `NameSpaces="model-*"`: false, `namespaces="*"`: false,
	} {
		s := parsed(t, "bob@example.com "+options+" "+public(key), "carol "+public(other))
		_, _, err := s.Verify(statement(), sign(t, statement(), key), now)
		if refused {
			requireRefused(t, err, ErrNamespace)
		} else {
			require.NoError(t, err, options)
		}
	}
}

func TestAKeyCountsOnlyWhileItIsValid(t *testing.T) {
	key := ed25519Key(t)
	signature := sign(t, statement(), key)
	for options, valid := range map[string]bool{
		`valid-after="20260504Z"`:                                                   true,
		`valid-after="20260505Z"`:                                                   false,
		`valid-after="202605041000Z"`:                                               true,
		`valid-after="20260504100000Z"`:                                             true,
		`valid-after="20260504100001Z"`:                                             false,
		`valid-before="20260504100000Z"`:                                            true,
		`valid-before="20260504095959UTC"`:                                          false,
		`valid-before="20260504Z"`:                                                  false,
		`valid-after="20260101Z",valid-before="20270101Z"`:                          true,
		`valid-before="20250101Z",namespaces="model-registrar"`:                     false,
		`valid-after="` + now.Local().Format("200601021504") + `"`:                  true,
		`valid-after="` + now.Add(time.Minute).Local().Format("200601021504") + `"`: false,
	} {
		_, fingerprint, err := parsed(t, "bob@example.com "+options+" "+public(key)).Verify(statement(), signature, now)
		require.NotEmpty(t, fingerprint)
		if valid {
			require.NoError(t, err, options)
		} else {
			requireRefused(t, err, ErrNotValid)
			require.ErrorContains(t, err, "2026-05-04 10:00:00 UTC")
		}
	}
}

func TestARenewedKeyMayHaveOneLineForEachTime(t *testing.T) {
	key := ed25519Key(t)
	s := parsed(t, `bob@example.com valid-before="20260101Z" `+public(key), `bob@example.com valid-after="20260501Z" `+public(key))
	_, _, err := s.Verify(statement(), sign(t, statement(), key), now)
	require.NoError(t, err)
}

func TestTheApproverHasToBeAPrincipalOfTheKey(t *testing.T) {
	key := ed25519Key(t)
	signature := sign(t, statement(), key)
	for principals, theirs := range map[string]bool{
		"bob@example.com":                      true,
		"carol@example.com,bob@example.com":    true,
		"*@example.com":                        true,
		"b?b@*.com":                            true,
		"*":                                    true,
		`"bob@example.com,bob the builder"`:    true,
		"carol@example.com":                    false,
		"Bob@example.com":                      false,
		"bob@example.co":                       false,
		"bob":                                  false,
		"*@example.org":                        false,
		"*@example.com,!bob@example.com":       false,
		"!b*,*@example.com":                    false,
		"!carol@example.com,bob@example.com":   true,
		"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*x": false,
	} {
		principal, fingerprint, err := parsed(t, principals+" "+public(key)).Verify(statement(), signature, now)
		require.NotEmpty(t, fingerprint)
		if theirs {
			require.NoError(t, err, principals)
			require.Equal(t, "bob@example.com", principal)
		} else {
			requireRefused(t, err, ErrPrincipal)
			require.NotContains(t, err.Error(), "carol", "who else approves is nobody's business")
		}
	}
}

func TestADecisionWithoutAnApproverIsTheSigners_IfTheKeyIsOnePersonsAlone(t *testing.T) {
	key := ed25519Key(t)
	unnamed := statement()
	unnamed.Approver = ""
	signature := sign(t, unnamed, key)
	for file, who := range map[string]string{
		"bob@example.com " + public(key):                                                      "bob@example.com",
		"bob@example.com,bob@example.com " + public(key):                                      "bob@example.com",
		"bob " + public(key) + "\nbob " + public(key):                                         "bob",
		"bob " + public(key) + "\n" + `carol namespaces="git" ` + public(key):                 "bob",
		"bob " + public(key) + "\n" + `carol valid-before="20200101" ` + public(key):          "bob",
		"bob,carol " + public(key):                                                            "",
		"bob " + public(key) + "\ncarol " + public(key):                                       "",
		"*@example.com " + public(key):                                                        "",
		"bob,!carol " + public(key):                                                           "",
		"carol " + public(key) + "\n" + `bob* valid-after="20200101" ` + public(key) + "\n\n": "",
	} {
		principal, _, err := parsed(t, file).Verify(unnamed, signature, now)
		if who != "" {
			require.NoError(t, err, file)
			require.Equal(t, who, principal)
			continue
		}
		requireRefused(t, err, ErrAmbiguous)
		require.ErrorContains(t, err, "--approver")
	}
}

func TestFitsTellsWhichKeySignedWithoutKnowingWhoseItIs(t *testing.T) {
	key := ed25519Key(t)
	fingerprint, err := Fits(statement(), sign(t, statement(), key))
	require.NoError(t, err)
	require.Equal(t, ssh.FingerprintSHA256(key.PublicKey()), fingerprint)
	changed := statement()
	changed.Reason = "another"
	_, err = Fits(changed, sign(t, statement(), key))
	requireRefused(t, err, ErrSignature)
}

func TestAnAuditedDecisionIsCheckedAgain(t *testing.T) {
	key := ed25519Key(t)
	unnamed := statement()
	unnamed.Approver = ""
	file := parsed(t, `bob@example.com valid-before="20260601Z" `+public(key))
	other := parsed(t, "carol "+public(key))
	for name, signed := range map[string]schemas.DecisionStatement{"named": statement(), "unnamed": unnamed} {
		t.Run(name, func(t *testing.T) {
			good := schemas.AuditedDecision{
				DecisionStatement: statement(), Accepted: true, Signature: sign(t, signed, key),
				KeyFingerprint: ssh.FingerprintSHA256(key.PublicKey()), DecidedAt: now,
			}
			for _, signers := range []*Signers{nil, file} {
				fingerprint, err := Recheck(good, signers)
				require.NoError(t, err)
				require.Equal(t, good.KeyFingerprint, fingerprint)
			}
			_, err := Recheck(good, other)
			requireRefused(t, err, ErrPrincipal)

			late := good
			late.DecidedAt = now.AddDate(0, 2, 0)
			_, err = Recheck(late, file)
			requireRefused(t, err, ErrNotValid)

			changed := good
			changed.PayloadHash = strings.Repeat("cd", 32)
			_, err = Recheck(changed, nil)
			requireRefused(t, err, ErrSignature)

			renamed := good
			renamed.KeyFingerprint = ssh.FingerprintSHA256(ed25519Key(t).PublicKey())
			_, err = Recheck(renamed, nil)
			requireRefused(t, err, ErrSignature)

			unsigned := good
			unsigned.Signature = ""
			_, err = Recheck(unsigned, nil)
			requireRefused(t, err, ErrUnsigned)
		})
	}
}
