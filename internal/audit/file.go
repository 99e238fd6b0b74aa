package audit

import (
	"context"
	"errors"
	"fmt"
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

// fileTrail is the audit trail in a file: an entry a line, in JSON. An advisory lock on PATH.lock is held while the
// trail is written, which keeps other processes of the machine out. That file stays; removing it while somebody appends
// would let two write at once.
//
// Which entries the trail holds already is about the file that the path names: who moves it away starts a new trail.
type fileTrail struct {
	path  string
	log   *slog.Logger
	group *group

	turn chan struct{} // holds one token: whoever takes it may use what follows
	lock *flock.Flock
	open *os.File // nil while it has to be opened again
	idx  *index

	// What was known of the trail before it was replaced or shortened, if that is gone.
	lost      link   // its last entry
	lostFirst string // its first entry's hash
	told      bool   // that they are gone

	closed bool
}

// openFile opens the trail at path, making it and its directories when they do not exist, and reads it once. The error
// is an [*Error].
func openFile(path string, s settings) (*fileTrail, error) {
	f := &fileTrail{
		path: path, log: s.log, turn: make(chan struct{}, 1), idx: newIndex(),
		lock: flock.New(path+".lock", flock.SetPermissions(lockMode)),
	}
	f.turn <- struct{}{}
	f.group = newGroup(f.commit, f.failed)
	err := f.Migrate(context.Background())
	if err == nil {
		err = f.Ready(context.Background())
	}
	if err == nil {
		err = f.checkLast()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// String is the path.
func (f *fileTrail) String() string { return f.path }

// Migrate makes the directory. A lock that others may read, as those of older versions, is closed to them: whoever can
// open it can hold it, and every registration would wait.
func (f *fileTrail) Migrate(context.Context) error {
	if err := makeDir(filepath.Dir(f.path)); err != nil {
		return f.failed("created", err)
	}
	if err := os.Chmod(f.lock.Path(), lockMode); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.log.Warn("the lock beside the audit trail may be held by others than its owner", "path", f.lock.Path(),
			"error", err)
	}
	return nil
}

// notLocked says that the lock is held, and by whom if that can be known.
func (f *fileTrail) notLocked(err error) error {
	if holder := lockHolder(f.lock.Path()); errors.Is(err, context.DeadlineExceeded) && holder != "" {
		return &Error{Trail: f.path, Step: "locked", Err: fmt.Errorf("%s holds %s.lock", holder, f.path),
			check: checkHolder}
	}
	return f.failed("locked", err)
}

// Ready opens, locks and reads the trail. A last line that a crash cut short is moved to a file of its own,
// PATH.torn-TIME, with a warning in the log.
func (f *fileTrail) Ready(ctx context.Context) error {
	return f.exclusively(ctx, func() error { return nil })
}

// Close is as [Trail] says.
func (f *fileTrail) Close() error {
	f.group.close()
	<-f.turn
	defer func() { f.turn <- struct{}{} }()
	f.closed = true
	if f.open == nil {
		return nil
	}
	return f.reset()
}

// Append is as [Trail] says.
func (f *fileTrail) Append(ctx context.Context, entry schemas.AuditEntry) (schemas.AuditReceipt, error) {
	return f.group.append(ctx, entry)
}

// commit writes a group of entries.
func (f *fileTrail) commit(ctx context.Context, take func() []*pending) error {
	return f.exclusively(ctx, func() error {
		taken, known := take(), map[string]stored{}
		for _, id := range idsOf(taken) {
			s, found, err := f.idx.find(f.open, id)
			if err != nil {
				return f.failed("read", err)
			}
			if found {
				known[id] = s
			}
		}
		end, err := f.idx.end(f.open)
		if err != nil {
			return f.failed("read", err)
		}
		if f.lost.seq > end.seq {
			end = f.lost
		}
		added, err := sealAll(taken, end, known)
		if err != nil {
			return f.failed("written", err)
		}
		if err := f.write(added); err != nil {
			return err
		}
		nameTrail(taken, f.idx.first)
		tellConflicts(f.log, f.path, added)
		return nil
	})
}

// exclusively runs fn while nobody else writes the trail, and with an index that is up to date.
func (f *fileTrail) exclusively(ctx context.Context, fn func() error) error {
	select {
	case <-f.turn:
		defer func() { f.turn <- struct{}{} }()
	case <-ctx.Done():
		return f.failed("locked", ctx.Err())
	}
	if f.closed {
		return f.failed("written", os.ErrClosed)
	}
	if _, err := f.lock.TryLockContext(ctx, lockRetry); err != nil {
		return f.notLocked(err)
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

// write puts lines at the end of the trail. When that fails, they are taken back as far as possible, so that a repeated
// Append writes them anew: after a failed sync the kernel may take for clean what never reached the disk. It syncs even
// when there is nothing to write: whoever wrote what is there already may have died before that.
func (f *fileTrail) write(added []sealed) error {
	var lines []byte
	for _, s := range added {
		lines = append(append(lines, s.text...), '\n')
	}
	_, err := f.open.WriteAt(lines, f.idx.offset)
	if err == nil {
		err = f.open.Sync()
	}
	if err != nil {
		undo := f.open.Truncate(f.idx.offset)
		return f.failed("written", errors.Join(err, undo, f.reset()))
	}
	for _, s := range added {
		f.idx.wrote(s)
	}
	return nil
}

// current opens the trail if necessary and reads what others have appended.
func (f *fileTrail) current() error {
	if err := f.follow(); err != nil {
		return err
	}
	torn, err := f.idx.catchUp(f.open, func(number int, err error) {
		f.log.Error("the audit trail is damaged; it is left as it is and goes on; run `starter audit verify`",
			"path", f.path, "line", number, "error", err)
	})
	if err != nil {
		return f.failed("read", err)
	}
	if torn != nil {
		return f.repair(torn)
	}
	f.noticeLoss()
	return nil
}

// noticeLoss notices that entries which were there are there no more. The chain then goes on after them, so that the
// gap shows. A trail that begins with another entry is another one: somebody moved the old one away.
func (f *fileTrail) noticeLoss() {
	switch {
	case f.idx.first != f.lostFirst || f.idx.last.seq >= f.lost.seq:
		f.lost = link{}
	case !f.told:
		f.told = true
		f.log.Error("the audit trail has lost entries that were in it; the gap stays visible; compare it with a "+
			"backup and with checkpoints",
			"path", f.path, "last_known", f.lost.seq, "last", f.idx.last.seq)
	}
}

// follow makes sure that the open file is the one that the path names, and no shorter than what was read of it. Log
// rotation, a restored backup and tampering all make it another one, which is then read from its beginning.
func (f *fileTrail) follow() error {
	if f.open != nil {
		named, err := os.Stat(f.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return f.failed("examined", err)
		}
		open, openErr := f.open.Stat()
		if openErr != nil {
			return f.failed("examined", openErr)
		}
		if err == nil && os.SameFile(named, open) && open.Size() >= f.idx.offset {
			return nil
		}
		f.log.Warn("the audit trail was replaced or shortened by somebody else; it is read anew", "path", f.path,
			"lines_known", f.idx.lines)
		if f.idx.last.seq > f.lost.seq {
			f.lost, f.lostFirst, f.told = f.idx.last, f.idx.first, false
		}
		if err := f.reset(); err != nil {
			return f.failed("closed", err)
		}
	}
	file, err := openTrail(f.path)
	if err != nil {
		return f.failed("opened", err)
	}
	f.open = file
	return nil
}

// reset forgets the file and what is known of it.
func (f *fileTrail) reset() error {
	err := f.open.Close()
	f.open, f.idx = nil, newIndex()
	return err
}

// repair deals with a last line that has no line break. Nobody writes it any more, since the lock is held here. One
// that is a whole entry only lacks the line break, whatever took it; anything else is what a crash left of a line.
func (f *fileTrail) repair(torn *line) error {
	if torn.err == nil && wholeEntry(torn.text) {
		if _, err := f.open.WriteAt([]byte("\n"), f.idx.offset+torn.size); err != nil {
			return f.failed("repaired", err)
		}
		if err := f.open.Sync(); err != nil {
			return f.failed("repaired", err)
		}
		f.log.Warn("the last line of the audit trail lacked its line break, which was added", "path", f.path, "line",
			f.idx.lines+1)
		return f.current()
	}
	aside, err := saveAside(f.open, f.path, f.idx.offset, time.Now())
	if err == nil {
		err = f.open.Truncate(f.idx.offset)
	}
	if err == nil {
		err = f.open.Sync()
	}
	if err != nil {
		return f.failed("repaired", err)
	}
	f.log.Warn("the last line of the audit trail was cut short, which a crash while writing does; it was set aside "+
		"and the trail goes on",
		"path", f.path, "line", f.idx.lines+1, "bytes", torn.size, "set_aside", aside)
	return nil
}

// wholeEntry tells an entry, or the line of an older program, from what is left of one.
func wholeEntry(text []byte) bool {
	h, err := readHead(text)
	if err != nil || h.Seq == 0 {
		return err == nil
	}
	hash, err := computeHash(text)
	return err == nil && hash == h.Hash
}

// checkLast reports a last entry that was changed, since the next one will be bound to it. It is left to
// `starter audit verify` to check the others.
func (f *fileTrail) checkLast() error {
	return f.exclusively(context.Background(), func() error {
		if f.idx.last.seq == 0 {
			return nil
		}
		text, err := textAt(f.open, f.idx.lastAt)
		if err == nil && !wholeEntry(text) {
			f.log.Error("the last entry of the audit trail was changed; the trail goes on after it; run `starter "+
				"audit verify`",
				"path", f.path, "seq", f.idx.last.seq)
		}
		return f.failed("read", err)
	})
}

// failed gives an error the form that callers see; no error stays none.
func (f *fileTrail) failed(step string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Trail: f.path, Step: step, Err: err, check: checkDisk}
}
