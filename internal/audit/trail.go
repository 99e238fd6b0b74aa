package audit

import (
	"context"
	"log/slog"

	"model-registrar/schemas"
)

// Trail is an audit trail that can be written. It is safe for concurrent use, and any number of processes may write one
// at once.
type Trail interface {
	// Append writes an entry at the end of the chain and returns where it stands once it is on disk. An entry whose
	// EntryID the trail holds already, whoever wrote it, is not written again: the answer is the first one. The error
	// wraps [ErrEntry] when the entry can never be written, and is an [*Error] otherwise, or the context's; then it is
	// not known whether the entry is in the trail, and appending it again is right.
	Append(ctx context.Context, entry schemas.AuditEntry) (schemas.AuditReceipt, error)
	// Migrate makes what the trail is kept in, or brings it up to date. Append does so by itself.
	Migrate(ctx context.Context) error
	// Ready says why the trail cannot be written now, or nil.
	Ready(ctx context.Context) error
	// ID tells this trail from every other, and is the same for whoever writes it, on whichever machine. It is no
	// secret.
	ID(ctx context.Context) (string, error)
	// String names the trail for people, without user and password.
	String() string
	// Close waits for an append that is under way. Later appends fail.
	Close() error
}

// Option changes how a trail is opened.
type Option func(*settings)

type settings struct{ log *slog.Logger }

// WithLogger sends warnings about a damaged trail to log instead of slog.Default.
func WithLogger(log *slog.Logger) Option { return func(s *settings) { s.log = log } }

// Open opens a trail for writing: file:PATH, or postgres://… (postgresql://… too). A file is made, read once, and
// repaired if a crash has left a line unfinished; that it cannot be is an [*Error]. A database is not waited for: one
// that is down is a warning in the log, and is tried again with each Append.
func Open(ctx context.Context, target string, options ...Option) (Trail, error) {
	t, err := ParseTarget(target)
	if err != nil {
		return nil, err
	}
	return t.Open(ctx, options...)
}

// Open is as [Open].
func (t Target) Open(ctx context.Context, options ...Option) (Trail, error) {
	s := settings{log: slog.Default()}
	for _, option := range options {
		option(&s)
	}
	if t.database != nil {
		return openPostgres(ctx, t, s), nil
	}
	f, err := openFile(t.path, s)
	if err != nil {
		return nil, err
	}
	return f, nil
}
