package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"model-registrar/schemas"
)

// spelling says in what the text of an entry is not spelled as a worker writes it: compact JSON whose texts have no
// escapes but those that they need, and whose keys are the contract's own. Readers of JSON differ about the rest: some
// take "Decision" for "decision", and a search for the one does not find "\u0064ecision".
func spelling(text []byte) error {
	var compact bytes.Buffer
	if json.Compact(&compact, text) != nil {
		return nil // it is no JSON, which is said elsewhere
	}
	if !bytes.Equal(compact.Bytes(), text) {
		return errors.New("it has space between its parts")
	}
	for rest := text; ; {
		start := bytes.IndexByte(rest, '"')
		if start < 0 {
			return nil
		}
		end := start + 1
		for rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		literal := rest[start : end+1]
		rest = rest[end+1:]
		var said string
		if err := json.Unmarshal(literal, &said); err != nil {
			return errors.New("a text of it cannot be read")
		}
		if own, err := json.Marshal(said); err != nil || !bytes.Equal(own, literal) {
			return fmt.Errorf("%q is written with escapes that it does not need", shown(said))
		}
		if len(rest) > 0 && rest[0] == ':' && !fieldNames()[said] && isFieldInOtherCase(said) {
			return fmt.Errorf("its key %q differs from the contract's in capitals", shown(said))
		}
	}
}

func isFieldInOtherCase(key string) bool {
	for name := range fieldNames() {
		if strings.EqualFold(name, key) {
			return true
		}
	}
	return false
}

// fieldNames are all keys that an entry can have, at any depth.
var fieldNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	addFields(names, reflect.TypeFor[schemas.AuditEntry]())
	return names
})

func addFields(names map[string]bool, t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for field := range t.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
			names[name] = true
		}
		addFields(names, field.Type)
	}
}
