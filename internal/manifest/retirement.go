package manifest

import (
	"strings"

	"model-registrar/schemas"
)

// ReadRetirement says what is wrong with the input of a retirement, which any program may have sent. A key that is
// dropped without a word could be the one that asks for an approval, or for the model to be kept. Its requester, and
// whether there is such a model, are for others to judge.
func ReadRetirement(raw []byte) []schemas.Violation {
	t, broken := inputTree(raw)
	if broken != nil {
		return []schemas.Violation{*broken}
	}
	object, ok := t.value.(map[string]any)
	if !ok {
		return []schemas.Violation{{Code: schemas.CodeType,
			Message: `the input must be an object: {"name": "…", "requester": "…", "reason": "…"}`}}
	}
	violations := t.violations
	for i := range violations {
		violations[i].Line, violations[i].Column = 0, 0
	}
	violations = unknownIn(violations, object, "",
		[]string{"name", "requester", "reason", "keep", "modelId", "approval", "seen"})
	for _, key := range []string{"name", "requester", "reason", "modelId"} {
		if _, text := object[key].(string); object[key] != nil && !text {
			violations = append(violations,
				schemas.Violation{Path: key, Code: schemas.CodeType, Message: "must be text"})
		}
	}
	if keep := object["keep"]; keep != nil && keep != true && keep != false {
		violations = append(violations, schemas.Violation{Path: "keep", Code: schemas.CodeType,
			Message: "must be true or false"})
	}
	violations = append(append(violations, besideManifest(object)...), approvalAlone(object)...)
	sortViolations(violations)
	return capViolations(violations)
}

// approvalAlone applies a manifest's rules to its block approval.
func approvalAlone(object map[string]any) (violations []schemas.Violation) {
	value, written := object["approval"]
	if !written {
		return nil
	}
	for _, v := range check(map[string]any{"approval": value}) {
		if v.Path == "approval" || strings.HasPrefix(v.Path, "approval.") {
			violations = append(violations, v)
		}
	}
	return violations
}
