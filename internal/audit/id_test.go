package audit

import (
	"os"
	"path/filepath"
	"testing"
)

// idOf opens a trail and returns its id.
func idOf(t *testing.T, target string) string {
	t.Helper()
	trail, err := Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	id, err := trail.ID(t.Context())
	if err != nil || len(id) != idLength {
		t.Fatalf("id %q: %v", id, err)
	}
	return id
}

func TestATrailHasOneIDForAllWhoWriteItAndNoOtherTrailHasIt(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(dir, "mounted")); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for trail, targets := range map[string][]string{
		"a file":           {"file:" + filepath.Join(dir, "a.log"), "file:" + filepath.Join(dir, "mounted", "a.log")},
		"another file":     {"file:" + filepath.Join(dir, "b.log")},
		"a database":       nil,
		"another database": nil,
	} {
		if targets == nil {
			url := database(t)
			targets = []string{url, url + "&application_name=other"}
		}
		first := idOf(t, targets[0])
		for _, target := range targets {
			if id := idOf(t, target); id != first {
				t.Errorf("%s has two ids: %s and %s", trail, first, id)
			}
		}
		if other, found := seen[first]; found {
			t.Errorf("%s has the id of %s", trail, other)
		}
		seen[first] = trail
	}
}
