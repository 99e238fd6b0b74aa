package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// chatReader checks the members of a chat request and keeps the first thing that is wrong, as providers do.
type chatReader struct {
	members fields
	refusal *refusal
}

func (r *chatReader) wrong(param, message string) { r.wrongCode(param, "", message) }

func (r *chatReader) wrongCode(param, code, message string) {
	if r.refusal == nil {
		r.refusal = &refusal{
			status: http.StatusBadRequest, kind: "invalid_request_error", code: code, param: param, message: message,
		}
	}
}

// readChat parses a request's body.
func readChat(c *call) *chatReader {
	r := &chatReader{}
	members, err := parseObject(c.body)
	if err != nil {
		r.wrong("", "We could not parse the JSON body of your request: "+err.Error()+".")
	}
	r.members = members
	return r
}

// present is the member when it was sent and is not null.
func (r *chatReader) present(name string) (json.RawMessage, bool) {
	raw, ok := r.members[name]
	return raw, ok && !isNull(raw)
}

func (r *chatReader) boolean(name string) bool {
	raw, ok := r.present(name)
	if ok && string(raw) != "true" && string(raw) != "false" {
		r.wrong(name, fmt.Sprintf("Invalid type for '%s': expected a boolean.", name))
	}
	return string(raw) == "true"
}

func (r *chatReader) float(name string, least, most float64) {
	raw, ok := r.present(name)
	if !ok {
		return
	}
	if n, isNumber := number(raw); !isNumber {
		r.wrong(name, fmt.Sprintf("Invalid type for '%s': expected a number.", name))
	} else if n < least || n > most {
		r.wrong(name, fmt.Sprintf("Invalid '%s': expected a value from %g to %g.", name, least, most))
	}
}

// positive reads an integer of at least 1, and is 0 when there is none.
func (r *chatReader) positive(name string) int64 {
	raw, ok := r.present(name)
	if !ok {
		return 0
	}
	n, isInteger := integer(raw)
	if !isInteger || n < 1 {
		r.wrong(name, fmt.Sprintf("Invalid '%s': expected an integer of at least 1.", name))
	}
	return n
}

// stop reads stop sequences: a list of strings, or a single string where that is allowed.
func (r *chatReader) stop(name string, single bool) {
	raw, ok := r.present(name)
	if !ok {
		return
	}
	if _, isText := text(raw); isText && single {
		return
	}
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		r.wrong(name, fmt.Sprintf("Invalid type for '%s'.", name))
	}
}

// known refuses members that the API does not document, the first in the order of their names.
func (r *chatReader) known(names ...string) {
	for _, name := range slices.Sorted(maps.Keys(r.members)) {
		if !slices.Contains(names, name) {
			r.wrongCode(name, "unknown_parameter", fmt.Sprintf("Unknown parameter: '%s'.", name))
		}
	}
}

// model reads the model's name, which is required.
func (r *chatReader) model() string {
	name, _ := text(r.members["model"])
	if name == "" {
		r.wrong("model", "You must provide a model parameter.")
	}
	return name
}

// messages checks the conversation: not empty, known roles, some content, nothing else but the extra member.
func (r *chatReader) messages(extra string, roles ...string) {
	raw, ok := r.members["messages"]
	var list []json.RawMessage
	if !ok || json.Unmarshal(raw, &list) != nil || len(list) == 0 {
		r.wrong("messages", "'messages' must be a list of at least one message.")
		return
	}
	for i, item := range list {
		r.message(fmt.Sprintf("messages[%d]", i), item, extra, roles)
	}
}

func (r *chatReader) message(place string, item json.RawMessage, extra string, roles []string) {
	message, err := parseObject(item)
	if err != nil {
		r.wrong(place, fmt.Sprintf("Invalid type for '%s': expected an object.", place))
		return
	}
	for name := range message {
		if name != "role" && name != "content" && name != extra {
			r.wrong(place+"."+name, fmt.Sprintf("Unknown parameter: '%s.%s'.", place, name))
		}
	}
	if role, _ := text(message["role"]); !slices.Contains(roles, role) {
		r.wrong(place+".role", fmt.Sprintf("Invalid value for '%s.role'.", place))
	}
	if !hasContent(message["content"]) {
		r.wrong(place+".content", fmt.Sprintf("Invalid value for '%s.content': expected text.", place))
	}
}

// hasContent takes a text or a list of text parts, not empty.
func hasContent(raw json.RawMessage) bool {
	if s, ok := text(raw); ok {
		return s != ""
	}
	var parts []struct {
		Type string  `json:"type"`
		Text *string `json:"text"`
	}
	if json.Unmarshal(raw, &parts) != nil || len(parts) == 0 {
		return false
	}
	for _, part := range parts {
		if part.Type != "text" || part.Text == nil {
			return false
		}
	}
	return true
}
