package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"model-registrar/internal/manifest"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

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

// validManifests reads the manifests of files and folders, with this policy of approval if there is one. If anything is
// wrong with any, it says what.
func (a *app) validManifests(paths []string, approval string) ([]schemas.Manifest, error) {
	documents, problems := a.readManifests(paths)
	manifests := make([]schemas.Manifest, 0, len(documents))
	for _, d := range documents {
		if approval != "" {
			d.Manifest.Approval.Policy = schemas.ApprovalPolicy(approval)
		}
		if _, err := d.Manifest.Payload().Hash(); err != nil && len(d.Violations) == 0 {
			problems = append(problems, fmt.Errorf("%s: %w", place(d), err))
		}
		manifests = append(manifests, d.Manifest)
	}
	if err := interrupted(problems); err != nil {
		return nil, err
	}
	if n := complainAbout(a.err, documents, problems); n > 0 {
		return nil, misused("%s; nothing was started", counted(n, "problem"))
	}
	return manifests, nil
}

// interrupted is the interruption that ended a reading, if one did.
func interrupted(problems []error) error {
	if slices.ContainsFunc(problems, func(err error) bool { return errors.Is(err, context.Canceled) }) {
		return explained(context.Canceled)
	}
	return nil
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
func complainAbout(out *console.Printer, documents []manifest.Document, problems []error) int {
	n := len(problems)
	for _, err := range problems {
		out.Print(console.Text(said(err.Error())))
	}
	for _, d := range documents {
		n += len(d.Violations)
		for _, v := range d.Violations {
			out.Print(console.Text(said(v.In(d.File))))
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
