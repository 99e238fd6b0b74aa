package main

import (
	"os"
	"strings"
)

// environment is a list of NAME=VALUE, as os.Environ returns it. It is an envconfig.EnvLookup.
type environment []string

// Environ returns the whole list.
func (e environment) Environ() []string { return e }

// LookupEnv returns the newest value of a variable, and whether it is set.
func (e environment) LookupEnv(name string) (string, bool) {
	for i := len(e) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(e[i], name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// Get returns the value of a variable, or nothing.
func (e environment) Get(name string) string {
	value, _ := e.LookupEnv(name)
	return value
}

// Or returns the value of a variable, or the default if it is unset or empty.
func (e environment) Or(name, def string) string {
	if value := e.Get(name); value != "" {
		return value
	}
	return def
}

// withAPIKey returns the environment with TEMPORAL_API_KEY read from the file that TEMPORAL_API_KEY_FILE names.
func (e environment) withAPIKey() (environment, error) {
	file := e.Get("TEMPORAL_API_KEY_FILE")
	if file == "" || e.Get("TEMPORAL_API_KEY") != "" {
		return e, nil
	}
	key, err := os.ReadFile(file)
	if err != nil {
		return nil, misused("TEMPORAL_API_KEY_FILE: %w", err)
	}
	return append(e[:len(e):len(e)], "TEMPORAL_API_KEY="+strings.TrimSpace(string(key))), nil
}
