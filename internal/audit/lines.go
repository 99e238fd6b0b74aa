package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"model-registrar/schemas"
)

// maxLine bounds a line, its line break included. An entry has a few hundred bytes, and two texts that people wrote.
const maxLine = 256 << 10

var errLineTooLong = fmt.Errorf("it is longer than %d bytes", maxLine)

// line is one line of a trail as it was read.
type line struct {
	text  []byte // without the line break; empty when the line is too long
	size  int64  // in the file, the line break included
	err   error  // errLineTooLong, or nil
	whole bool   // it ends in a line break
}

// readLine reads the next line; at the end of the file it returns io.EOF. A line that is too long is read past, and
// never held in memory.
func readLine(r *bufio.Reader) (line, error) {
	var l line
	for {
		part, err := r.ReadSlice('\n')
		l.size += int64(len(part))
		if l.size > maxLine {
			l.text, l.err = nil, errLineTooLong
		} else {
			l.text = append(l.text, part...)
		}
		switch {
		case err == nil:
			l.whole = true
			if l.err == nil {
				l.text = l.text[:len(l.text)-1]
			}
			return l, nil
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && l.size > 0:
			return l, nil
		default:
			return l, err
		}
	}
}

// encode returns an entry as a line.
func encode(entry schemas.AuditEntry) ([]byte, error) {
	if entry.EntryID == "" {
		return nil, fmt.Errorf("%w: it has no entryId", ErrEntry)
	}
	raw, err := json.Marshal(entry)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	if len(raw) >= maxLine {
		return nil, fmt.Errorf("%w: %w", ErrEntry, errLineTooLong)
	}
	return append(raw, '\n'), nil
}

// entryID returns the id of the entry on a line. A line without an id is legitimate: the tutorial's program wrote such.
func entryID(text []byte) (string, error) {
	var entry struct {
		EntryID string `json:"entryId"`
	}
	if err := json.Unmarshal(text, &entry); err != nil {
		return "", err
	}
	return entry.EntryID, nil
}
