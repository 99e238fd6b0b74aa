package main

import (
	"context"
	"errors"
	"strings"

	"model-registrar/internal/audit"
	"model-registrar/schemas"
)

// defaultTrail is where a worker keeps the trail unless it is told otherwise.
const defaultTrail = "file:llm_model_audit.log"

// reading is a trail that is to be read, and its name for people.
type reading struct {
	audit.Source
	name string
}

// openTrail is the trail that a flag names, or else the environment.
func (a *app) openTrail(flag string) (reading, error) {
	text := flag
	if text == "" {
		var err error
		if text, err = a.env.secret("REGISTRAR_AUDIT"); err != nil {
			return reading{}, err
		}
	}
	switch {
	case text == "":
		text = defaultTrail
	case text == "-":
		return reading{audit.Lines(a.in, "on stdin"), "on stdin"}, nil
	case !strings.Contains(text, "://") && !strings.HasPrefix(text, "file:"):
		text = "file:" + text
	}
	target, err := audit.ParseTarget(text)
	if err != nil {
		return reading{}, misused("%w", err)
	}
	return reading{target.Source(), target.String()}, nil
}

// eachEntry calls each with the entries of a trail. Lines that are no entries are complained about, and are an error in
// the end.
func (a *app) eachEntry(ctx context.Context, t reading, each func(schemas.AuditEntry, []byte) error) error {
	broken := 0
	err := t.Source(ctx, func(r audit.Record) error {
		entry, err := r.Entry()
		var bad *audit.RecordError
		if errors.As(err, &bad) {
			broken++
			a.err.Printf("%v", bad)
			return nil
		}
		if err != nil {
			return err
		}
		return each(entry, r.Text)
	})
	if err == nil && broken > 0 {
		err = failed("%s could not be read", counted(broken, "line")).hinting("See `starter audit verify`.")
	}
	return err
}
