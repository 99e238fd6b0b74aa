package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"model-registrar/internal/manifest"
	"model-registrar/starter/console"
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

// readFile reads a file, or stdin for "-", within bounds.
func (a *app) readFile(name string) (label string, data []byte, err error) {
	label, r, err := a.open(name)
	if err != nil {
		return label, nil, err
	}
	defer r.Close()
	// One byte over the limit is enough for the parser to refuse the file.
	data, err = io.ReadAll(io.LimitReader(r, manifest.MaxFileBytes+1))
	if err != nil {
		return label, nil, unreadable(label, err)
	}
	return label, data, nil
}

func unreadable(label string, err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("%s: cannot be read: %w", label, err)
}

// readManifests reads every document of every file. It stops at nothing: what cannot be read or parsed is reported
// beside what can, so that one call shows all that is wrong.
func (a *app) readManifests(files []string) (documents []manifest.Document, problems []error) {
	for _, name := range files {
		label, data, err := a.readFile(name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		found, err := manifest.Parse(label, data)
		if err != nil {
			problems = append(problems, err)
		}
		documents = append(documents, found...)
	}
	return documents, problems
}

// complainAbout prints every violation with its place and returns how many there are.
func (a *app) complainAbout(documents []manifest.Document, problems []error) int {
	n := len(problems)
	for _, err := range problems {
		a.err.Print(console.Text(err.Error()))
	}
	for _, d := range documents {
		n += len(d.Violations)
		for _, v := range d.Violations {
			a.err.Print(console.Text(v.In(d.File)))
		}
	}
	return n
}

// place names a document in messages.
func place(d manifest.Document) string {
	if d.Index == 0 {
		return d.File
	}
	return fmt.Sprintf("%s (document %d)", d.File, d.Index+1)
}

// counted writes "1 problem" and "2 problems".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if stem, ok := strings.CutSuffix(what, "y"); ok {
		what = stem + "ie"
	}
	return fmt.Sprintf("%d %ss", n, what)
}
