package simulator

import (
	"net/http"
	"strings"
)

// cohere is the v2 chat API.
type cohere struct{}

// cohereFields are the members of a request that the API documents.
var cohereFields = []string{
	"model", "messages", "stream", "tools", "tool_choice", "strict_tools", "documents", "citation_options",
	"response_format", "safety_mode", "max_tokens", "stop_sequences", "temperature", "seed", "frequency_penalty",
	"presence_penalty", "k", "p", "logprobs", "thinking", "priority",
}

func (cohere) token(r *http.Request) string { return bearer(r) }

func (cohere) requestID() string { return "x-debug-trace-id" }

func (cohere) errorBody(c *call, re refusal) any {
	return map[string]string{"id": c.record.CorrelationID, "message": re.message}
}

func (cohere) broke() refusal {
	return refusal{status: http.StatusPaymentRequired,
		message: "Your account has no credit left; add a payment method."}
}

func (cohere) read(c *call) (chat, *refusal) {
	r := readChat(c)
	r.known(cohereFields...)
	ch := chat{model: r.model(), stream: r.boolean("stream"), includeUsage: true}
	ch.reasons = isReasoning(ch.model)
	r.messages("", "system", "user", "assistant", "tool")
	ch.maxTokens = r.positive("max_tokens")
	r.float("temperature", 0, 1)
	r.float("p", 0.01, 0.99)
	r.float("frequency_penalty", 0, 1)
	r.float("presence_penalty", 0, 1)
	r.stop("stop_sequences", false)
	r.unsupported(c.action.UnsupportedParameter)
	if r.refusal != nil && r.members != nil {
		r.refusal.status = http.StatusUnprocessableEntity // 400 is for what is not JSON
	}
	return ch, r.refusal
}

func (cohere) finishReason(d completion) string { return d.finish("COMPLETE", "MAX_TOKENS") }

func (cohere) usage(d completion) any {
	units := map[string]int{"input_tokens": d.promptTokens, "output_tokens": d.spent}
	return map[string]any{"billed_units": units, "tokens": units}
}

func (co cohere) answer(_ chat, d completion) any {
	content := []any{}
	if len(d.thoughts) > 0 {
		content = append(content, map[string]string{"type": "thinking", "thinking": strings.Join(d.thoughts, "")})
	}
	content = append(content, map[string]string{"type": "text", "text": d.text()})
	return map[string]any{
		"id": d.id, "message": map[string]any{"role": "assistant", "content": content},
		"finish_reason": co.finishReason(d), "usage": co.usage(d),
	}
}

func (co cohere) frames(_ chat, d completion) frames {
	fr := frames{failure: func(body any) frame {
		message := body.(map[string]string)["message"] // errorBody made it
		return co.event("message-end", -1, map[string]any{"error": message, "finish_reason": "ERROR"})
	}}
	fr.opening = []frame{event("message-start", map[string]any{
		"type": "message-start", "id": d.id, "delta": map[string]any{"message": map[string]any{
			"role": "assistant", "content": []any{}, "tool_plan": "", "tool_calls": []any{}, "citations": []any{},
		}},
	})}
	start, text := co.content("content-start", 0, map[string]string{"type": "text", "text": ""}), 0
	if len(d.thoughts) > 0 {
		fr.opening = append(fr.opening, co.content("content-start", 0,
			map[string]string{"type": "thinking", "thinking": ""}))
		for _, thought := range d.thoughts {
			fr.thoughts = append(fr.thoughts, co.content("content-delta", 0, map[string]string{"thinking": thought}))
		}
		text = 1
		start = co.event("content-end", 0, nil) + co.content("content-start", 1,
			map[string]string{"type": "text", "text": ""})
	}
	for _, token := range d.tokens {
		fr.tokens = append(fr.tokens, start+co.content("content-delta", text, map[string]string{"text": token}))
		start = ""
	}
	fr.closing = []frame{
		start + co.event("content-end", text, nil),
		co.event("message-end", -1, map[string]any{"finish_reason": co.finishReason(d), "usage": co.usage(d)}),
	}
	return fr
}

func (co cohere) content(kind string, index int, content map[string]string) frame {
	return co.event(kind, index, map[string]any{"message": map[string]any{"content": content}})
}

// event leaves out an index below zero and an empty delta.
func (cohere) event(kind string, index int, delta map[string]any) frame {
	value := map[string]any{"type": kind}
	if index >= 0 {
		value["index"] = index
	}
	if delta != nil {
		value["delta"] = delta
	}
	return event(kind, value)
}
