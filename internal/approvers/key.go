package approvers

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// minRSA is the size in bits from which an RSA key is held to be sound.
const minRSA = 2048

// keyTypes are the types of keys that may sign, with the algorithms of signatures that they may use. An RSA key's own
// name means SHA-1 as an algorithm, and so is not among them.
var keyTypes = map[string][]string{
	ssh.KeyAlgoED25519:   {ssh.KeyAlgoED25519},
	ssh.KeyAlgoECDSA256:  {ssh.KeyAlgoECDSA256},
	ssh.KeyAlgoECDSA384:  {ssh.KeyAlgoECDSA384},
	ssh.KeyAlgoECDSA521:  {ssh.KeyAlgoECDSA521},
	ssh.KeyAlgoRSA:       {ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512},
	ssh.KeyAlgoSKED25519: {ssh.KeyAlgoSKED25519},
	ssh.KeyAlgoSKECDSA256: {
		ssh.KeyAlgoSKECDSA256,
	},
}

const soundKeys = "use ed25519, ecdsa, a security key (sk) or rsa of at least 2048 bits"

// CheckKey says why a key may not sign decisions.
func CheckKey(key ssh.PublicKey) error {
	if _, certificate := key.(*ssh.Certificate); certificate {
		return errors.New("certificates are not supported; use the plain key")
	}
	if keyTypes[key.Type()] == nil {
		return fmt.Errorf("keys of this type are not allowed; %s", soundKeys)
	}
	if k, ok := key.(ssh.CryptoPublicKey); ok {
		if r, ok := k.CryptoPublicKey().(*rsa.PublicKey); ok && r.N.BitLen() < minRSA {
			return fmt.Errorf("an RSA key of %d bits is too small; %s", r.N.BitLen(), soundKeys)
		}
	}
	return nil
}

// namesKeyType reports whether a word is the type of a key, allowed or not, and so no option.
func namesKeyType(word string) bool {
	return keyTypes[word] != nil || strings.HasPrefix(word, "ssh-") || strings.HasPrefix(word, "ecdsa-sha2-") ||
		strings.HasPrefix(word, "rsa-sha2-") || strings.HasPrefix(word, "sk-")
}

// parseKey reads "type base64 comment". Its errors quote nothing.
func parseKey(text string) (ssh.PublicKey, error) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return nil, errors.New("the key is missing: a line is PRINCIPALS [OPTIONS] KEYTYPE BASE64-KEY [COMMENT]")
	}
	if !namesKeyType(fields[0]) {
		return nil, errors.New("the type of the key is missing or unknown: a line is PRINCIPALS [OPTIONS] KEYTYPE " +
			"BASE64-KEY [COMMENT]")
	}
	raw, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		return nil, errors.New("the key is not valid base64; copy the whole line of the .pub file")
	}
	if strings.Contains(fields[0], "-cert-") {
		return nil, errors.New("certificates are not supported; use the plain key")
	}
	key, err := ssh.ParsePublicKey(raw)
	if err != nil {
		return nil, errors.New("the key cannot be read, or is of an unknown type; copy the whole line of the .pub file")
	}
	if key.Type() != fields[0] {
		return nil, errors.New("the key is of another type than the line says")
	}
	return key, CheckKey(key)
}
