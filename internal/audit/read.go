package audit

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"model-registrar/schemas"
)

// Record is one line or row of a trail as it is kept, whatever it holds.
type Record struct {
	Line int    // in a file, from 1; 0 in a database
	Text []byte // the entry as JSON, good until the next record; nil with Err
	Err  error  // why there is no text: the line is too long, or lacks its end
	// Before is the prevHash of an entry that begins the chain here. It is set as long as no entry of the chain came.
	Before string

	row *row
}

// row is what the table of a database repeats of an entry.
type row struct {
	seq      int64
	id, hash string
}

// Source calls each with every record of a trail, oldest first, and stops at its first error. An error that is not of
// each is an [*Error].
type Source func(ctx context.Context, each func(Record) error) error

// Source reads a trail without locking or changing it.
func (t Target) Source() Source {
	if t.database != nil {
		return t.rows
	}
	return func(ctx context.Context, each func(Record) error) error {
		f, err := os.Open(t.path)
		if err != nil {
			return &Error{Trail: t.path, Step: "opened", Err: err, check: checkReading}
		}
		defer f.Close()
		return (&lines{in: f, name: t.path, wait: pollEnd}).read(ctx, each)
	}
}

// Lines reads a trail in JSON Lines from in, which is called name in errors.
func Lines(in io.Reader, name string) Source {
	return func(ctx context.Context, each func(Record) error) error {
		return (&lines{in: in, name: name}).read(ctx, each)
	}
}

const checkReading = "check that it is there and that you may read it"

// A last line without its end may be one that is being written.
const (
	pollEnd   = 20 * time.Millisecond
	pollTimes = 50
)

type lines struct {
	in   io.Reader
	name string
	wait time.Duration // how long to wait for the end of a line; 0 for what does not grow
}

var errUnfinished = errors.New("it is cut short")

func (s *lines) read(ctx context.Context, each func(Record) error) error {
	r, sum, chained := bufio.NewReaderSize(s.in, 64<<10), sha256.New(), false
	for number := 1; ; number++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		record := Record{Line: number}
		copied := io.Discard
		if !chained {
			record.Before, copied = noHash, sum
			if number > 1 {
				record.Before = hex.EncodeToString(sum.Sum(nil))
			}
		}
		l, err := readLine(r, copied)
		for waited := 0; err == nil && !l.whole && s.wait > 0 && waited < pollTimes; waited++ {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(s.wait):
			}
			var more line
			if more, err = readLine(r, copied); errors.Is(err, io.EOF) {
				err = nil
			}
			l = joined(l, more)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &Error{Trail: s.name, Step: "read", Err: err, check: checkReading}
		case l.err != nil:
			record.Err = l.err
		case !l.whole:
			record.Err = errUnfinished
		default:
			record.Text = l.text
		}
		h, err := readHead(record.Text)
		chained = chained || err == nil && h.Seq > 0
		if err := each(record); err != nil {
			return err
		}
		if !l.whole {
			return nil
		}
	}
}

// joined is the whole of a line that was read in two parts.
func joined(l, more line) line {
	l = line{text: append(l.text, more.text...), size: l.size + more.size, err: l.err, whole: more.whole}
	if more.err != nil || l.size > maxLine {
		l.text, l.err = nil, errTooLong
	}
	return l
}

// rows reads the trail of a database, in one snapshot.
func (t Target) rows(ctx context.Context, each func(Record) error) (err error) {
	config := t.database.ConnConfig.Copy()
	config.RuntimeParams["default_transaction_read_only"] = "on"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return t.failed("reached", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	at, err := tablesVersion(ctx, conn)
	switch {
	case err == nil && at == 0:
		err = errors.New("there is none in it; a worker makes it, or `starter setup`")
	case err == nil && at > version:
		err = fmt.Errorf("its tables have version %d, which a newer release made", at)
	}
	if err != nil {
		return t.failed("read", err)
	}
	rows, err := conn.Query(ctx, `select seq, entry_id, hash, entry from model_registrar.audit_entries order by seq`)
	if err != nil {
		return t.failed("read", err)
	}
	defer rows.Close()
	before := noHash
	for rows.Next() {
		var found row
		var text []byte
		if err := rows.Scan(&found.seq, &found.id, &found.hash, &text); err != nil {
			return t.failed("read", err)
		}
		if err := each(Record{Text: text, Before: before, row: &found}); err != nil {
			return err
		}
		before = ""
	}
	return t.failed("read", rows.Err())
}

// RecordError is a record that is no entry.
type RecordError struct {
	Line int // from 1; 0 in a database
	Err  error
}

func (e *RecordError) Unwrap() error { return e.Err }

// Error returns a sentence for people, without the record itself.
func (e *RecordError) Error() string {
	return fmt.Sprintf("%s of the audit trail is no audit entry: %v; compare it with a backup", place(e.Line, 0), e.Err)
}

// Entry reads the record's entry. The error is a [*RecordError].
func (r Record) Entry() (entry schemas.AuditEntry, err error) {
	err = r.Err
	if err == nil {
		err = json.Unmarshal(r.Text, &entry)
	}
	if err != nil {
		return entry, &RecordError{r.Line, plain(err)}
	}
	return entry, nil
}

// Scan calls fn with each entry, oldest first, and stops at fn's first error. A last line that is cut short is left
// out; any other record that is no entry is a [*RecordError].
func (s Source) Scan(ctx context.Context, fn func(schemas.AuditEntry) error) error {
	return s(ctx, func(r Record) error {
		if errors.Is(r.Err, errUnfinished) {
			return nil
		}
		entry, err := r.Entry()
		if err != nil {
			return err
		}
		return fn(entry)
	})
}
