package approvers

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"model-registrar/schemas"
)

// Verify says who signed a statement, and with which key (its SHA256 fingerprint). The error is a [*Refusal]; the
// fingerprint is then that of the key that did sign the statement, and empty if none did. The time is that of the
// decision, by a clock that the signer does not set.
func (s *Signers) Verify(
	statement schemas.DecisionStatement, signature string, at time.Time,
) (principal, fingerprint string, err error) {
	if strings.TrimSpace(signature) == "" {
		return "", "", refuse(ErrUnsigned, "decisions have to be signed here, and this one is not; sign it with "+
			"`starter %s %s --key FILE`, with a key that is among the approvers", verb(statement.Decision),
			statement.Name)
	}
	key, err := signedBy(statement, signature)
	if err != nil {
		return "", "", err
	}
	principal, err = s.principal(key, statement.Approver, at)
	return principal, ssh.FingerprintSHA256(key), err
}

// Fits reports whether a signature is one of this statement, by whomever, and returns the key's SHA256 fingerprint. The
// error is a [*Refusal].
func Fits(statement schemas.DecisionStatement, signature string) (fingerprint string, err error) {
	key, err := signedBy(statement, signature)
	if err != nil {
		return "", err
	}
	return ssh.FingerprintSHA256(key), nil
}

// signedBy returns the key that a statement was signed with.
func signedBy(statement schemas.DecisionStatement, signature string) (ssh.PublicKey, error) {
	sig, err := parse(signature)
	if err != nil {
		return nil, err
	}
	if sig.Namespace != schemas.SignatureNamespace {
		return nil, refuse(ErrNamespace, "the signature was made for namespace %.40q, not for %q (ssh-keygen -Y sign "+
			"-n %[2]s)", sig.Namespace, schemas.SignatureNamespace)
	}
	message, err := statement.Canonical()
	if err != nil {
		return nil, refuse(ErrMalformed, "the decision has no canonical form: %v", err)
	}
	if sshsig.Verify(bytes.NewReader(message), sig, sig.PublicKey, sig.HashAlgorithm,
		schemas.SignatureNamespace) != nil {
		return nil, refuse(ErrSignature, "the signature is not one of this decision: the name, runId, payloadHash, "+
			"decision, approver and reason have to be those that were signed")
	}
	return sig.PublicKey, nil
}

// parse reads an armoured signature that was made by a sound algorithm. Text before or after the armour is refused:
// nothing would vouch for it.
func parse(signature string) (*sshsig.Signature, error) {
	text := strings.TrimSpace(signature)
	malformed := func(why string) error {
		return refuse(ErrMalformed, "the signature cannot be read: %s; it has to be the whole text from -----BEGIN "+
			"SSH SIGNATURE----- to -----END SSH SIGNATURE-----", why)
	}
	const begin, end = "-----BEGIN " + sshsig.PEMType + "-----", "-----END " + sshsig.PEMType + "-----"
	switch {
	case len(text) > schemas.MaxSignature:
		return nil, malformed("it is too long")
	case !strings.HasPrefix(text, begin) || !strings.HasSuffix(text, end) || strings.Count(text, "-----") != 4:
		return nil, malformed("it is no armoured SSH signature")
	}
	sig, err := sshsig.Unarmor([]byte(text))
	if err != nil {
		if strings.Contains(err.Error(), "invalid signature format") { // of an RSA key: SHA-1
			return nil, refuse(ErrAlgorithm, "the signature uses SHA-1; sign with rsa-sha2-512")
		}
		return nil, malformed("its content is broken or of an unknown kind")
	}
	if err := CheckKey(sig.PublicKey); err != nil {
		return nil, refuse(ErrAlgorithm, "the signature is by a key that may not sign: %v", err)
	}
	if !slices.Contains(keyTypes[sig.PublicKey.Type()], sig.Signature.Format) {
		return nil, refuse(ErrAlgorithm, "the signature is by an algorithm that is not allowed for its key")
	}
	return sig, nil
}

func verb(v schemas.Verdict) string {
	if v == schemas.Reject {
		return "reject"
	}
	return "approve"
}

// Recheck verifies the signature of an audited decision again, and returns the key's SHA256 fingerprint. Without
// signers it shows that the recorded key signed the recorded decision; with them, that the key was the approver's at
// the time of the decision. The error is a [*Refusal].
//
// It is for decisions that were accepted: one may have been refused because its signature is wrong.
func Recheck(d schemas.AuditedDecision, signers *Signers) (fingerprint string, err error) {
	if d.Signature == "" {
		return "", refuse(ErrUnsigned, "the decision is not signed")
	}
	key, err := signedBy(d.DecisionStatement, d.Signature)
	if errors.Is(err, ErrSignature) {
		// A decision may be signed without naming the approver, whom the record then has from the approvers file.
		unnamed := d.DecisionStatement
		unnamed.Approver = ""
		if k, e := signedBy(unnamed, d.Signature); e == nil {
			key, err = k, nil
		}
	}
	if err != nil {
		return "", err
	}
	fingerprint = ssh.FingerprintSHA256(key)
	if fingerprint != d.KeyFingerprint {
		return fingerprint, refuse(ErrSignature, "the decision was signed with key %s, but the record says %s",
			fingerprint, d.KeyFingerprint)
	}
	if signers != nil {
		_, err = signers.principal(key, d.Approver, d.DecidedAt)
	}
	return fingerprint, err
}
