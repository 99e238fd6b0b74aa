package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"model-registrar/internal/bounded"
	"model-registrar/internal/manifest"
	"model-registrar/schemas"
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

// readManifests reads every document of every file that the paths stand for. It stops at nothing: what cannot be read
// or parsed is reported beside what can, so that one call shows all that is wrong.
func (a *app) readManifests(paths []string) (documents []manifest.Document, problems []error) {
	files, problems := manifestFiles(paths)
	found, wrong := make([][]manifest.Document, len(files)), make([][]error, len(files))
	// to check ten thousand manifests takes seconds of CPU time
	slots := make(chan struct{}, min(runtime.GOMAXPROCS(0), 8))
	var group sync.WaitGroup
	for i, name := range files {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			label, data, err := a.readFile(name, maxFleetFile)
			if err != nil {
				wrong[i] = []error{err}
				return
			}
			found[i], wrong[i] = parseInPieces(label, data)
		})
	}
	group.Wait()
	documents, problems = slices.Concat(found...), append(problems, slices.Concat(wrong...)...)
	refuseRepeatedNames(documents)
	return documents, problems
}

// refuseRepeatedNames makes a violation of a name that another document has: which of the two is meant, nobody knows.
func refuseRepeatedNames(documents []manifest.Document) {
	seen := map[string]string{}
	for i := range documents {
		d := &documents[i]
		line, column := d.Position("name")
		other, taken := seen[d.Manifest.Name]
		switch {
		case d.Manifest.Name == "":
		case taken:
			d.Violations = append(d.Violations, schemas.Violation{Path: "name", Line: line, Column: column,
				Code: schemas.CodeTaken, Message: fmt.Sprintf("%q is taken by %s already", d.Manifest.Name, other)})
		default:
			seen[d.Manifest.Name] = fmt.Sprintf("%s:%d:%d", d.File, line, column)
		}
	}
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
