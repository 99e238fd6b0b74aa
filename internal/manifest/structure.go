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
			violations = append(violations, schemas.Violation{Path: path, Code: schemas.CodeNumber,
				Message: "must be a finite number"})
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
		return append(violations, schemas.Violation{Code: schemas.CodeType,
			Message: fmt.Sprintf("cannot be written as JSON (%T)", err)})
	}
	if len(raw) > schemas.MaxInputBytes {
		return append(violations, schemas.Violation{Code: schemas.CodeLength,
			Message: "has more than 64 KiB; no field needs that much"})
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
		message := "a manifest is a block of keys, such as `name: my-model`"
		if _, list := value.([]any); list {
			message += "; this is a list: write its manifests one after another, in YAML with --- between them, in " +
				"JSON as in .jsonl"
		}
		return []schemas.Violation{{Code: schemas.CodeType, Message: message}}
	}
	violations := append(unknownKeys(object), emptyApproval(object)...)
	object = withoutNulls(object).(map[string]any)
	violations = merge(violations, applyRules(object))
	return merge(violations, manifestStructure().violations(object))
}

// emptyApproval reports an approval without a value, whole or in part: whoever writes the key means something by it,
// and its absence would mean that nobody is asked.
func emptyApproval(manifest map[string]any) (violations []schemas.Violation) {
	value, written := manifest["approval"]
	block, _ := value.(map[string]any)
	empty := func(path, what string) {
		violations = append(violations, schemas.Violation{Path: path, Code: schemas.CodeMissing,
			Message: "is empty; write " + what + ", or leave the key out"})
	}
	if written && (value == nil || block != nil && len(block) == 0) {
		empty("approval", "never, on_failure or always")
	}
	for _, key := range []string{"policy", "required", "timeout", "gate"} {
		if value, written := block[key]; written && value == nil {
			empty("approval."+key, "a value")
		}
	}
	return violations
}

// withoutNulls returns the tree without keys that have no value: `parameters:` alone on its line, and null, mean the
// same as leaving the key out, except in an approval. What could not be read goes too; it has a violation already.
// Lists keep their length.
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
	case keyword == "oneOf", keyword == "anyOf":
		return s.oneOf(finding, root)
	case keyword == "required":
		return missing(limit, at, instance(root, finding.InstanceLocation))
	case keyword == "additionalProperties", keyword == "minProperties":
		return nil // unknownKeys and emptyApproval have better sentences
	case len(finding.Causes) == 0:
		code, message := s.sentence(keyword, limit, finding)
		if wrong, _ := instance(root, finding.InstanceLocation).(string); keyword == "enum" && wrong != "" {
			message += didYouMean(suggest(wrong, allowed(limit)))
		}
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
	var meant []*jsonschema.ValidationError
	for _, cause := range finding.Causes {
		wanted := s.wrongType(cause, finding.InstanceLocation)
		if wanted == typeNames["null"] {
			continue // nobody writes a wrong null
		}
		meant = append(meant, cause)
		if wanted != "" {
			forms = append(forms, wanted)
			continue
		}
		violations = append(violations, s.collect(cause, root)...)
	}
	switch {
	case len(meant) == 1:
		return s.collect(meant[0], root)
	case len(forms) == len(meant):
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

// wantsText reports whether the field at a path is text and nothing else.
func (s structure) wantsText(path string) bool {
	field := s.plain
	for _, key := range strings.Split(path, ".") {
		properties, _ := field.(map[string]any)["properties"].(map[string]any)
		field = s.resolved(properties[key])
		if field == nil {
			return false
		}
	}
	return withoutNull(field.(map[string]any)["type"]) == "string"
}

// resolved follows a reference, also where null may stand in its place.
func (s structure) resolved(schema any) any {
	object, ok := schema.(map[string]any)
	if !ok {
		return nil
	}
	if forms, ok := object["anyOf"].([]any); ok {
		return s.resolved(forms[0])
	}
	if ref, ok := object["$ref"].(string); ok {
		return s.lookup(ref)
	}
	return object
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
