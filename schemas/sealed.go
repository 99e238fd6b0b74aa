package schemas

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gowebpki/jcs"
	"github.com/invopop/jsonschema"
)

// Sealed is a value that is acted on, together with the exact bytes that were validated, hashed and approved. It
// travels as those bytes and their hash, so that a worker of another version, which may not know each field of Value,
// can neither drop nor change one: it sends Canonical, or finds by [Sealed.Check] that it cannot reproduce it.
type Sealed[T any] struct {
	Canonical string // the value's RFC 8785 form
	Hash      string // SHA-256 of Canonical, in lower-case hex (64 characters)
	// Value is what this program knows of Canonical. It does not travel.
	Value T
}

// SealedPayload is a payload as people approve it and the gateway gets it.
type SealedPayload = Sealed[Payload]

// sealedForm is how a sealed value travels.
type sealedForm struct {
	Canonical string `json:"canonical"`
	Hash      string `json:"hash"`
}

// JSONSchema describes how a sealed value travels.
func (Sealed[T]) JSONSchema() *jsonschema.Schema {
	properties := jsonschema.NewProperties()
	properties.Set("canonical", &jsonschema.Schema{Type: "string", Description: "The value's RFC 8785 form."})
	properties.Set("hash", &jsonschema.Schema{Type: "string", Description: "SHA-256 of canonical, in lower-case hex."})
	return &jsonschema.Schema{Type: "object", Properties: properties, Required: []string{"canonical", "hash"}}
}

// The errors of [Sealed.Check].
var (
	// ErrSealBroken means that the bytes are not those that were hashed, or no value of the type. No worker can use
	// them.
	ErrSealBroken = errors.New("the bytes are not those that were sealed")
	// ErrSealUnknown means that the value has something that this program does not know. A newer one may.
	ErrSealUnknown = errors.New("the value has fields that this version does not know")
)

// Seal brings a value into its RFC 8785 form and hashes that.
func Seal[T any](v T) (Sealed[T], error) {
	canonical, err := canonicalOf(v)
	if err != nil {
		return Sealed[T]{}, err
	}
	return Sealed[T]{Canonical: string(canonical), Hash: hashOf(canonical), Value: v}, nil
}

// Seal seals a payload, under the conditions of [Payload.Hash].
func (p Payload) Seal() (SealedPayload, error) {
	if err := p.representable(); err != nil {
		return SealedPayload{}, err
	}
	return Seal(p)
}

// Check reports whether Canonical is what was hashed and Value is all of it: [ErrSealBroken] or [ErrSealUnknown] if
// not.
func (s Sealed[T]) Check() error {
	if hashOf([]byte(s.Canonical)) != s.Hash {
		return ErrSealBroken
	}
	var v T
	if err := json.Unmarshal([]byte(s.Canonical), &v); err != nil {
		return fmt.Errorf("%w: %w", ErrSealUnknown, err)
	}
	again, err := canonicalOf(v)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSealUnknown, err)
	}
	if string(again) != s.Canonical {
		return ErrSealUnknown
	}
	return nil
}

// MarshalJSON writes the bytes and their hash.
func (s Sealed[T]) MarshalJSON() ([]byte, error) {
	return json.Marshal(sealedForm{s.Canonical, s.Hash})
}

// UnmarshalJSON reads the bytes and their hash, and as much of the value as this program knows; [Sealed.Check] says
// whether that is all.
func (s *Sealed[T]) UnmarshalJSON(data []byte) error {
	var form sealedForm
	if err := json.Unmarshal(data, &form); err != nil {
		return err
	}
	var known T
	if json.Unmarshal([]byte(form.Canonical), &known) != nil {
		var none T
		known = none
	}
	*s = Sealed[T]{Canonical: form.Canonical, Hash: form.Hash, Value: known}
	return nil
}

func canonicalOf(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode the value: %w", err)
	}
	canonical, err := jcs.Transform(raw)
	if err != nil {
		return nil, fmt.Errorf("bring the value into its RFC 8785 form: %w", err)
	}
	return canonical, nil
}

func hashOf(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
