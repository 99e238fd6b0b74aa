package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gowebpki/jcs"

	"model-registrar/schemas"
)

// Signer signs checkpoints. A nil Signer makes checkpoints without a signature.
type Signer struct{ key ed25519.PrivateKey }

// ParseSigner reads an ed25519 private key: base64 of its 32 bytes, or PEM as openssl writes it (PKCS #8). Its error
// shows nothing of the key.
func ParseSigner(text string) (*Signer, error) {
	text = strings.TrimSpace(text)
	if block, _ := pem.Decode([]byte(text)); block != nil {
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		key, ok := parsed.(ed25519.PrivateKey)
		if err != nil || !ok {
			return nil, errors.New("the PEM block is no ed25519 private key; make one with: openssl genpkey " +
				"-algorithm ed25519")
		}
		return &Signer{key}, nil
	}
	seed, err := decodeBase64(text)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("it must be an ed25519 private key: PEM from `openssl genpkey -algorithm ed25519`, or " +
			"its 32 bytes in base64")
	}
	return &Signer{ed25519.NewKeyFromSeed(seed)}, nil
}

// Public is the key that checks what the signer signs, or nil.
func (s *Signer) Public() ed25519.PublicKey {
	if s == nil {
		return nil
	}
	return s.key.Public().(ed25519.PublicKey)
}

// Checkpoint states what stands where the receipt says, signed if there is a signer.
func (s *Signer) Checkpoint(r schemas.AuditReceipt, now time.Time) (*schemas.Checkpoint, error) {
	c := &schemas.Checkpoint{Seq: r.Seq, Hash: r.Hash, Time: now.UTC(), Trail: r.Trail}
	if s == nil {
		return c, nil
	}
	c.KeyID = KeyID(s.Public())
	message, err := checkpointMessage(*c)
	if err != nil {
		return nil, err
	}
	c.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, message))
	return c, nil
}

// VerifyCheckpoint says why a checkpoint was not signed with the key, or nil.
func VerifyCheckpoint(c schemas.Checkpoint, key ed25519.PublicKey) error {
	if c.Signature == "" {
		return errors.New("it is not signed")
	}
	if id := KeyID(key); c.KeyID != id {
		return fmt.Errorf("it was signed with another key (%s, not %s)", shown(c.KeyID), id)
	}
	signature, err := base64.StdEncoding.DecodeString(c.Signature)
	if err != nil {
		return errors.New("its signature is no base64")
	}
	message, err := checkpointMessage(c)
	if err != nil {
		return err
	}
	if !ed25519.Verify(key, message, signature) {
		return errors.New("its signature is not right for what it says; it was changed")
	}
	return nil
}

// checkpointMessage is what is signed.
func checkpointMessage(c schemas.Checkpoint) ([]byte, error) {
	c.Signature = ""
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return jcs.Transform(raw)
}

// KeyID is the first 16 hex digits of a public key's SHA-256.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}

// ParsePublicKey reads an ed25519 public key: base64 of its 32 bytes, or PEM as openssl writes it.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	text = strings.TrimSpace(text)
	if block, _ := pem.Decode([]byte(text)); block != nil {
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		key, ok := parsed.(ed25519.PublicKey)
		if err != nil || !ok {
			return nil, errors.New("the PEM block is no ed25519 public key; make it with: openssl pkey -pubout")
		}
		return key, nil
	}
	key, err := decodeBase64(text)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("it must be an ed25519 public key: PEM from `openssl pkey -pubout`, or its 32 bytes " +
			"in base64")
	}
	return ed25519.PublicKey(key), nil
}

// decodeBase64 takes base64 and base64url, with or without padding.
func decodeBase64(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	return base64.RawStdEncoding.DecodeString(text)
}
