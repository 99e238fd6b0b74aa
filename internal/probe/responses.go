package probe

import (
	"cmp"
	"strings"
)

// responses is OpenAI's newer protocol, for models that speak only that.
type responses struct{ openAI }

func (responses) names() names {
	return names{limits: []string{"max_output_tokens"}, topP: "top_p", stop: "stop",
		frequencyPenalty: "frequency_penalty"}
}

func (a responses) body(p prompt) map[string]any {
	return p.asked(map[string]any{"model": p.model, "input": messages()}, a.names())
}

// read reads a response or an event of one.
func (responses) read(doc node) (piece, bool) {
	kind := doc.at("type").text()
	switch {
	case kind == "" && (doc.has("output") || doc.has("output_text")):
		return response(doc), true
	case strings.HasSuffix(kind, "output_text.delta"):
		var c content
		c.add(doc.at("delta"))
		return c.piece(""), true
	case strings.HasPrefix(kind, "response.reasoning") && strings.HasSuffix(kind, ".delta"):
		var c content
		c.think(doc.at("delta"))
		return c.piece(""), true
	case strings.HasSuffix(kind, "refusal.delta"):
		return piece{finish: "refusal"}, true
	case kind == "response.completed", kind == "response.incomplete", kind == "response.done":
		p := response(doc.at("response"))
		p.whole, p.last = true, true
		return p, true
	case kind == "response.failed":
		return piece{finish: "error", last: true, failed: doc.at("response", "error")}, true
	}
	return piece{}, strings.HasPrefix(kind, "response.")
}

// response reads a whole response: what its messages say, and its reasoning.
func response(doc node) piece {
	var c content
	for _, item := range doc.at("output").list() {
		switch item.at("type").text() {
		case "message", "":
			c.add(item.at("content"))
		case "reasoning":
			c.think(item.at("summary").or(item.at("content")))
		}
	}
	if c.visible.Len() == 0 {
		c.add(doc.at("output_text"))
	}
	finish := cmp.Or(doc.at("incomplete_details", "reason").text(), doc.at("status").text())
	p := c.piece(finish)
	p.whole, p.tokens, p.failed = true, doc.at("usage", "output_tokens").count(), doc.at("error")
	return p
}
