package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"model-registrar/schemas"
)

const manifestURN = "urn:model-registrar:manifest"

// structure is the manifest's schema twice: compiled for checking, and as plain JSON, which has the limits that go
// into sentences. The compiled form's own sentences hold values.
type structure struct {
	compiled *jsonschema.Schema
	plain    any
}

var manifestStructure = sync.OnceValue(func() structure {
	raw := schemas.ManifestSchema()
	s := structure{compiled: jsonschema.MustCompileString(manifestURN, string(raw))}
	if err := json.Unmarshal(raw, &s.plain); err != nil {
		panic(err) // it has just been compiled
	}
	return s
})

// Validate returns everything that is wrong with the manifest, and nothing if it may be registered. The violations
// have paths but no places; [Parse] gives both.
func Validate(m schemas.Manifest) []schemas.Violation {
	var violations []schemas.Violation
	finite := func(path string, f **float64) {
		if *f != nil && (math.IsNaN(**f) || math.IsInf(**f, 0)) {
			violations = append(violations, schemas.Violation{Path: path, Code: schemas.CodeNumber, Message: "must be a finite number"})
			*f = nil
		}
	}
	finite("parameters.temperature", &m.Parameters.Temperature)
	finite("parameters.top_p", &m.Parameters.TopP)
	finite("parameters.frequency_penalty", &m.Parameters.FrequencyPenalty)
	finite("probe.min_success", &m.Probe.MinSuccess)

	var value any
	raw, err := json.Marshal(m)
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(raw)).Decode(&value)
	}
	if err != nil { // cannot happen: all else in a manifest can be written as JSON
		return append(violations, schemas.Violation{Code: schemas.CodeType, Message: fmt.Sprintf("cannot be written as JSON (%T)", err)})
	}
	if len(raw) > schemas.MaxInputBytes {
		return append(violations, schemas.Violation{Code: schemas.CodeLength, Message: "has more than 64 KiB; no field needs that much"})
	}
	violations = merge(violations, check(value))
	sortViolations(violations)
	return capViolations(violations)
}

// check applies the rules and the schema to a manifest's tree. The rules go first: where both object, theirs is the
// better sentence.
func check(value any) []schemas.Violation {
	object, ok := value.(map[string]any)
	if !ok {
		return []schemas.Violation{{Code: schemas.CodeType, Message: "a manifest is a block of keys, such as `name: my-model`"}}
	}
	violations := unknownKeys(object)
	object = withoutNulls(object).(map[string]any)
	violations = merge(violations, applyRules(object))
	return merge(violations, manifestStructure().violations(object))
}

// withoutNulls returns the tree without keys that have no value: `parameters:` alone on its line, and null, mean the
// same as leaving the key out. What could not be read goes too; it has a violation already. Lists keep their length.
func withoutNulls(value any) any {
	switch v := value.(type) {
	case map[string]any:
		kept := make(map[string]any, len(v))
		for key, item := range v {
			if _, gone := item.(unreadable); !gone && item != nil {
				kept[key] = withoutNulls(item)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, item := range v {
			kept[i] = withoutNulls(item)
		}
		return kept
	case unreadable:
		return nil
	}
	return value
}

func (s structure) violations(value any) []schemas.Violation {
	err := s.compiled.Validate(value)
	if err == nil {
		return nil
	}
	root, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return []schemas.Violation{{Code: schemas.CodeType, Message: fmt.Sprintf("cannot be checked (%T)", err)}}
	}
	return s.collect(root, value)
}

// collect walks the validator's findings down to those that a person can act on.
func (s structure) collect(finding *jsonschema.ValidationError, root any) []schemas.Violation {
	keyword := path.Base(finding.AbsoluteKeywordLocation)
	limit := s.lookup(finding.AbsoluteKeywordLocation)
	at := instancePath(finding.InstanceLocation)
	switch {
	case keyword == "oneOf":
		return s.oneOf(finding, root)
	case keyword == "required":
		return missing(limit, at, instance(root, finding.InstanceLocation))
	case keyword == "additionalProperties":
		return nil // unknownKeys has better sentences
	case len(finding.Causes) == 0:
		code, message := s.sentence(keyword, limit, finding)
		return []schemas.Violation{{Path: at, Code: code, Message: message}}
	}
	var violations []schemas.Violation
	for _, cause := range finding.Causes {
		if len(violations) > maxViolations {
			break // no more would be reported
		}
		violations = append(violations, s.collect(cause, root)...)
	}
	return violations
}

// oneOf reports the form that was meant, the one whose type is right; if none is, the forms there are.
func (s structure) oneOf(finding *jsonschema.ValidationError, root any) []schemas.Violation {
	var violations []schemas.Violation
	var forms []string
	for _, cause := range finding.Causes {
		if wanted := s.wrongType(cause, finding.InstanceLocation); wanted != "" {
			forms = append(forms, wanted)
			continue
		}
		violations = append(violations, s.collect(cause, root)...)
	}
	if len(forms) == len(finding.Causes) {
		return []schemas.Violation{{Path: instancePath(finding.InstanceLocation), Code: schemas.CodeType,
			Message: "must be " + strings.Join(forms, ", or ")}}
	}
	return violations
}

// wrongType names the type that a form wants, if that is what the value at this location fails.
func (s structure) wrongType(finding *jsonschema.ValidationError, location string) string {
	if finding.InstanceLocation == location && path.Base(finding.AbsoluteKeywordLocation) == "type" {
		return typeName(s.lookup(finding.AbsoluteKeywordLocation))
	}
	for _, cause := range finding.Causes {
		if wanted := s.wrongType(cause, location); wanted != "" {
			return wanted
		}
	}
	return ""
}

func missing(required any, at string, value any) []schemas.Violation {
	object, _ := value.(map[string]any)
	var violations []schemas.Violation
	for _, name := range required.([]any) {
		if _, ok := object[name.(string)]; !ok {
			violations = append(violations, schemas.Violation{Path: child(at, name.(string)), Code: schemas.CodeMissing,
				Message: "is missing"})
		}
	}
	return violations
}

// lookup returns the part of the schema that a keyword's absolute location points at.
func (s structure) lookup(location string) any {
	_, pointer, _ := strings.Cut(location, "#")
	return instance(s.plain, pointer)
}

// instance follows a JSON pointer. Neither the schema nor what it lets through has keys that need escapes.
func instance(value any, pointer string) any {
	for _, step := range strings.Split(pointer, "/")[1:] {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		}
	}
	return value
}

// instancePath turns a JSON pointer into a violation's path.
func instancePath(pointer string) string {
	at := ""
	for _, step := range slices.DeleteFunc(strings.Split(pointer, "/"), func(s string) bool { return s == "" }) {
		if i, err := strconv.Atoi(step); err == nil {
			at = element(at, i)
		} else {
			at = child(at, step)
		}
	}
	return at
}
