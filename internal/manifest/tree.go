package manifest

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"unicode/utf8"

	"model-registrar/schemas"
)

// tree is one document as read, the same for YAML and JSON: maps with text keys, lists, text, float64, bool and nil.
type tree struct {
	value      any
	places     places
	violations []schemas.Violation // what is wrong with the way it is written
	refused    bool                // it uses a feature that is refused unread, so that value is nothing
}

// place is where something stands in a file, both counted from 1, the column in characters.
type place struct{ line, column int }

// places maps paths to places: of the key if there is one, since that is what a person looks for.
type places map[string]place

// locate returns where the path, or else the nearest thing that holds it, stands.
func (p places) locate(path string) place {
	for {
		if at, ok := p[path]; ok {
			return at
		}
		up, ok := parent(path)
		if !ok {
			return place{}
		}
		path = up
	}
}

// placeAt finds the place of a byte offset.
func placeAt(data []byte, offset int) place {
	before := data[:min(offset, len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return place{bytes.Count(before, []byte{'\n'}) + 1, utf8.RuneCount(before[start:]) + 1}
}

// complain records a violation of the way the document is written. The list is bounded while it grows, so that a
// document made of nothing but mistakes costs no more memory than its text.
func (t *tree) complain(path string, at place, code, message string) {
	if len(t.violations) <= maxViolations {
		t.violations = append(t.violations, schemas.Violation{
			Path: path, Line: at.line, Column: at.column, Code: code, Message: message})
	}
}

// key notes where a key stands, and returns the path of its value and whether it is new in its map.
func (t *tree) key(object map[string]any, path, key string, at place) (string, bool) {
	path = child(path, key)
	if _, twice := object[key]; twice {
		t.complain(path, at, schemas.CodeDuplicate, fmt.Sprintf("is written twice, first on line %d; keep one",
			t.places.locate(path).line))
		return path, false
	}
	t.places[path] = at
	return path, true
}

// plainNumber is what JSON and everybody's eyes take for the same decimal number. YAML has more: 0x10, 1_000, and 017,
// which is 15.
var plainNumber = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][-+]?[0-9]+)?$`)

// number reads a number's text. Beyond 2^53−1 an integer no longer survives JSON, and with it the payload's hash.
func (t *tree) number(path, text string) any {
	at := t.places.locate(path)
	value, err := strconv.ParseFloat(text, 64)
	switch {
	case !plainNumber.MatchString(text) && manifestStructure().wantsText(path):
		t.complain(path, at, schemas.CodeType, "must be text; put it in quotes")
	case !plainNumber.MatchString(text), err != nil && !math.IsInf(value, 0):
		t.complain(path, at, schemas.CodeNumber, "must be a plain decimal number such as 500 or 0.7")
	case math.Abs(value) > schemas.MaxInteger:
		t.complain(path, at, schemas.CodeNumber, "must be a number within ±9007199254740991 (2^53−1)")
	default:
		return value
	}
	return unreadable{}
}

// unreadable stands in a tree for a value that has a violation already.
type unreadable struct{}

func tooDeep(at place) error {
	return &ParseError{Line: at.line, Column: at.column, Kind: ErrTooDeep,
		Message: fmt.Sprintf("blocks and lists are nested more than %d deep; a manifest needs no more than 3",
			maxDepth)}
}

func documentTooLarge(at place) error {
	return &ParseError{Line: at.line, Column: at.column, Kind: ErrTooLarge,
		Message: "the manifest that begins here has more than 64 KiB; no field needs that much"}
}

func tooManyDocuments(at place) error {
	return &ParseError{Line: at.line, Column: at.column, Kind: ErrTooLarge,
		Message: fmt.Sprintf("the file has more than %d manifests; split it into several", MaxDocuments)}
}
