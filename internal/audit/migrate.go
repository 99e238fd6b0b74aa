package audit

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// migrations holds N.sql for each version N of the tables, from 1. Those that were released are never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

// version is the newest version of the tables, which this program needs.
const version = 2

// Migrate makes the tables, or brings them up to date, unless that was done before. Several that do so at once wait for
// each other. Tables that are up to date need no right to change them.
func (p *postgresTrail) Migrate(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.migrated {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, commitTime)
	defer cancel()
	at, err := tablesVersion(ctx, p.pool)
	if err == nil && at < version {
		err = pgx.BeginTxFunc(ctx, p.pool, pgx.TxOptions{BeginQuery: beginMigration},
			func(tx pgx.Tx) error { return migrate(ctx, tx) })
	}
	if err == nil && at > version {
		err = fmt.Errorf("its tables have version %d, which a newer release made; this one knows version %d", at,
			version)
	}
	if err != nil {
		return p.failed("prepared", err)
	}
	p.migrated = true
	return nil
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// tablesVersion is the version of the tables, 0 when there are none.
func tablesVersion(ctx context.Context, q querier) (at int, err error) {
	err = q.QueryRow(ctx, `select coalesce(max(version), 0) from model_registrar.migrations`).Scan(&at)
	var unknown *pgconn.PgError
	// no such table, no such schema
	if errors.As(err, &unknown) && (unknown.Code == "42P01" || unknown.Code == "3F000") {
		return 0, nil
	}
	return at, err
}

func migrate(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `create schema if not exists model_registrar;
		create table if not exists model_registrar.migrations (
			version integer primary key, applied_at timestamptz not null default now())`)
	if err != nil {
		return err
	}
	at, err := tablesVersion(ctx, tx)
	for n := at + 1; err == nil && n <= version; n++ {
		err = migrateTo(ctx, tx, n)
	}
	return err
}

func migrateTo(ctx context.Context, tx pgx.Tx, n int) error {
	text, err := migrations.ReadFile(fmt.Sprintf("migrations/%d.sql", n))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, string(text)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into model_registrar.migrations (version) values ($1)`, n)
	return err
}
