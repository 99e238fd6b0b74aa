package audit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// An audit trail names people and endpoints: the group may read it, others may not.
const (
	fileMode = 0o640
	lockMode = 0o600 // whoever can open the lock can hold it
	dirMode  = 0o750
)

// makeDir makes a directory and those above it, each of them durable: a new name survives a power cut only once the
// directory that holds it is synced.
func makeDir(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// errNoFile says that a trail is something that may be read without end, and keeps nothing.
var errNoFile = errors.New("it is a pipe or a device, and a trail is a file")

// openTrail opens the file for reading and writing, and makes it durably when it does not exist.
func openTrail(path string) (*os.File, error) {
	if is, err := os.Stat(path); err == nil && !is.Mode().IsRegular() && !is.IsDir() { // which cannot be opened so
		return nil, errNoFile
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode); err != nil {
		return nil, err
	}
	if err := errors.Join(file.Sync(), syncDir(filepath.Dir(path))); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// saveAside copies what follows offset into a new file beside the trail, durably, and returns that file's path. A file
// that could not be written whole does not stay: while a disk is full, each attempt to write would leave one.
func saveAside(trail *os.File, path string, offset int64, now time.Time) (string, error) {
	aside := path + ".torn-" + now.UTC().Format("20060102T150405.000000000Z")
	file, err := os.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(file, io.NewSectionReader(trail, offset, 1<<62))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(aside))
	}
	return aside, syncDir(filepath.Dir(path))
}
