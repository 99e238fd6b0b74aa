package config

import (
	"errors"

	"github.com/caarlos0/env/v11"

	"model-registrar/internal/codec"
)

// Encryption holds the keys with which payloads are encrypted. Worker and starter read it alike.
type Encryption struct {
	EncryptionKeys string `env:"REGISTRAR_ENCRYPTION_KEYS"`
}

// Keys parses the keys; there are none if the variable is not set. The error joins every problem found.
func (e Encryption) Keys() (*codec.Keys, error) { return codec.ParseKeys(e.EncryptionKeys) }

// LoadEncryption reads the keys alone, from an environment in the form of [os.Environ]. What else a worker needs may be
// missing or wrong. The keys are never nil.
func LoadEncryption(environ []string) (*codec.Keys, error) {
	var o Encryption
	e, err := read(environ, []string{codec.Variable})
	if err == nil {
		err = env.ParseWithOptions(&o, env.Options{Environment: e})
	}
	keys, problems := o.Keys()
	if err := errors.Join(err, problems); err != nil {
		return nil, err
	}
	return keys, nil
}
