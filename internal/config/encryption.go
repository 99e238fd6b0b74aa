package config

import (
	"errors"
	"fmt"
	"time"

	"model-registrar/internal/codec"
)

// Encryption holds the keys with which payloads are encrypted. Worker and starter read it alike.
type Encryption struct {
	// EncryptionKeys are id:base64 of 32 bytes, several separated by spaces or lines; the first encrypts, all decrypt.
	// Empty: payloads are not encrypted.
	EncryptionKeys string `env:"REGISTRAR_ENCRYPTION_KEYS"`
	// EncryptionMode is empty, or "required": what is not encrypted and bound to its place is refused.
	EncryptionMode string `env:"REGISTRAR_ENCRYPTION"`
	// EncryptionSince is an RFC 3339 time: workflows that were started before it may hold plain payloads.
	EncryptionSince string `env:"REGISTRAR_ENCRYPTION_SINCE"`
}

// Keys parses the keys; there are none if the variable is not set. The error joins every problem found.
func (e Encryption) Keys() (*codec.Keys, error) {
	keys, err := codec.ParseKeys(e.EncryptionKeys)
	problems := []error{err}
	var since time.Time
	if e.EncryptionSince != "" {
		if since, err = time.Parse(time.RFC3339, e.EncryptionSince); err != nil {
			problems = append(problems, fmt.Errorf("%s must be a time such as 2026-12-01T00:00:00Z", codec.Since))
		}
	}
	switch e.EncryptionMode {
	case "":
		if e.EncryptionSince != "" {
			problems = append(problems, fmt.Errorf("%s has no meaning without %s=%s", codec.Since, codec.Mode,
				codec.Required))
		}
	case codec.Required:
		if keys != nil {
			problems = append(problems, keys.Require(since))
		}
	default:
		problems = append(problems, fmt.Errorf("%s is empty or %q", codec.Mode, codec.Required))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return keys, nil
}

// CodecToken is the variable with the token of `starter codec-server`.
const CodecToken = "REGISTRAR_CODEC_TOKEN"

// LoadEncryption reads the keys alone, from an environment in the form of [os.Environ]. What else a worker needs may be
// missing or wrong. Without an error the keys are not nil.
func LoadEncryption(environ []string) (*codec.Keys, error) {
	keys, _, err := LoadCodecServer(environ)
	return keys, err
}

// LoadCodecServer reads the keys, and the token of the codec server, which may be empty.
func LoadCodecServer(environ []string) (keys *codec.Keys, token string, err error) {
	e, err := Read(environ, codec.Variable, CodecToken)
	keys, problems := Encryption{e[codec.Variable], e[codec.Mode], e[codec.Since]}.Keys()
	if err := errors.Join(err, problems); err != nil {
		return nil, "", err
	}
	return keys, e[CodecToken], nil
}
