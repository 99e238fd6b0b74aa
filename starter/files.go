package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"model-registrar/internal/bounded"
)

// stdinName stands for "-" in messages.
const stdinName = "stdin"

// open opens a file, or stdin for "-". The label is its name in messages.
func (a *app) open(name string) (label string, r io.ReadCloser, err error) {
	if name == "-" {
		return stdinName, io.NopCloser(a.in), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return name, nil, unreadable(name, err)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return name, nil, fmt.Errorf("%s: this is a folder; name the files in it", name)
	}
	return name, f, nil
}

// pipePatience is how long a pipe may say nothing before the starter says what it waits for.
const pipePatience = 2 * time.Second

// readFile reads a file of at most limit bytes, or stdin for "-". A pipe may never end, and one that nobody writes to
// cannot even be opened: then it says what it waits for, and an interruption ends that.
func (a *app) readFile(name string, limit int) (label string, data []byte, err error) {
	info, statErr := os.Stat(name)
	if isPipe := statErr == nil && info.Mode()&fs.ModeNamedPipe != 0; !isPipe && name != "-" {
		return a.readWhole(name, limit)
	}
	read := make(chan struct{})
	var whole struct {
		label string
		data  []byte
		err   error
	}
	go func() { // until the process ends, if it is interrupted
		defer close(read)
		whole.label, whole.data, whole.err = a.readWhole(name, limit)
	}()
	patience := time.NewTimer(pipePatience)
	defer patience.Stop()
	for {
		select {
		case <-read:
			return whole.label, whole.data, whole.err
		case <-patience.C:
			if name != "-" {
				a.err.Alertf("Waiting for somebody to write to %s, which is a pipe, and to close it.", name)
			}
		case <-a.stopped:
			return name, nil, context.Canceled
		}
	}
}

func (a *app) readWhole(name string, limit int) (label string, data []byte, err error) {
	label, r, err := a.open(name)
	if err != nil {
		return label, nil, err
	}
	defer r.Close()
	data, err = bounded.All(r, limit)
	if err != nil {
		return label, nil, unreadable(label, err)
	}
	return label, data, nil
}

func unreadable(label string, err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		err = path.Err
	}
	if large, ok := errors.AsType[*bounded.TooLarge](err); ok {
		return fmt.Errorf("%s: the file has more than %d MiB; split it into several", label, large.Limit>>20)
	}
	return fmt.Errorf("%s: cannot be read: %w", label, err)
}
