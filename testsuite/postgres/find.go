package postgres

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

var errNoPostgres = errors.New("there is no PostgreSQL server on this machine, and this test needs one: install the " +
	"package postgresql (Debian: apt-get install postgresql), or put the folder of its initdb and postgres into PATH")

// debian is where Debian puts the programs of each version.
const debian = "/usr/lib/postgresql/*/bin"

// find returns the folder with the server's programs: one in path, or else the newest version's of those that the
// pattern finds.
func find(path, pattern string) (string, error) {
	folders := filepath.SplitList(path)
	packaged, _ := filepath.Glob(pattern) // fails for a bad pattern alone
	major := func(dir string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		return n
	}
	slices.SortFunc(packaged, func(a, b string) int { return major(b) - major(a) })
	for _, dir := range append(folders, packaged...) {
		if complete(dir) {
			return dir, nil
		}
	}
	return "", errNoPostgres
}

// complete reports whether a folder holds what is needed.
func complete(dir string) bool {
	if !filepath.IsAbs(dir) {
		return false
	}
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// unprivileged is whom the server runs as where we are root, since it refuses to run as root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err, gidErr); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody to " +
		"run it as")
}
