package config

import (
	"errors"

	"model-registrar/internal/codec"
)

// Encryption holds the keys with which payloads are encrypted. Worker and starter read it alike.
type Encryption struct {
	EncryptionKeys string `env:"REGISTRAR_ENCRYPTION_KEYS"`
}

// Keys parses the keys; there are none if the variable is not set. The error joins every problem found.
func (e Encryption) Keys() (*codec.Keys, error) { return codec.ParseKeys(e.EncryptionKeys) }

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
	keys, problems := codec.ParseKeys(e[codec.Variable])
	if err := errors.Join(err, problems); err != nil {
		return nil, "", err
	}
	return keys, e[CodecToken], nil
}
