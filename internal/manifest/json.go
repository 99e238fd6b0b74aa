package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// readJSON reads one or several JSON values. It goes by tokens because only they tell where everything stands and
// whether a key is written twice.
func readJSON(data []byte) ([]*tree, error) {
	r := &jsonReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	var trees []*tree
	for {
		r.start = r.next()
		if r.start == len(data) {
			return trees, nil
		}
		if len(trees) == MaxDocuments {
			return nil, tooManyDocuments(r.place())
		}
		r.tree = &tree{places: places{"": r.place()}}
		value, err := r.value("", 0)
		if err != nil {
			return nil, err
		}
		r.tree.value = value
		trees = append(trees, r.tree)
	}
}

type jsonReader struct {
	data    []byte
	decoder *json.Decoder
	tree    *tree
	start   int // where the document begins, in bytes

	// Where the last place was. Places are asked for in order, so no byte is looked at twice.
	counted, line, column int
}

// next returns the offset of the next token.
func (r *jsonReader) next() int {
	offset := int(r.decoder.InputOffset())
	for offset < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[offset]) >= 0 {
		offset++
	}
	return offset
}

// place returns the place of the next token.
func (r *jsonReader) place() place {
	for offset := r.next(); r.counted < offset; r.counted++ {
		switch b := r.data[r.counted]; {
		case b == '\n':
			r.line, r.column = r.line+1, 0
		case utf8.RuneStart(b):
			r.column++
		}
	}
	return place{r.line + 1, r.column + 1}
}

// token returns the next token.
func (r *jsonReader) token() (json.Token, error) {
	at := r.place()
	token, err := r.decoder.Token()
	if int(r.decoder.InputOffset())-r.start > MaxDocumentBytes {
		return nil, documentTooLarge(placeAt(r.data, r.start))
	}
	return token, r.broken(at, err)
}

// broken turns a decoder's error into one that people can use. The decoder's own sentence is kept only for syntax: it
// names a character at most.
func (r *jsonReader) broken(at place, err error) error {
	if err == nil {
		return nil
	}
	message := "the JSON is broken here"
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		message = "the JSON ends in the middle of a value; a bracket, brace or quote is missing"
	case errors.As(err, &syntax):
		message += ": " + syntax.Error()
		if strings.Contains(message, "character '/'") || strings.Contains(message, "character '#'") {
			message += "; JSON has no comments: remove them, or write the manifest in YAML, where they begin with #"
		}
	}
	return &ParseError{Line: at.line, Column: at.column, Kind: ErrBrokenInput, Message: message}
}

func (r *jsonReader) value(path string, depth int) (any, error) {
	at := r.place()
	token, err := r.token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case json.Number:
		return r.tree.number(path, v.String()), nil
	case json.Delim:
		if depth == maxDepth {
			return nil, tooDeep(at)
		}
		if v == '[' {
			return r.list(path, depth+1)
		}
		return r.object(path, depth+1)
	}
	return token, nil
}

func (r *jsonReader) list(path string, depth int) (any, error) {
	values := []any{}
	for r.decoder.More() {
		at, item := r.place(), element(path, len(values))
		r.tree.places[item] = at
		v, err := r.value(item, depth)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	_, err := r.token() // the closing bracket
	return values, err
}

func (r *jsonReader) object(path string, depth int) (any, error) {
	object := map[string]any{}
	for r.decoder.More() {
		at := r.place()
		token, err := r.token()
		if err != nil {
			return nil, err
		}
		key := token.(string) // the decoder gives nothing else before a colon
		field, first := r.tree.key(object, path, key, at)
		if !first {
			if err := r.skip(); err != nil {
				return nil, err
			}
			continue
		}
		if object[key], err = r.value(field, depth); err != nil {
			return nil, err
		}
	}
	_, err := r.token() // the closing brace
	return object, err
}

// skip reads over a value.
func (r *jsonReader) skip() error {
	at := r.place()
	var ignored json.RawMessage
	return r.broken(at, r.decoder.Decode(&ignored))
}
