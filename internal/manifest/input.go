package manifest

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"model-registrar/internal/people"
	"model-registrar/schemas"
)

// keysOf are the keys that the input of an operation may have beside manifest and requester.
var keysOf = map[string][]string{
	schemas.ChangeModelWorkflow: {"seen", "restore"},
	schemas.AdoptModelWorkflow:  {"seen"},
}

// ReadInput reads the input of an operation (its workflow type; empty is a registration), which any program may have
// sent, as strictly as a file: what a person would be told of a manifest, the sender is told too. The violations have
// paths within the manifest, but no places.
func ReadInput(operation string, raw []byte) (schemas.RegisterModelInput, []schemas.Violation) {
	t, broken := inputTree(raw)
	if broken != nil {
		return schemas.RegisterModelInput{}, []schemas.Violation{*broken}
	}
	object, ok := t.value.(map[string]any)
	if !ok {
		return schemas.RegisterModelInput{}, []schemas.Violation{{Code: schemas.CodeType,
			Message: `the input must be an object: {"manifest": {…}, "requester": "…"}`}}
	}
	violations := t.violations
	for i := range violations {
		violations[i].Path = strings.TrimPrefix(violations[i].Path, "manifest.")
		violations[i].Line, violations[i].Column = 0, 0
	}
	violations = unknownIn(violations, object, "", append([]string{"manifest", "requester"}, keysOf[operation]...))
	violations = append(violations, besideManifest(object)...)
	requester, problem := requesterOf(object["requester"])
	if problem != "" {
		violations = append(violations, schemas.Violation{Path: "requester", Code: schemas.CodeMissing,
			Message: problem})
	}
	if object["manifest"] == nil {
		violations = append(violations, schemas.Violation{Path: "manifest", Code: schemas.CodeMissing,
			Message: "is missing"})
		return schemas.RegisterModelInput{Requester: requester}, capViolations(violations)
	}
	d := Document{Violations: merge(violations, check(object["manifest"]))}
	d.decode(object["manifest"])
	sortViolations(d.Violations)
	return schemas.RegisterModelInput{Manifest: d.Manifest, Requester: requester}, capViolations(d.Violations)
}

// maxSeen bounds an id or a hash of what a plan saw, in characters.
const maxSeen = 300

// besideManifest says what is wrong with the keys of [keysOf]. A condition that cannot be read must not count as none.
func besideManifest(object map[string]any) (violations []schemas.Violation) {
	wrong := func(path, message string) {
		violations = append(violations, schemas.Violation{Path: path, Code: schemas.CodeType, Message: message})
	}
	if restore := object["restore"]; restore != nil && restore != true && restore != false {
		wrong("restore", "must be true or false")
	}
	seen, ok := object["seen"].(map[string]any)
	if object["seen"] != nil && !ok {
		wrong("seen", `must be what a plan saw: {"modelId": "…", "liveHash": "…", "ownedHash": "…"}`)
	}
	keys := []string{"modelId", "liveHash", "ownedHash"}
	violations = unknownIn(violations, seen, "seen", keys)
	for _, key := range keys {
		text, ok := seen[key].(string)
		if seen[key] != nil && (!ok || utf8.RuneCountInString(text) > maxSeen) {
			wrong("seen."+key, fmt.Sprintf("must be text of at most %d characters", maxSeen))
		}
	}
	return violations
}

// Lost names what a manifest says that a [schemas.Manifest] cannot hold, and that a program that decodes it would drop
// without a word: keys that are unknown or written twice. It is for manifests that arrive as parts of something else.
func Lost(raw []byte) []schemas.Violation {
	t, broken := inputTree(raw)
	if broken != nil {
		return []schemas.Violation{*broken}
	}
	object, _ := t.value.(map[string]any)
	return append(t.violations, unknownKeys(object)...)
}

// inputTree reads the one JSON value of an input.
func inputTree(raw []byte) (*tree, *schemas.Violation) {
	refuse := func(code, message string) (*tree, *schemas.Violation) {
		return nil, &schemas.Violation{Code: code, Message: message}
	}
	if len(raw) > schemas.MaxInputBytes {
		return refuse(schemas.CodeLength, fmt.Sprintf("the input has more than %d KiB; no field needs that much",
			schemas.MaxInputBytes>>10))
	}
	if !utf8.Valid(raw) {
		return refuse(schemas.CodeSyntax, "the input cannot be read: it is not UTF-8 text")
	}
	trees, err := readJSON(raw)
	var broken *ParseError
	switch {
	case errors.As(err, &broken):
		return refuse(schemas.CodeSyntax, "the input cannot be read: "+broken.Message)
	case err != nil || len(trees) != 1:
		return refuse(schemas.CodeSyntax, "the input must be one JSON object")
	}
	return trees[0], nil
}

func requesterOf(value any) (requester, problem string) {
	requester, ok := value.(string)
	switch {
	case value == nil:
		return "", "is missing; four eyes need to know who asks"
	case !ok:
		return "", "must be text"
	}
	if problem := people.RequesterProblem(requester); problem != "" {
		return "", problem
	}
	return requester, ""
}
