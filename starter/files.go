package main

import (
	"errors"
	"fmt"
	"io"
	"os"

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

// readFile reads a file of at most limit bytes, or stdin for "-".
func (a *app) readFile(name string, limit int) (label string, data []byte, err error) {
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
