package probe

import (
	"net/http"
)

// The generations of Anthropic's API. Since the second, the token is a bearer token and there is no temperature.
const (
	anthropicFirst  = "2023-06-01"
	anthropicSecond = "2026-10-21"
)

// anthropic is the messages protocol, in both generations.
type anthropic struct{}

func (anthropic) header(s shape) (name, scheme string) {
	if s.version >= anthropicSecond {
		return "Authorization", "Bearer"
	}
	return "x-api-key", ""
}

func (anthropic) prepare(h http.Header, s shape) { h.Set("anthropic-version", s.version) }

func (anthropic) names() names {
	return names{limits: []string{"max_tokens"}, needsLimit: true, topP: "top_p", stop: "stop_sequences"}
}

func (a anthropic) body(p prompt) map[string]any {
	p.shape.noTemperature = p.shape.noTemperature || p.shape.version >= anthropicSecond
	p.shape.limit = 0
	return p.asked(map[string]any{"model": p.model, "messages": messages()}, a.names())
}

// read reads a message or an event of one. New event types may come at any time, says the protocol.
func (anthropic) read(doc node) (piece, bool) {
	var c content
	switch doc.at("type").text() {
	case "message_start":
		c.add(doc.at("message", "content"))
		return counted(c.piece(""), doc.at("message")), true
	case "content_block_start":
		c.add(doc.at("content_block"))
		return c.piece(""), true
	case "content_block_delta":
		c.add(doc.at("delta"))
		return c.piece(""), true
	case "message_delta":
		return counted(piece{finish: doc.at("delta", "stop_reason").text()}, doc), true
	case "message_stop":
		return piece{last: true}, true
	case "ping", "content_block_stop":
		return piece{}, true
	case "", "message", "completion":
		if doc.has("content") {
			c.add(doc.at("content"))
			p := counted(c.piece(doc.at("stop_reason").text()), doc)
			p.whole = true
			return p, true
		}
		if doc.at("message").has("content") {
			return anthropic{}.read(doc.at("message"))
		}
	}
	return piece{}, false
}

func counted(p piece, of node) piece {
	p.tokens = of.at("usage", "output_tokens").count()
	return p
}
