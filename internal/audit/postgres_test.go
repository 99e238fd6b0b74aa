package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"model-registrar/testsuite/postgres"
)

// server is the PostgreSQL server that the tests of this package share. Each has a database of its own in it.
var server struct {
	sync.Mutex
	*postgres.Server
}

func closeServer() error {
	if server.Server == nil {
		return nil
	}
	return server.Close()
}

// database makes an empty database and returns its URL.
func database(t testing.TB) string {
	t.Helper()
	server.Lock()
	defer server.Unlock()
	if server.Server == nil {
		s, err := postgres.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		server.Server = s
	}
	url, err := server.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// bothKinds is an empty trail of each kind.
func bothKinds(t testing.TB) map[string]string {
	return map[string]string{"file": "file:" + filepath.Join(t.TempDir(), "audit.log"), "PostgreSQL": database(t)}
}

// opened opens any trail, and returns its log.
func opened(t testing.TB, target string) (Trail, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	trail, err := Open(t.Context(), target, WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trail.Close() })
	return trail, &log
}

func fill(t testing.TB, trail Trail, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, err := trail.Append(t.Context(), entryOf(id)); err != nil {
			t.Fatal(err)
		}
	}
}

// sql runs statements as somebody.
func sql(t testing.TB, url string, statements ...string) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			return err
		}
	}
	return nil
}

func TestARepeatedAppendToADatabaseReturnsTheFirstReceipt(t *testing.T) {
	url := database(t)
	one, _ := opened(t, url)
	other, _ := opened(t, url)
	first, err := one.Append(t.Context(), entryOf("a"))
	if err != nil || first.Seq != 1 || len(first.Hash) != 64 {
		t.Fatalf("%+v, %v", first, err)
	}
	fill(t, other, "b", "a", "c")
	for _, trail := range []Trail{one, other} {
		if again, err := trail.Append(t.Context(), entryOf("a")); err != nil || again != first {
			t.Errorf("%+v, %v; want %+v", again, err, first)
		}
	}
	wantSound(t, sourceOf(t, url), 3)
}

func TestADatabaseRefusesToChangeRemoveOrEmptyTheTrail_EvenToItsSuperuser(t *testing.T) {
	url := database(t)
	trail, _ := opened(t, url)
	fill(t, trail, "a", "b")
	for _, statement := range []string{
		"update model_registrar.audit_entries set hash = hash", "update model_registrar.audit_entries set entry = '' where seq = 99",
		"delete from model_registrar.audit_entries where seq = 2", "truncate model_registrar.audit_entries",
		"set session_replication_role = replica; delete from model_registrar.audit_entries",
		"insert into model_registrar.audit_entries select * from model_registrar.audit_entries on conflict (seq) do update set entry = ''",
	} {
		if err := sql(t, url, statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	wantSound(t, sourceOf(t, url), 2)
}

func TestSeveralWorkersThatStartAtOnceMakeTheTablesOnce(t *testing.T) {
	url := database(t)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			trail, log := opened(t, url)
			if _, err := trail.Append(t.Context(), entryOf(fmt.Sprint(n))); err != nil || log.Len() > 0 {
				t.Errorf("%v %s", err, log)
			}
		})
	}
	wg.Wait()
	wantSound(t, sourceOf(t, url), 8)
}

func TestAWorkerNeedsNoRightButToReadAndAppend(t *testing.T) {
	url := database(t)
	owner, _ := opened(t, url)
	fill(t, owner, "a")
	if err := sql(t, url,
		"create role appender login password 'appender'", "create role auditor login password 'auditor'",
		"grant usage on schema model_registrar to appender, auditor",
		"grant select on all tables in schema model_registrar to appender, auditor",
		"grant insert on model_registrar.audit_entries to appender", "grant update on model_registrar.audit_turn to appender",
	); err != nil {
		t.Fatal(err)
	}
	as := func(who string) string {
		return strings.Replace(url, postgres.User+":"+postgres.Password, who+":"+who, 1)
	}
	worker, log := opened(t, as("appender"))
	fill(t, worker, "b", "a")
	if err := worker.Ready(t.Context()); err != nil || log.Len() > 0 {
		t.Errorf("%v %s", err, log)
	}
	wantSound(t, sourceOf(t, as("auditor")), 2)
	for _, statement := range []string{
		"delete from model_registrar.audit_entries", "alter table model_registrar.audit_entries disable trigger all",
	} {
		var refused *pgconn.PgError
		if err := sql(t, as("appender"), statement); !errors.As(err, &refused) || refused.Code != "42501" {
			t.Errorf("%s: %v", statement, err)
		}
	}
	for _, hold := range []string{
		"lock table model_registrar.audit_turn in row share mode", "lock table model_registrar.audit_turn in exclusive mode",
		"select from model_registrar.audit_turn for update",
	} {
		var refused *pgconn.PgError
		if err := sql(t, as("auditor"), "begin; "+hold); !errors.As(err, &refused) || refused.Code != "42501" {
			t.Errorf("who reads the trail holds up who writes it: %s: %v", hold, err)
		}
	}
	auditor, _ := opened(t, as("auditor"))
	var failed *Error
	if _, err := auditor.Append(t.Context(), entryOf("c")); !errors.As(err, &failed) {
		t.Errorf("an auditor can append: %v", err)
	}
}

