package probe

import (
	"net/http"
)

// cohere is the v2 chat protocol.
type cohere struct{}

func (cohere) header(shape) (name, scheme string) { return "Authorization", "Bearer" }

func (cohere) prepare(http.Header, shape) {}

func (cohere) names() names {
	return names{limits: []string{"max_tokens"}, topP: "p", stop: "stop_sequences",
		frequencyPenalty: "frequency_penalty"}
}

func (a cohere) body(p prompt) map[string]any {
	return p.asked(map[string]any{"model": p.model, "messages": messages()}, a.names())
}

// read reads an answer or an event of one. Types of events that are not known add nothing.
func (cohere) read(doc node) (piece, bool) {
	said, delta := doc.at("message"), doc.at("delta")
	_, isText := said.value.(string)
	switch kind := doc.at("type").text(); {
	case kind == "message-end":
		p := spoken(delta.at("message"), delta.at("finish_reason").text())
		p.tokens, p.last, p.failed = cohereTokens(delta.at("usage").or(doc.at("usage"))), true, delta.at("error")
		return p, true
	case kind == "message-start", kind == "content-start", kind == "content-delta", kind == "" && !delta.absent():
		p := spoken(delta.at("message").or(said).or(delta), delta.at("finish_reason").text())
		p.failed = delta.at("error")
		return p, true
	case !said.absent() && !isText && (said.has("content") || said.has("tool_calls") || said.has("role")):
		p := spoken(said, doc.at("finish_reason").text())
		p.tokens, p.whole = cohereTokens(doc.at("usage")), true
		return p, true
	case kind == "content-end", kind == "tool-plan-delta", kind == "citation-start", kind == "citation-end":
		return piece{}, true
	}
	return piece{}, false
}

func cohereTokens(usage node) int {
	return max(usage.at("tokens", "output_tokens").count(), usage.at("billed_units", "output_tokens").count())
}
