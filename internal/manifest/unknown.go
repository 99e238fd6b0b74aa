package manifest

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// unknownKeys reports keys that no manifest has, each with the key that was probably meant.
func unknownKeys(manifest map[string]any) []schemas.Violation {
	root := manifestStructure().compiled
	violations := unknownIn(nil, manifest, "", slices.Sorted(maps.Keys(properties(root))))
	for name, block := range root.Properties {
		known := slices.Sorted(maps.Keys(properties(block)))
		if object, ok := manifest[name].(map[string]any); ok && len(known) > 0 { // else its type is the violation
			violations = unknownIn(violations, object, name, known)
		}
	}
	return violations
}

// unknownIn adds the unknown keys of a block to the violations, and stops where nothing more would be reported: a text
// made of nothing else costs no more memory than its size.
func unknownIn(violations []schemas.Violation, object map[string]any, at string, known []string) []schemas.Violation {
	for key := range object {
		if len(violations) > maxViolations {
			break
		}
		if !slices.Contains(known, key) {
			violations = append(violations, unknownKey(key, at, known))
		}
	}
	return violations
}

// properties returns what a block may hold, through references and alternative forms.
func properties(schema *jsonschema.Schema) map[string]*jsonschema.Schema {
	switch {
	case len(schema.Properties) > 0:
		return schema.Properties
	case schema.Ref != nil:
		return properties(schema.Ref)
	}
	for _, form := range slices.Concat(schema.OneOf, schema.AnyOf) {
		if p := properties(form); p != nil {
			return p
		}
	}
	return nil
}

func unknownKey(key, at string, known []string) schemas.Violation {
	v := schemas.Violation{Path: child(at, key), Code: schemas.CodeUnknownKey, Message: "is not a known key"}
	switch suggestion := suggest(key, known); {
	case isSecretName(key) || looksLikeSecret(key):
		v.Code, v.Message = schemas.CodeSecret, "no secret has a place in a manifest; use auth_credential_id"
	case suggestion != "":
		v.Message += didYouMean(suggestion)
	case at == "" && foreign[snake(key)] != "":
		v.Message += didYouMean(foreign[snake(key)])
	default:
		known = slices.DeleteFunc(slices.Clone(known), func(key string) bool { return key == "$schema" })
		v.Message += "; known here are " + strings.Join(known, ", ")
	}
	return v
}

// didYouMean ends a sentence with a suggestion, if there is one.
func didYouMean(suggestion string) string {
	if suggestion == "" {
		return ""
	}
	return "; did you mean " + suggestion + "?"
}

// foreign are keys that belong into a block, or that the gateway's own payload calls otherwise.
var foreign = map[string]string{
	"temperature": "parameters.temperature", "top_p": "parameters.top_p", "max_tokens": "parameters.max_tokens",
	"stop_sequences": "parameters.stop_sequences", "frequency_penalty": "parameters.frequency_penalty",
	"model": "probe.model", "deployment": "probe.deployment", "api_version": "probe.api_version",
	"rate_limits": "max_requests_per_minute and max_tokens_per_minute",
}

// suggest returns the known key that is nearest to what was written, or nothing if none is near. A key in camelCase is
// the same key in another spelling.
func suggest(key string, known []string) string { return words.Nearest(snake(key), known) }

// snake turns endpointUrl, endpoint-url and Endpoint URL into endpoint_url.
func snake(key string) string {
	var b strings.Builder
	var last rune
	for _, r := range key {
		switch {
		case r == '-' || r == ' ' || r == '.':
			r = '_'
		case unicode.IsUpper(r):
			if unicode.IsLower(last) || unicode.IsDigit(last) {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
		last = r
	}
	return b.String()
}
