package manifest

import (
	"fmt"
	"path"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"model-registrar/schemas"
)

// sentence says what a value should have been, from the schema's keyword and its limit.
func (s structure) sentence(keyword string, limit any, finding *jsonschema.ValidationError) (code, message string) {
	schema, _ := s.lookup(path.Dir(finding.AbsoluteKeywordLocation)).(map[string]any)
	switch keyword {
	case "type":
		limit = withoutNull(limit)
		return schemas.CodeType, "must be " + typeName(limit) + typeHint(limit, finding.Message)
	case "enum":
		return schemas.CodeEnum, "must be one of " + list(limit)
	case "minimum", "maximum":
		return schemas.CodeRange, "must be " + bounds(schema)
	case "minLength", "minItems":
		if limit == 1.0 {
			return schemas.CodeLength, "must not be empty"
		}
		return schemas.CodeLength, fmt.Sprintf("must have at least %v %s", limit, unit(keyword))
	case "maxLength", "maxItems":
		return schemas.CodeLength, fmt.Sprintf("must have at most %v %s", limit, unit(keyword))
	case "pattern", "not":
		if sentence, ok := patternSentences[instancePath(finding.InstanceLocation)]; ok {
			return schemas.CodePattern, sentence
		}
	}
	return schemas.CodePattern, "is not in its right form"
}

// patternSentences says in words what a field's pattern wants.
var patternSentences = map[string]string{
	"name": "must begin and end with a visible character and hold no control characters",
	"auth_credential_id": "must begin with a letter or digit and hold only letters, digits and . _ : / - " +
		"because it is a reference to a credential, not the credential",
	"job_timeout":      durationSentence,
	"probe.timeout":    durationSentence,
	"approval.timeout": durationSentence,
	"monitor.every":    durationSentence,
}

const durationSentence = "must be a time span such as 90s, 5m or 1h30m"

var typeNames = map[any]string{
	"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
	"object": "a block of keys", "array": "a list",
	"null": "nothing",
}

// withoutNull returns the one type of a list of it and null.
func withoutNull(limit any) any {
	if types, ok := limit.([]any); ok && len(types) == 2 && types[1] == "null" {
		return types[0]
	}
	return limit
}

func typeName(limit any) string {
	limit = withoutNull(limit)
	if name, ok := typeNames[limit]; ok {
		return name
	}
	return fmt.Sprint(limit)
}

// typeHint says what to do about the two mistakes that YAML makes easy. The validator's message ends in the type that
// it found.
func typeHint(limit any, found string) string {
	switch {
	case limit == "string" && (strings.HasSuffix(found, "number") || strings.HasSuffix(found, "boolean")):
		return "; put it in quotes"
	case (limit == "number" || limit == "integer" || limit == "boolean") && strings.HasSuffix(found, "string"):
		return ", without quotes"
	}
	return ""
}

func list(limit any) string { return strings.Join(allowed(limit), ", ") }

// allowed lists the values of an enum, without null.
func allowed(limit any) (words []string) {
	values, _ := limit.([]any)
	for _, v := range values {
		if word, ok := v.(string); ok {
			words = append(words, word)
		}
	}
	return words
}

func bounds(schema map[string]any) string {
	least, hasLeast := schema["minimum"].(float64)
	most, hasMost := schema["maximum"].(float64)
	switch {
	case hasLeast && hasMost:
		return "between " + plain(least) + " and " + plain(most)
	case hasLeast:
		return "at least " + plain(least)
	}
	return "at most " + plain(most)
}

func unit(keyword string) string {
	if strings.HasSuffix(keyword, "Items") {
		return "entries"
	}
	return "characters"
}
