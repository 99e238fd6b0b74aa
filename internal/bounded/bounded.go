// Package bounded reads what may be of any size whole, and fails on what is larger than it may be.
package bounded

import (
	"fmt"
	"io"
	"os"
)

// TooLarge is the error of what has more bytes than its limit.
type TooLarge struct {
	Name  string // of the file; may be empty
	Limit int
}

// Error says what is too large.
func (e *TooLarge) Error() string {
	name := e.Name
	if name == "" {
		name = "it"
	}
	return fmt.Sprintf("%s is larger than %d bytes", name, e.Limit)
}

// All reads all that there is, which is at most limit bytes.
func All(r io.Reader, limit int) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case err != nil:
		return nil, err
	case len(raw) > limit:
		return nil, &TooLarge{Limit: limit}
	}
	return raw, nil
}

// File reads a file of at most limit bytes. Errors name the file and not its content.
func File(path string, limit int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := All(f, limit)
	if large, ok := err.(*TooLarge); ok {
		large.Name = path
	}
	return raw, err
}
