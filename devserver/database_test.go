package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"go.temporal.io/api/operatorservice/v1"
	sqliteschema "go.temporal.io/server/schema/sqlite"
)

func TestKilledDuringItsVeryFirstStartItStartsTheNextTime(t *testing.T) {
	t.Parallel()
	for name, stage := range map[string]string{"locked": ".lock", "file created": "", "schema there": "-wal"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := dbFile(t)
			p := launch(t, "--db-file="+file, "--port=0", "--ui-port=0")
			eventually(t, "stage reached", func() bool { return fileExists(file + stage) })
			p.end(t, syscall.SIGKILL)
			start(t, "--db-file="+file)
		})
	}
}

func TestANamespaceOfAnotherServerGetsTheSearchAttributesItLacks(t *testing.T) {
	t.Parallel()
	file := dbFile(t)
	cfg := sqlConfig(options{dbFile: file, synchronous: "normal"})
	if err := createSchema(cfg); err != nil {
		t.Fatal(err)
	}
	namespace, err := sqliteschema.NewNamespaceConfig(clusterName, "default", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqliteschema.CreateNamespaces(cfg, namespace); err != nil {
		t.Fatal(err)
	}

	c := start(t, "--db-file="+file).dial(t)
	attributes, err := c.OperatorService().ListSearchAttributes(testContext(t), &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	for name := range searchAttributes {
		if _, ok := attributes.GetCustomAttributes()[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
	startWorkflow(t, c, "typed search attributes are taken at once")
}

func TestAnotherApplicationsSQLiteFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bookmarks.db")
	conn, err := connect(sqlConfig(options{dbFile: file}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec("CREATE TABLE bookmarks (url TEXT)"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	expectRefusal(t, "not one of a Temporal server", "--port=0", "--ui-port=0", "--db-file="+file)
	after, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(after) != string(before) {
		t.Error("the file has changed")
	}
}
