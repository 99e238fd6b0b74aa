package codec

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Environment variables of encryption.
const (
	// Variable holds the keys.
	Variable = "REGISTRAR_ENCRYPTION_KEYS"
	// Mode is empty, or [Required].
	Mode = "REGISTRAR_ENCRYPTION"
	// Required is the mode that refuses what is not encrypted and bound to its place.
	Required = "required"
	// Since is from when on everything is encrypted: workflows that were started before may hold plain payloads.
	Since = "REGISTRAR_ENCRYPTION_SINCE"
)

// keySize is that of AES-256.
const keySize = 32

// keyID is shorter than any form of a key, so that one which stands in an id's place by mistake is never shown.
var keyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

// Keys are the keys of one process: the first encrypts, all decrypt. Its zero value holds none, encrypts nothing and
// decrypts nothing.
type Keys struct {
	ids  []string
	aead map[string]cipher.AEAD

	required bool
	since    time.Time
}

// Require makes the keys refuse what is not encrypted and bound to its place, in workflows that were started at that
// time or later. It refuses to do so without a key.
func (k *Keys) Require(since time.Time) error {
	if !k.On() {
		return fmt.Errorf("%s=%s needs a key in %s", Mode, Required, Variable)
	}
	k.required, k.since = true, since
	return nil
}

// strictAt reports whether a workflow that was started then has to be encrypted throughout.
func (k *Keys) strictAt(started time.Time) bool {
	return k != nil && k.required && !started.Before(k.since)
}

// ParseKeys reads keys in the form "id:base64", separated by spaces or newlines, each of 32 bytes. The text may be
// empty. The error joins every problem found and names entries by their place; it never shows what may be a key.
func ParseKeys(text string) (*Keys, error) {
	k := &Keys{aead: map[string]cipher.AEAD{}}
	var problems []error
	seen := map[string]int{}
	for i, entry := range strings.Fields(text) {
		id, key, err := parseKey(entry)
		if err == nil && k.aead[id] != nil {
			err = fmt.Errorf("has the id %s, which an entry before it has", id)
		}
		if twin := seen[string(key)]; err == nil && twin > 0 {
			err = fmt.Errorf("holds the same key as entry %d", twin)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: entry %d %w", Variable, i+1, err))
			continue
		}
		seen[string(key)] = i + 1
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		if k.aead[id], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, err
		}
		k.ids = append(k.ids, id)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return k, nil
}

func parseKey(entry string) (id string, key []byte, err error) {
	id, encoded, ok := strings.Cut(entry, ":")
	if !ok {
		return "", nil, errors.New("is not of the form id:base64")
	}
	if !keyID.MatchString(id) {
		return "", nil, errors.New("must have an id of 1 to 32 letters, digits, dots, hyphens or underscores before " +
			"its colon")
	}
	key, err = base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return "", nil, fmt.Errorf("(%s) is not base64 after its colon; make one with: openssl rand -base64 %d", id,
			keySize)
	}
	if len(key) != keySize {
		return "", nil, fmt.Errorf("(%s) has %d bytes, not %d; make one with: openssl rand -base64 %d", id, len(key),
			keySize, keySize)
	}
	return id, key, nil
}

// On reports whether there is a key to encrypt with.
func (k *Keys) On() bool { return k != nil && len(k.ids) > 0 }

// String names the keys and what they are for, for a log.
func (k *Keys) String() string {
	if !k.On() {
		return "off"
	}
	text := k.ids[0] + " encrypts"
	for _, id := range k.ids[1:] {
		text += ", " + id + " decrypts too"
	}
	if k.required {
		text += "; required"
	}
	return text
}

// GoString keeps the keys out of %#v.
func (k *Keys) GoString() string { return "codec.Keys(" + k.String() + ")" }

func (k *Keys) lookup(id string) (cipher.AEAD, bool) {
	if k == nil {
		return nil, false
	}
	aead, ok := k.aead[id]
	return aead, ok
}