func TestTablesOfANewerReleaseAreNotTouched(t *testing.T) {
	url := database(t)
	trail, _ := opened(t, url)
	fill(t, trail, "a")
	if err := sql(t, url, "insert into model_registrar.migrations (version) values (99)"); err != nil {
		t.Fatal(err)
	}
	older, log := opened(t, url)
	if err := older.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "newer release") || !strings.Contains(log.String(), "newer release") {
		t.Errorf("%v; log %s", err, log)
	}
	if err := sourceOf(t, url).Scan(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "newer release") {
		t.Errorf("%v", err)
	}
}

func TestADatabaseThatIsDownOrHasNoTrailIsAnErrorForPeople_AndItsPasswordStaysUnsaid(t *testing.T) {
	empty := database(t)
	if err := sourceOf(t, empty).Scan(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "starter setup") {
		t.Errorf("%v", err)
	}
	wrong := strings.Replace(empty, postgres.Password, "hunter2", 1)
	nobody := "postgres://u:hunter2@127.0.0.1:1/audit"
	for _, url := range []string{wrong, nobody} {
		trail, log := opened(t, url)
		var failed *Error
		_, err := trail.Append(t.Context(), entryOf("a"))
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), "the audit trail PostgreSQL database") {
			t.Errorf("%v", err)
		}
		ready := trail.Ready(t.Context())
		if ready == nil || log.Len() == 0 {
			t.Errorf("ready although it is down; log %q", log)
		}
		reading := sourceOf(t, url).Scan(t.Context(), nil)
		for _, said := range []string{fmt.Sprintf("%v %+v %#v", err, err, err), ready.Error(), log.String(), reading.Error(), trail.String()} {
			if strings.Contains(said, "hunter2") {
				t.Errorf("the password is in %q", said)
			}
		}
	}
}

// outage is how long a database that is stopped and started again may take on a busy machine: package postgres gives it half
// a minute to stop and one to start, which for a writer are one wait.
const outage = 4 * time.Minute

// patiently appends as Temporal does: again and again until it is done.
func patiently(t *testing.T, trail Trail, id string) {
	t.Helper()
	for deadline := time.Now().Add(outage); ; {
		_, err := trail.Append(t.Context(), entryOf(id))
		var failed *Error
		switch {
		case err == nil:
			return
		case !errors.As(err, &failed):
			t.Errorf("%s: not the error of a trail that may come back: %v", id, err)
			return
		case time.Now().After(deadline):
			t.Errorf("%s: %v", id, err)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestAppendsFailWhileTheDatabaseIsDownAndGoOnWhenItIsBack(t *testing.T) {
	own, err := postgres.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Close() })
	url, err := own.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	trail, _ := opened(t, url)
	const perRound, writers = 100, 8
	total := 0
	for _, end := range []func() error{own.Stop, own.Kill} {
		var wg sync.WaitGroup
		next := make(chan int)
		for range writers {
			wg.Go(func() {
				for i := range next {
					patiently(t, trail, entryName(i))
				}
			})
		}
		for i := range perRound {
			if i == perRound/2 {
				if err := end(); err != nil {
					t.Fatal(err)
				}
				// While it is down, an append fails, and says so. A connection that was at work when the server was killed may
				// have its turn out.
				var down *Error
				for down == nil {
					if _, err := trail.Append(t.Context(), entryOf("probe")); err != nil && !errors.As(err, &down) {
						t.Fatalf("got %v", err)
					}
				}
				if err := own.Restart(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			next <- total + i
		}
		close(next)
		wg.Wait()
		total += perRound
	}
	patiently(t, trail, "probe")
	wantSound(t, sourceOf(t, url), int64(total)+1)
}

func TestADatabaseThatIsDownAtTheStartIsUsedOnceItIsUp(t *testing.T) {
	own, err := postgres.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Close() })
	url, err := own.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Stop(); err != nil {
		t.Fatal(err)
	}
	trail, log := opened(t, url)
	if trail.Ready(t.Context()) == nil || !strings.Contains(log.String(), "tried again") {
		t.Errorf("it is ready although the database is down; log %q", log)
	}
	if err := own.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := trail.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	fill(t, trail, "a")
	wantSound(t, sourceOf(t, url), 1)
}
