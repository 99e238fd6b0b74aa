package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite" // registers the driver "sqlite" too
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// retention is how long a finished workflow stays visible. A week, so that Monday's registrations can still
// be looked at on Friday.
const retention = 7 * 24 * time.Hour

// searchAttributes are those that Model Registrar's workflows set.
var searchAttributes = map[string]enumspb.IndexedValueType{
	"ModelName":         enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"ModelArchitecture": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"RegistrationStage": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"PayloadHash":       enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"ModelState":        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
}

// database is the SQLite database, locked for this process while it is a file.
type database struct {
	sql  *config.SQL
	lock *flock.Flock
}

// openDatabase locks the database, and gives it its schema and the namespace when they are not there yet.
func openDatabase(opts options) (*database, error) {
	db := &database{sql: sqlConfig(opts)}
	if !opts.inMemory {
		lock, err := lockFile(opts.dbFile)
		if err != nil {
			return nil, err
		}
		db.lock = lock
		if err := createSchema(db.sql); err != nil {
			db.close()
			return nil, fmt.Errorf("the database file %s cannot be used, choose another with --db-file: %w", opts.dbFile, err)
		}
	}
	if err := createNamespace(db.sql, opts.namespace); err != nil {
		db.close()
		return nil, fmt.Errorf("cannot register namespace %q in the database: %w", opts.namespace, err)
	}
	return db, nil
}

// close moves what is in the write-ahead log into the database file, so that after a clean shutdown the
// file alone is everything, and gives the lock back.
func (db *database) close() {
	if db.lock == nil {
		return
	}
	if conn, err := connect(db.sql); err == nil {
		_, _ = conn.Exec("PRAGMA wal_checkpoint(TRUNCATE)") // unneeded for durability: SQLite replays the log
		_ = conn.Close()
	}
	_ = db.lock.Unlock()
}

func sqlConfig(opts options) *config.SQL {
	if opts.inMemory {
		return &config.SQL{
			PluginName:        sqlite.PluginName,
			DatabaseName:      "devserver",
			ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
		}
	}
	return &config.SQL{
		PluginName:   sqlite.PluginName,
		DatabaseName: (&url.URL{Path: opts.dbFile}).EscapedPath(), // goes into a file: URI
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "wal",
			"synchronous":  opts.synchronous,
			"busy_timeout": "5000", // milliseconds: somebody may be looking at the file with the sqlite3 shell
		},
	}
}

// lockFile takes the lock of the database at path, which lies beside the file itself, symbolic links
// resolved, so that two names of one file are one lock. The lock ends with the process, however it ends.
func lockFile(path string) (*flock.Flock, error) {
	target := path
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		target = resolved
	}
	lock := flock.New(target + ".lock")
	locked, err := lock.TryLock()
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("the folder of the database file %s does not exist: create it or choose another file with --db-file", path)
	case err != nil:
		return nil, fmt.Errorf("the database file %s cannot be used, choose another with --db-file: %w", path, err)
	case !locked:
		return nil, fmt.Errorf("the database file %s is in use by another devserver: stop that one or choose another file with --db-file", path)
	}
	return lock, nil
}

// connect opens a connection of our own, beside the one that the server's plugin keeps for good. It leaves the
// journal mode as it is: the file may turn out not to be ours.
func connect(cfg *config.SQL) (*sql.DB, error) {
	conn, err := sql.Open("sqlite", "file:"+cfg.DatabaseName+"?_pragma=busy_timeout=5000")
	if err != nil {
		return nil, err
	}
	conn.SetMaxOpenConns(1)
	return conn, nil
}

// createSchema creates the tables in an empty file, in one transaction: a process killed in the middle
// leaves an empty file, never half a schema that would block every later start.
func createSchema(cfg *config.SQL) error {
	conn, err := connect(cfg)
	if err != nil {
		return err
	}
	defer conn.Close()

	tables, temporal, err := inspect(conn)
	switch {
	case err != nil:
		return err
	case temporal:
		return nil
	case tables > 0:
		return errors.New("it is a SQLite database, but not one of a Temporal server")
	}
	tx, err := conn.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := sqliteschema.SetupSchemaOnDB(schemaTx{tx: tx}); err != nil {
		return err
	}
	return tx.Commit()
}

// inspect counts the tables of a database and says whether Temporal's are among them.
func inspect(conn *sql.DB) (tables int, temporal bool, err error) {
	const query = `SELECT COUNT(*), COALESCE(SUM(name = 'executions_visibility'), 0) > 0 FROM sqlite_master WHERE type = 'table'`
	err = conn.QueryRow(query).Scan(&tables, &temporal)
	return tables, temporal, err
}

// schemaTx lends a transaction to the server's schema setup, which uses nothing of an AdminDB but Exec.
type schemaTx struct {
	sqlplugin.AdminDB
	tx *sql.Tx
}

func (s schemaTx) Exec(statement string, args ...any) error {
	_, err := s.tx.Exec(statement, args...)
	return err
}

// createNamespace registers the namespace with its search attributes before the server starts, so that no
// cache of the server ever misses them. A namespace that exists stays as it is.
func createNamespace(cfg *config.SQL, name string) error {
	namespace, err := sqliteschema.NewNamespaceConfig(clusterName, name, false, searchAttributes)
	if err != nil {
		return err
	}
	namespace.Detail.Config.Retention = durationpb.New(retention)
	return sqliteschema.CreateNamespaces(cfg, namespace)
}
