package main

import (
	"os"
	"os/user"
	"strings"

	"model-registrar/internal/config"
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

// secret is the value of a variable, or what the file holds that the variable with _FILE at its end names.
func (e environment) secret(name string) (string, error) {
	read, err := config.Read(e, name)
	if err != nil {
		return "", misused("%w", err)
	}
	return read[name], nil
}

// requester is who asks, as was said, or else who acts.
func (e environment) requester(said string) string {
	if said = strings.TrimSpace(said); said != "" {
		return said
	}
	return e.identity()
}

// identity is who acts: REGISTRAR_REQUESTER, or user@host.
func (e environment) identity() string {
	if who := strings.TrimSpace(e.Get("REGISTRAR_REQUESTER")); who != "" {
		return who
	}
	name := e.Get("USER")
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return name + "@" + host
}
