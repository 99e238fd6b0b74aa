package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	secretPrefix   = "whsec_"
	minSecretBytes = 24
	maxSecretBytes = 64
)

// newSigners makes a signer of each secret. The library takes secrets of any length and without the prefix; the
// specification does not, and a short one is a mistake better found at the start than at the receiver.
func newSigners(secrets []string) ([]*standardwebhooks.Webhook, error) {
	var signers []*standardwebhooks.Webhook
	var wrong []error
	for i, secret := range secrets {
		signer, err := newSigner(secret)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("webhook secret %d of %d %w", i+1, len(secrets), err))
		}
		signers = append(signers, signer)
	}
	return signers, errors.Join(wrong...)
}

func newSigner(secret string) (*standardwebhooks.Webhook, error) {
	encoded, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, errors.New("does not begin with whsec_")
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("is not base64 after whsec_")
	}
	if len(key) < minSecretBytes || len(key) > maxSecretBytes {
		return nil, fmt.Errorf("has a key of %d bytes; it must be %d to %d", len(key), minSecretBytes, maxSecretBytes)
	}
	return standardwebhooks.NewWebhookRaw(key)
}

// sign returns the signatures of all secrets, separated by spaces: while secrets rotate, a receiver knows one of them.
func (s *Sender) sign(messageID string, at time.Time, body []byte) (string, error) {
	var signatures []string
	for _, signer := range s.signers {
		signature, err := signer.Sign(messageID, at, body)
		if err != nil {
			return "", errors.New("it cannot be signed")
		}
		signatures = append(signatures, signature)
	}
	return strings.Join(signatures, " "), nil
}
