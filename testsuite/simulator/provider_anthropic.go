package simulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// The generations of the Messages API, by its version header. Since the second the token is a bearer token, and
// temperature is not known.
const (
	anthropicFirst  = "2023-06-01"
	anthropicSecond = "2026-10-21"
)

// anthropic is the Messages API, of both generations or of one only.
type anthropic struct{ only string }

// anthropicFields are the members of a request that the API documents.
var anthropicFields = []string{
	"model", "messages", "max_tokens", "system", "metadata", "stop_sequences", "stream", "temperature", "top_k",
	"top_p", "thinking", "tools", "tool_choice", "service_tier",
}

// anthropicKinds are the error types of statuses; others have api_error.
var anthropicKinds = map[int]string{
	400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
	404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 504: "timeout_error",
	529: "overloaded_error",
}

// generation is the one of a request, or "" if it is not served here.
func (a anthropic) generation(r *http.Request) string {
	version := r.Header.Get("anthropic-version")
	if version != anthropicFirst && version != anthropicSecond || a.only != "" && version != a.only {
		return ""
	}
	return version
}

func (a anthropic) token(r *http.Request) string {
	if a.generation(r) == anthropicSecond || a.generation(r) == "" && a.only == anthropicSecond {
		return bearer(r)
	}
	return r.Header.Get("x-api-key")
}

func (anthropic) requestID() string { return "request-id" }

func (anthropic) errorBody(c *call, re refusal) any {
	return map[string]any{
		"type":       "error",
		"error":      map[string]string{"type": orText(anthropicKinds[re.status], "api_error"), "message": re.message},
		"request_id": c.record.CorrelationID,
	}
}

func (anthropic) broke() refusal {
	return refusal{status: http.StatusBadRequest,
		message: "Your credit balance is too low to access the Anthropic API."}
}

func (a anthropic) read(c *call) (chat, *refusal) {
	r := readChat(c)
	generation := a.generation(c.r)
	if generation == "" {
		r.wrong("", "anthropic-version: header is required and must be a valid version")
	}
	for _, name := range slices.Sorted(maps.Keys(r.members)) {
		if !slices.Contains(anthropicFields, name) || name == "temperature" && generation == anthropicSecond {
			r.wrong(name, name+": Extra inputs are not permitted")
		}
	}
	ch := chat{model: r.model(), stream: r.boolean("stream"), includeUsage: true}
	ch.reasons = isReasoning(ch.model)
	r.messages("", "user", "assistant")
	if ch.maxTokens = r.positive("max_tokens"); ch.maxTokens == 0 {
		r.wrong("max_tokens", "max_tokens: Field required")
	}
	r.float("temperature", 0, 1)
	r.float("top_p", 0, 1)
	r.stop("stop_sequences", false)
	r.unsupported(c.action.UnsupportedParameter)
	return ch, r.refusal
}

func (anthropic) stopReason(d completion) string { return d.finish("end_turn", "max_tokens") }

func (a anthropic) answer(ch chat, d completion) any {
	content := []any{}
	if len(d.thoughts) > 0 {
		content = append(content, map[string]string{"type": "thinking", "thinking": strings.Join(d.thoughts, ""),
			"signature": "c2ln"})
	}
	if len(d.tokens) > 0 {
		content = append(content, map[string]string{"type": "text", "text": d.text()})
	}
	return a.message(ch, d, content, a.stopReason(d), d.spent)
}

func (anthropic) message(ch chat, d completion, content []any, stopReason any, spent int) map[string]any {
	return map[string]any{
		"id": "msg_" + d.id, "type": "message", "role": "assistant", "model": ch.model, "content": content,
		"stop_reason": stopReason, "stop_sequence": nil,
		"usage": map[string]int{"input_tokens": d.promptTokens, "output_tokens": spent},
	}
}

func (a anthropic) frames(ch chat, d completion) frames {
	fr := frames{failure: func(body any) frame { return event("error", body) }}
	fr.opening = []frame{
		event("message_start", map[string]any{"type": "message_start", "message": a.message(ch, d, []any{}, nil, 1)}),
		event("ping", map[string]string{"type": "ping"}),
	}
	start := a.block(0, map[string]string{"type": "text", "text": ""})
	text := 0
	if len(d.thoughts) > 0 {
		fr.opening = append(fr.opening, a.block(0, map[string]string{"type": "thinking", "thinking": "",
			"signature": ""}))
		for _, thought := range d.thoughts {
			fr.thoughts = append(fr.thoughts, a.delta(0,
				map[string]string{"type": "thinking_delta", "thinking": thought}))
		}
		text = 1
		start = a.blockEnd(0) + a.block(1, map[string]string{"type": "text", "text": ""})
	}
	for _, token := range d.tokens {
		fr.tokens = append(fr.tokens, start+a.delta(text, map[string]string{"type": "text_delta", "text": token}))
		start = ""
	}
	fr.closing = []frame{
		start + a.blockEnd(text),
		event("message_delta", map[string]any{
			"type": "message_delta", "delta": map[string]any{"stop_reason": a.stopReason(d), "stop_sequence": nil},
			"usage": map[string]int{"output_tokens": d.spent},
		}),
		event("message_stop", map[string]string{"type": "message_stop"}),
	}
	return fr
}

func (anthropic) block(index int, content map[string]string) frame {
	return event("content_block_start", map[string]any{"type": "content_block_start", "index": index,
		"content_block": content})
}

func (anthropic) delta(index int, delta map[string]string) frame {
	return event("content_block_delta", map[string]any{"type": "content_block_delta", "index": index, "delta": delta})
}

func (anthropic) blockEnd(index int) frame {
	return event("content_block_stop", map[string]any{"type": "content_block_stop", "index": index})
}
