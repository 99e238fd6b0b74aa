package approvers

import (
	"bytes"
	"log/slog"
	"sync"
	"time"

	"model-registrar/internal/bounded"
	"model-registrar/schemas"
)

// File is an allowed_signers file that may change while it is used: approvers come and go without a restart. It is safe
// for concurrent use.
type File struct {
	path string
	log  *slog.Logger

	mu      sync.Mutex
	raw     []byte // what was read last
	signers *Signers
	broken  error // why it holds nobody at the moment
}

// Open reads the file. The error joins all that is wrong with it.
func Open(path string, log *slog.Logger) (*File, error) {
	f := &File{path: path, log: log}
	raw, err := bounded.File(path, maxFile)
	if err != nil {
		return nil, err
	}
	signers, err := Parse(path, raw)
	if err != nil {
		return nil, err
	}
	f.raw, f.signers = raw, signers
	return f, nil
}

// Load reads a file once.
func Load(path string) (*Signers, error) {
	raw, err := bounded.File(path, maxFile)
	if err != nil {
		return nil, err
	}
	return Parse(path, raw)
}

// Verify is [Signers.Verify] by the file as it is now. While the file cannot be read, or is not valid, nobody's
// decision counts: the refusal is an [ErrUnavailable], and the log says what is wrong.
func (f *File) Verify(
	statement schemas.DecisionStatement, signature string, at time.Time,
) (principal, fingerprint string, err error) {
	signers, err := f.current()
	if err != nil {
		return "", "", err
	}
	return signers.Verify(statement, signature, at)
}

// current reads the file anew: decisions are rare, and a file's times say too little about whether it changed.
func (f *File) current() (*Signers, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	raw, err := bounded.File(f.path, maxFile)
	switch {
	case err != nil:
		f.raw, f.signers, f.broken = nil, nil, err
		f.log.Error("the approvers file cannot be read; no decision counts until it can be", "error", err)
	case f.raw == nil || !bytes.Equal(raw, f.raw):
		f.raw = raw
		if f.signers, f.broken = Parse(f.path, raw); f.broken != nil {
			f.log.Error("the approvers file is not valid; no decision counts until it is", "error", f.broken)
		} else {
			f.log.Info("the approvers file was read again", "file", f.path, "keys", f.signers.Len())
		}
	}
	if f.broken != nil {
		return nil, refuse(ErrUnavailable, "nobody can decide now, because the worker's approvers file cannot be "+
			"used; its log says why. Decide again once it is repaired")
	}
	return f.signers, nil
}
