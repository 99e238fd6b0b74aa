package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"unicode/utf8"
)

// fields are the members of one JSON object, undecoded.
type fields map[string]json.RawMessage

// parseObject reads exactly one JSON object: names spelled once, nothing after it, UTF-8 throughout.
// encoding/json alone would forgive all three, and names in the wrong case.
func parseObject(raw []byte) (fields, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("the body is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	open, err := dec.Token()
	if err != nil {
		return nil, errors.New("the body is not JSON")
	}
	if open != json.Delim('{') {
		return nil, errors.New("the body is not a JSON object")
	}
	members := fields{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, errors.New("the body is not JSON")
		}
		name, _ := key.(string) // a member's name is a string, or Token has failed
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, errors.New("the body is not JSON")
		}
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("the member %q appears twice", name)
		}
		members[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, errors.New("the body is not JSON")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the JSON object")
	}
	return members, nil
}

// isJSON is whether a Content-Type header announces JSON in UTF-8.
func isJSON(contentType string) bool {
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil || mediaType != "application/json" {
		return false
	}
	for key, value := range params {
		if key != "charset" || (value != "utf-8" && value != "UTF-8") {
			return false
		}
	}
	return true
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// text decodes a JSON string.
func text(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// number decodes a JSON number.
func number(raw json.RawMessage) (float64, bool) {
	if len(raw) == 0 || (raw[0] != '-' && (raw[0] < '0' || raw[0] > '9')) {
		return 0, false
	}
	var n float64
	err := json.Unmarshal(raw, &n)
	return n, err == nil
}

// integer decodes a JSON number written as an integer.
func integer(raw json.RawMessage) (int64, bool) {
	if _, ok := number(raw); !ok {
		return 0, false
	}
	var n int64
	err := json.Unmarshal(raw, &n)
	return n, err == nil
}
