package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"model-registrar/schemas"
)

// Bounds of what [Parse] reads. A manifest is hardly ever more than 2 KiB.
const (
	MaxFileBytes     = 1 << 20
	MaxDocumentBytes = 64 << 10
	MaxDocuments     = 10_000 // in one file
	maxDepth         = 32     // of nested blocks and lists
)

// What a [ParseError] can be, for errors.Is.
var (
	ErrTooLarge    = errors.New("too large")
	ErrNotUTF8     = errors.New("not UTF-8")
	ErrNoManifest  = errors.New("no manifest")
	ErrTooDeep     = errors.New("nested too deeply")
	ErrBrokenInput = errors.New("broken YAML or JSON")
)

// ParseError says why a file cannot be read as manifests at all. Line and Column are 0 when the whole file is meant.
type ParseError struct {
	File         string
	Line, Column int
	Message      string
	Kind         error // one of the errors above
}

// Error returns "file:line:column: message".
func (e *ParseError) Error() string {
	return schemas.Violation{Line: e.Line, Column: e.Column, Message: e.Message}.In(e.File)
}

// Unwrap returns the kind.
func (e *ParseError) Unwrap() error { return e.Kind }

// Document is one manifest of a file, and what is wrong with it. Its manifest may be used only if nothing is; otherwise
// it holds what could be read, for messages.
type Document struct {
	File       string              `json:"file"`
	Index      int                 `json:"index"` // within the file, from 0
	Manifest   schemas.Manifest    `json:"manifest"`
	Violations []schemas.Violation `json:"violations,omitempty"` // in the order of the file

	places places
	above  int // lines of the file before what was parsed
}

// Position returns where a field stands in the file, or what holds it if the field is not written.
func (d Document) Position(path string) (line, column int) {
	p := d.places.locate(path)
	if p.line > 0 {
		p.line += d.above
	}
	return p.line, p.column
}

// Shift says that the document stands so many lines further down, for one that was parsed from a part of its file.
func (d *Document) Shift(lines int) {
	for i := range d.Violations {
		if d.Violations[i].Line > 0 {
			d.Violations[i].Line += lines
		}
	}
	d.above += lines
}

// Parse reads the manifests in data: YAML documents separated by ---, or JSON values one after another, as in
// .jsonl. The file's name is used in messages, and its extension tells YAML from JSON; without a known extension the
// text tells. What can be read but is not right is in the documents' violations; the error is a [*ParseError].
func Parse(file string, data []byte) ([]Document, error) {
	docs, err := parseManifests(file, data)
	if err != nil {
		var broken *ParseError
		if errors.As(err, &broken) {
			broken.File = file
		}
		return nil, err
	}
	return docs, nil
}

func parseManifests(file string, data []byte) ([]Document, error) {
	if len(data) > MaxFileBytes {
		return nil, &ParseError{Kind: ErrTooLarge,
			Message: "the file has more than 1 MiB; split it into several"}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, notUTF8(data)
	}
	read := readYAML
	if isJSON(file, data) {
		read = readJSON
	}
	trees, err := read(data)
	if err != nil {
		return nil, err
	}
	if len(trees) == 0 {
		return nil, &ParseError{Kind: ErrNoManifest, Message: "the file holds no manifest; write one, " +
			"beginning with a line such as `name: my-model`"}
	}
	docs := make([]Document, len(trees))
	for i, t := range trees {
		docs[i] = t.document(file, i)
	}
	return docs, nil
}

// isJSON tells JSON from YAML: by the file's extension, and without a known one by the text. Text that begins like
// `{"` is read as JSON because YAML allows no tabs in it.
func isJSON(file string, data []byte) bool {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".json", ".jsonl", ".ndjson":
		return true
	case ".yaml", ".yml":
		return false
	}
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return ok && (bytes.HasPrefix(rest, []byte(`"`)) || bytes.HasPrefix(rest, []byte(`}`)))
}

func notUTF8(data []byte) error {
	good := 0
	for good < len(data) {
		r, size := utf8.DecodeRune(data[good:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		good += size
	}
	p := placeAt(data, good)
	return &ParseError{Line: p.line, Column: p.column, Kind: ErrNotUTF8,
		Message: "the file is not UTF-8 text from here on; save it as UTF-8"}
}

// document checks a tree and turns it into a manifest.
func (t *tree) document(file string, index int) Document {
	d := Document{File: file, Index: index, places: t.places, Violations: t.violations}
	if !t.refused {
		d.Violations = merge(d.Violations, check(t.value))
		d.decode(t.value)
	}
	for i := range d.Violations {
		if v := &d.Violations[i]; v.Line == 0 {
			v.Line, v.Column = d.Position(v.Path)
		}
	}
	sortViolations(d.Violations)
	d.Violations = capViolations(d.Violations)
	return d
}

// decode fills the manifest with the top-level fields that have no violation.
func (d *Document) decode(value any) {
	object, ok := value.(map[string]any)
	if !ok {
		return
	}
	sound := make(map[string]any, len(object))
	for key, v := range object {
		if v != nil && !d.violates(key) {
			sound[key] = v
		}
	}
	raw, err := json.Marshal(withoutNulls(sound))
	if err == nil {
		err = json.Unmarshal(raw, &d.Manifest)
	}
	if err != nil { // cannot happen: what the schema and the rules let through, the types can hold
		d.Violations = append(d.Violations, schemas.Violation{Code: schemas.CodeType,
			Message: fmt.Sprintf("cannot be read as a manifest (%T)", err)})
	}
}

// violates reports whether a top-level field, or anything in it, has a violation.
func (d *Document) violates(key string) bool {
	path := child("", key)
	for _, v := range d.Violations {
		rest, ok := strings.CutPrefix(v.Path, path)
		if ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}
