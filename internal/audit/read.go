package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"

	"model-registrar/schemas"
)

// Scan calls fn with each entry of the trail at path, oldest first, and stops at fn's first error. It takes no lock, so
// a last line without a line break is one that is being written, and is left out. A line that is no entry is a
// [*LineError].
func Scan(ctx context.Context, path string, fn func(schemas.AuditEntry) error) error {
	file, err := os.Open(path)
	if err != nil {
		return &Error{Path: path, Step: "opened", Err: err}
	}
	defer file.Close()
	r := bufio.NewReader(file)
	for number := 1; ; number++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		l, err := readLine(r)
		switch {
		case errors.Is(err, io.EOF), err == nil && !l.whole:
			return nil
		case err != nil:
			return &Error{Path: path, Step: "read", Err: err}
		}
		var entry schemas.AuditEntry
		if l.err == nil {
			l.err = json.Unmarshal(l.text, &entry)
		}
		if l.err != nil {
			return &LineError{Path: path, Line: number, Err: l.err}
		}
		if err := fn(entry); err != nil {
			return err
		}
	}
}
