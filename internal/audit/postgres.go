package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"model-registrar/schemas"
)

// postgresTrail is the audit trail in PostgreSQL. Whoever writes holds a lock of the database until its transaction
// ends, which makes one chain of what any number of machines write.
type postgresTrail struct {
	target Target
	log    *slog.Logger
	pool   *pgxpool.Pool
	group  *group

	mu       sync.Mutex
	migrated bool // what is needed is there

	told atomic.Bool // that there are rows which nothing can follow
}

// schemaLock is the advisory lock under which the schema is changed.
const schemaLock = 0x6d6f64656c617564 // "modelaud"

// begin starts a transaction that may append. Its snapshots have to be younger than the lock, whatever isolation the
// database prefers. A worker that stops answering in the middle loses the lock after a while, as everything here has
// to have an end. A commit is to be on disk, even if the database is set up to be careless.
const begin = `begin isolation level read committed read write;
set local statement_timeout = '10s';
set local lock_timeout = '10s';
set local idle_in_transaction_session_timeout = '10s';
select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off';
`

var (
	beginMigration = fmt.Sprintf("%sselect pg_advisory_xact_lock(%d)", begin, schemaLock)
	// beginAppend takes the writers' turn, by a lock of a table: anybody who may connect can hold an advisory lock, and
	// this one only who may update the table.
	beginAppend = begin + "lock table model_registrar.audit_turn in exclusive mode"
)

// openPostgres opens the trail, and makes its tables if the database answers now.
func openPostgres(ctx context.Context, t Target, s settings) *postgresTrail {
	p := &postgresTrail{target: t, log: s.log}
	// It fails for a configuration that was not made by its own parser, and connects only when asked to.
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), t.database.Copy())
	if err != nil {
		panic(fmt.Sprintf("audit: %v", err))
	}
	p.pool = pool
	p.group = newGroup(p.commit, p.failed)
	if err := p.Migrate(ctx); err != nil {
		p.log.Warn("the audit trail cannot be used yet; it is tried again", "error", err)
	}
	return p
}

// String names the database.
func (p *postgresTrail) String() string { return p.target.String() }

// Close is as [Trail] says.
func (p *postgresTrail) Close() error {
	p.group.close()
	p.pool.Close()
	return nil
}

// Ready asks the database, and makes the tables if it must.
func (p *postgresTrail) Ready(ctx context.Context) error {
	if err := p.Migrate(ctx); err != nil {
		return err
	}
	return p.failed("reached", p.pool.Ping(ctx))
}

// Append is as [Trail] says.
func (p *postgresTrail) Append(ctx context.Context, entry schemas.AuditEntry) (schemas.AuditReceipt, error) {
	return p.group.append(ctx, entry)
}

// commit writes a group of entries.
func (p *postgresTrail) commit(ctx context.Context, take func() []*pending) error {
	if err := p.Migrate(ctx); err != nil {
		return err
	}
	var added []sealed
	err := pgx.BeginTxFunc(ctx, p.pool, pgx.TxOptions{BeginQuery: beginAppend}, func(tx pgx.Tx) error {
		taken := take()
		last, first, known, err := p.lookUp(ctx, tx, taken)
		if err != nil {
			return err
		}
		added, err = sealAll(taken, last, known)
		if err != nil {
			return err
		}
		if first == "" && len(added) > 0 {
			first = added[0].at.hash
		}
		nameTrail(taken, first)
		if len(added) == 0 {
			return nil
		}
		return insert(ctx, tx, added)
	})
	if err == nil {
		tellConflicts(p.log, p.String(), added)
	}
	return p.failed("written", err)
}

// lookUp returns the last entry that another one can follow, the hash of the first, and what the trail holds already of
// those that are to be appended. A row with a number beyond is damage, and is gone around.
func (p *postgresTrail) lookUp(
	ctx context.Context, tx pgx.Tx, taken []*pending,
) (last link, first string, known map[string]stored, err error) {
	last, known = link{0, noHash}, map[string]stored{}
	beyond := false
	var questions pgx.Batch
	questions.Queue(`select seq, hash from model_registrar.audit_entries where seq <= $1 order by seq desc limit 1`,
		int64(maxFollowed)).
		QueryRow(func(row pgx.Row) error {
			err := row.Scan(&last.seq, &last.hash)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			return err
		})
	questions.Queue(`select coalesce((select hash from model_registrar.audit_entries order by seq limit 1), '')`).
		QueryRow(func(row pgx.Row) error { return row.Scan(&first) })
	questions.Queue(`select exists (select from model_registrar.audit_entries where seq > $1)`, int64(maxFollowed)).
		QueryRow(func(row pgx.Row) error { return row.Scan(&beyond) })
	questions.Queue(`select entry_id, seq, hash, entry from model_registrar.audit_entries where entry_id = any($1)`,
		idsOf(taken)).
		Query(func(rows pgx.Rows) error {
			var id string
			var s stored
			_, err := pgx.ForEachRow(rows, []any{&id, &s.at.seq, &s.at.hash, &s.text}, func() error {
				known[id] = stored{s.at, slices.Clone(s.text)}
				return nil
			})
			return err
		})
	err = tx.SendBatch(ctx, &questions).Close()
	if beyond && p.told.CompareAndSwap(false, true) {
		p.log.Error("the audit trail is damaged; it is left as it is and goes on; run `starter audit verify`",
			"trail", p.String(), "error", errUnfollowable)
	}
	return last, first, known, err
}

func insert(ctx context.Context, tx pgx.Tx, added []sealed) error {
	var seqs []int64
	var ids, hashes, texts []string
	for _, s := range added {
		seqs, ids, hashes, texts = append(seqs, s.at.seq), append(ids, s.id), append(hashes, s.at.hash), append(texts,
			string(s.text))
	}
	_, err := tx.Exec(ctx, `insert into model_registrar.audit_entries (seq, entry_id, hash, entry)
		select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[])`, seqs, ids, hashes, texts)
	return err
}

// failed gives an error the form that callers see; no error stays none.
func (p *postgresTrail) failed(step string, err error) error { return p.target.failed(step, err) }

func (t Target) failed(step string, err error) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	if password := t.database.ConnConfig.Password; password != "" && strings.Contains(err.Error(), password) {
		// it never holds the password; should it yet, nobody is to see it
		err = errors.New("the database's answer cannot be shown")
	}
	return &Error{Trail: t.String(), Step: step, Err: err, check: checkDatabase}
}
