package genesys

import (
	"encoding/json"
	"strings"

	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

// Bounds of what is kept of an error body.
const (
	maxMessage = 300 // characters
	maxCode    = 100
	maxID      = 128
	maxFields  = 20
	maxNesting = 3
)

// correlationHeader names a call where an error body does not.
const correlationHeader = "ININ-Correlation-Id"

// ErrorBody is the platform's own account of a failure, cleaned: bounded, on one line, without secrets.
type ErrorBody struct {
	Code        string
	Message     string
	ContextID   string // the correlation id
	Permissions string // what a 403 says is missing
	Fields      []schemas.FieldDetail
}

// String returns the failure as a phrase for people.
func (b ErrorBody) String() string {
	s := b.Message
	switch {
	case s == "" && b.Code == "":
		s = "the platform gives no reason"
	case s == "":
		s = b.Code
	case b.Code != "":
		s += " (" + b.Code + ")"
	}
	if len(b.Fields) > 0 {
		s += "; fields: " + gateway.FieldList(b.Fields)
	}
	if b.ContextID != "" {
		s += " (correlation id " + b.ContextID + ")"
	}
	return s
}

// parseErrorBody reads an error body as far as it can be read: whatever is missing or of another type stays empty,
// because a failure that is reported badly is still a failure.
func parseErrorBody(raw []byte, r redactor) ErrorBody {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ErrorBody{}
	}
	return errorBodyOf(v, r)
}

func errorBodyOf(v any, r redactor) ErrorBody {
	m, _ := v.(map[string]any)
	text := func(key string, limit int) string { s, _ := m[key].(string); return r.clean(s, limit) }
	body := ErrorBody{
		Code:      text("code", maxCode),
		Message:   text("message", maxMessage),
		ContextID: text("contextId", maxID),
	}
	if body.Message == "" {
		body.Message = text("messageWithParams", maxMessage)
	}
	params, _ := m["messageParams"].(map[string]any)
	for _, key := range []string{"permissions", "permission", "scopes", "scope"} {
		if s := listText(params[key]); s != "" {
			body.Permissions = r.clean(s, maxMessage)
			break
		}
	}
	body.Fields = fieldsOf(m, r, 0, nil)
	return body
}

// listText returns a text, or the texts of a list separated by commas.
func listText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.Trim(v, "[]")
	case []any:
		var parts []string
		for _, one := range v {
			if s, ok := one.(string); ok {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, ", ")
	}
	return ""
}

// fieldsOf collects the field details of an error body and of the error bodies within it.
func fieldsOf(m map[string]any, r redactor, depth int, found []schemas.FieldDetail) []schemas.FieldDetail {
	details, _ := m["details"].([]any)
	for _, v := range details {
		d, _ := v.(map[string]any)
		field, _ := d["fieldName"].(string)
		if field == "" {
			field, _ = d["entityName"].(string)
		}
		code, _ := d["errorCode"].(string)
		if field != "" && len(found) < maxFields {
			found = append(found, schemas.FieldDetail{Field: r.clean(field, maxCode), Code: r.clean(code, maxCode)})
		}
	}
	nested, _ := m["errors"].([]any)
	for _, v := range nested {
		if inner, ok := v.(map[string]any); ok && depth < maxNesting && len(found) < maxFields {
			found = fieldsOf(inner, r, depth+1, found)
		}
	}
	return found
}
