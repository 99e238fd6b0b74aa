package audit

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"model-registrar/schemas"
)

// lockRetry is how often a held lock is tried again; the lock is held for about one fsync.
const lockRetry = 2 * time.Millisecond

// File is the audit trail in a file. It is safe for concurrent use, within a process and between processes of one
// machine: an advisory lock on PATH.lock is held while the trail is written. That file stays; removing it while
// somebody appends would let two write at once.
type File struct {
	path string
	log  *slog.Logger
	turn chan struct{} // holds one token: whoever takes it may use what follows
	lock *flock.Flock
	file *os.File // nil while it has to be opened again
	idx  *index

	closed bool
}

// Option changes how a trail is opened.
type Option func(*File)

// WithLogger sends warnings about a damaged trail to log instead of slog.Default.
func WithLogger(log *slog.Logger) Option { return func(f *File) { f.log = log } }

// Open opens the trail at path, making it and its directories when they do not exist, and reads it once. What a crash
// has left unfinished at its end is mended as Append describes. The error is an [*Error].
func Open(path string, options ...Option) (*File, error) {
	f := &File{
		path: path, log: slog.Default(), turn: make(chan struct{}, 1), idx: newIndex(),
		lock: flock.New(path+".lock", flock.SetPermissions(fileMode)),
	}
	for _, option := range options {
		option(f)
	}
	f.turn <- struct{}{}
	if err := makeDir(filepath.Dir(path)); err != nil {
		return nil, &Error{Path: path, Step: "created", Err: err}
	}
	if err := f.exclusively(context.Background(), func() error { return nil }); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Close waits for an append that is under way and closes the trail. Later appends fail with os.ErrClosed.
func (f *File) Close() error {
	<-f.turn
	defer func() { f.turn <- struct{}{} }()
	f.closed = true
	if f.file == nil {
		return nil
	}
	return f.reset()
}

// Append writes an entry and returns when it is on disk. An entry whose EntryID the trail holds already, whoever wrote
// it, is not written again. The error wraps [ErrEntry] when the entry can never be written, and is an [*Error]
// otherwise, or the context's; then it is not known whether the entry is in the trail, and appending it again is right.
//
// "Already" is about the file that the path names: who rotates it starts a new trail.
//
// A last line that a crash cut short is moved to a file of its own, PATH.torn-TIME, with a warning in the log.
func (f *File) Append(ctx context.Context, entry schemas.AuditEntry) error {
	text, err := encode(entry)
	if err != nil {
		return err
	}
	return f.exclusively(ctx, func() error {
		if f.idx.has(entry.EntryID) {
			// Whoever wrote it may have died before it was synced.
			return f.failed("synced", f.file.Sync())
		}
		if err := f.write(text); err != nil {
			return err
		}
		f.idx.add(entry.EntryID, int64(len(text)))
		return nil
	})
}

// exclusively runs fn while nobody else writes the trail, and with an index that is up to date.
func (f *File) exclusively(ctx context.Context, fn func() error) error {
	select {
	case <-f.turn:
		defer func() { f.turn <- struct{}{} }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if f.closed {
		return f.failed("written", os.ErrClosed)
	}
	if _, err := f.lock.TryLockContext(ctx, lockRetry); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return f.failed("locked", err)
	}
	defer func() {
		if err := f.lock.Unlock(); err != nil {
			f.log.Warn("the lock of the audit trail could not be released", "path", f.path, "error", err)
		}
	}()
	if err := f.current(); err != nil {
		return err
	}
	return fn()
}

// write puts a line at the end of the trail. When that fails, the line is taken back as far as possible, so that a
// repeated Append writes it anew: after a failed sync the kernel may take for clean what never reached the disk.
func (f *File) write(text []byte) error {
	_, err := f.file.WriteAt(text, f.idx.offset)
	if err == nil {
		err = f.file.Sync()
	}
	if err == nil {
		return nil
	}
	undo := f.file.Truncate(f.idx.offset)
	return f.failed("written", errors.Join(err, undo, f.reset()))
}

// current opens the trail if necessary and reads what others have appended.
func (f *File) current() error {
	if err := f.follow(); err != nil {
		return err
	}
	torn, err := f.idx.catchUp(f.file, func(number int, err error) {
		f.log.Warn("a line of the audit trail is no entry; it is left as it is", "path", f.path, "line", number, "error", err)
	})
	if err != nil {
		return f.failed("read", err)
	}
	if torn != nil {
		return f.mend(torn)
	}
	return nil
}

// follow makes sure that the open file is the one that the path names, and no shorter than what was read of it. Log
// rotation, a restored backup and tampering all make it another one, which is then read from its beginning.
func (f *File) follow() error {
	if f.file != nil {
		named, err := os.Stat(f.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return f.failed("examined", err)
		}
		open, openErr := f.file.Stat()
		if openErr != nil {
			return f.failed("examined", openErr)
		}
		if err == nil && os.SameFile(named, open) && open.Size() >= f.idx.offset {
			return nil
		}
		f.log.Warn("the audit trail was replaced or shortened by somebody else; it is read anew", "path", f.path, "lines_known", f.idx.lines)
		if err := f.reset(); err != nil {
			return f.failed("closed", err)
		}
	}
	file, err := openTrail(f.path)
	if err != nil {
		return f.failed("opened", err)
	}
	f.file = file
	return nil
}

// reset forgets the file and what is known of it.
func (f *File) reset() error {
	err := f.file.Close()
	f.file, f.idx = nil, newIndex()
	return err
}

// mend deals with a last line that has no line break. Nobody writes it any more, since the lock is held here. One that
// is an entry only lacks the line break, whatever took it; anything else is what a crash left of a line.
func (f *File) mend(torn *line) error {
	if id, err := entryID(torn.text); err == nil && torn.err == nil {
		if _, err := f.file.WriteAt([]byte("\n"), f.idx.offset+torn.size); err != nil {
			return f.failed("mended", err)
		}
		if err := f.file.Sync(); err != nil {
			return f.failed("mended", err)
		}
		f.idx.add(id, torn.size+1)
		f.log.Warn("the last line of the audit trail lacked its line break, which was added", "path", f.path, "line", f.idx.lines)
		return nil
	}
	aside, err := saveAside(f.file, f.path, f.idx.offset, time.Now())
	if err == nil {
		err = f.file.Truncate(f.idx.offset)
	}
	if err == nil {
		err = f.file.Sync()
	}
	if err != nil {
		return f.failed("mended", err)
	}
	f.log.Warn("the last line of the audit trail was cut short, which a crash while writing does; it was set aside and the trail goes on",
		"path", f.path, "line", f.idx.lines+1, "bytes", torn.size, "set_aside", aside)
	return nil
}

// failed gives an error the form that callers see; no error stays none.
func (f *File) failed(step string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Path: f.path, Step: step, Err: err}
}
