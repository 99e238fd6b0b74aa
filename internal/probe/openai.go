package probe

import (
	"net/http"
	"strings"
)

// openAI is the chat completions protocol, which most other servers speak too.
type openAI struct{ name, scheme string }

func (a openAI) header(shape) (name, scheme string) { return a.name, a.scheme }

func (openAI) prepare(http.Header, shape) {}

// names: local servers know max_tokens only, so it goes first; reasoning models know only the other.
func (openAI) names() names {
	return names{limits: []string{"max_tokens", "max_completion_tokens"}, topP: "top_p", stop: "stop",
		frequencyPenalty: "frequency_penalty"}
}

func (a openAI) body(p prompt) map[string]any {
	body := map[string]any{"model": p.model, "messages": messages()}
	if p.shape.streaming == streamed && !p.shape.noStreamOptions {
		body["stream_options"] = map[string]bool{"include_usage": true}
	}
	return p.asked(body, a.names())
}

func messages() any { return []map[string]string{{"role": "user", "content": Prompt}} }

// read reads a completion or a chunk of one. Of a choice with both, delta is the new text and message what was said so
// far. The usage chunk, and Azure's first one, have no choices.
func (openAI) read(doc node) (piece, bool) {
	choice := doc.at("choices").first()
	p := spoken(choice.at("delta"), choice.at("finish_reason").text())
	if said := choice.at("message").or(choice.at("text")); p.text == "" && p.thinking == "" && !said.absent() {
		p = spoken(said, choice.at("finish_reason").text())
		p.whole = strings.HasSuffix(doc.at("object").text(), "completion")
	}
	p.tokens = doc.at("usage", "completion_tokens").or(doc.at("usage", "output_tokens")).count()
	p.failed = choice.at("error")
	p.hollow = choice.at("delta").or(choice.at("message")).or(choice.at("text")).absent()
	return p, doc.has("choices")
}

// spoken reads a message or a delta.
func spoken(n node, finish string) piece {
	var c content
	c.think(thoughts(n))
	if n.has("content") || n.has("refusal") {
		c.add(n.at("content"))
		c.refused = c.refused || n.at("refusal").text() != ""
	} else {
		c.add(node{n.value}.orText())
	}
	return c.piece(finish)
}

// orText is the node when it is content by itself: a text or a list, not a message without content.
func (n node) orText() node {
	if _, is := n.value.(map[string]any); is {
		return n.at("text")
	}
	return n
}
