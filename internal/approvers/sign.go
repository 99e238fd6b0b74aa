package approvers

import (
	"bytes"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"model-registrar/schemas"
)

// Sign signs a statement, and returns the armoured signature that goes into a decision.
func Sign(statement schemas.DecisionStatement, signer ssh.Signer) (string, error) {
	if err := CheckKey(signer.PublicKey()); err != nil {
		return "", err
	}
	message, err := statement.Canonical()
	if err != nil {
		return "", err
	}
	sig, err := sshsig.Sign(bytes.NewReader(message), signer, sshsig.HashSHA512, schemas.SignatureNamespace)
	if err != nil {
		return "", err
	}
	return string(sshsig.Armor(sig)), nil
}
