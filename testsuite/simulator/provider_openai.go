package simulator

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// openAI is the chat completions API. Azure and most other servers speak it with small differences.
type openAI struct {
	// showsThinking streams a reasoning model's thoughts as delta.reasoning_content, as local servers do.
	showsThinking bool
	// emptyFirst streams a first frame without choices, as Azure does for its content filter.
	emptyFirst bool
}

func (openAI) requestID() string { return "x-request-id" }

func (openAI) token(r *http.Request) string { return bearer(r) }

func (openAI) errorBody(_ *call, re refusal) any {
	nullable := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	kind := re.kind
	switch {
	case kind == "authentication_error":
		kind = "invalid_request_error"
	case kind == "" && re.status >= 500:
		kind = "server_error"
	case kind == "" && re.status == http.StatusTooManyRequests:
		kind = "requests"
	case kind == "":
		kind = "invalid_request_error"
	}
	return map[string]any{"error": map[string]any{
		"message": re.message, "type": kind, "param": nullable(re.param), "code": nullable(re.code),
	}}
}

func (openAI) broke() refusal {
	return refusal{
		status: http.StatusTooManyRequests, kind: "insufficient_quota", code: "insufficient_quota",
		message: "You exceeded your current quota, please check your plan and billing details.",
	}
}

// openAIFields are the members of a request that the API documents.
var openAIFields = []string{
	"model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p",
	"stop", "frequency_penalty", "presence_penalty", "n", "seed", "user", "logprobs", "top_logprobs", "logit_bias",
	"response_format", "tools", "tool_choice", "parallel_tool_calls", "reasoning_effort", "store", "metadata",
	"service_tier", "verbosity", "prediction", "modalities", "safety_identifier", "prompt_cache_key",
}

func (openAI) read(c *call) (chat, *refusal) {
	r := readChat(c)
	return r.openAI(c, r.model())
}

// openAI checks everything but the model's name.
func (r *chatReader) openAI(c *call, model string) (chat, *refusal) {
	ch := chat{model: model, reasons: isReasoning(model)}
	r.known(openAIFields...)
	r.messages("name", "system", "developer", "user", "assistant", "tool")
	ch.stream = r.boolean("stream")
	ch.includeUsage = r.usageOption(ch.stream)
	r.float("temperature", 0, 2)
	r.float("top_p", 0, 1)
	r.float("frequency_penalty", -2, 2)
	r.float("presence_penalty", -2, 2)
	r.stop("stop", true)
	classic, modern := r.positive("max_tokens"), r.positive("max_completion_tokens")
	ch.maxTokens = max(classic, modern)
	if classic > 0 && modern > 0 {
		r.wrong("max_tokens", "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
	}
	r.unsupported(c.action.UnsupportedParameter)
	if ch.reasons {
		r.unsupported("max_tokens")
		r.onlyDefaultTemperature()
	}
	return ch, r.refusal
}

// onlyDefaultTemperature is the rule of reasoning models.
func (r *chatReader) onlyDefaultTemperature() {
	if raw, sent := r.members["temperature"]; sent && string(raw) != "1" && string(raw) != "1.0" {
		r.wrongCode("temperature", "unsupported_value", fmt.Sprintf(
			"Unsupported value: 'temperature' does not support %s with this model. Only the default (1) value "+
				"is supported.", raw))
	}
}

// unsupported refuses a parameter as a reasoning model refuses max_tokens.
func (r *chatReader) unsupported(param string) {
	if _, sent := r.members[param]; !sent {
		return
	}
	hint := ""
	if param == "max_tokens" {
		hint = " Use 'max_completion_tokens' instead."
	}
	r.wrongCode(param, "unsupported_parameter", fmt.Sprintf("Unsupported parameter: '%s' is not supported with this "+
		"model.%s", param, hint))
}

// usageOption reads stream_options, which is for streams alone.
func (r *chatReader) usageOption(stream bool) bool {
	raw, sent := r.members["stream_options"]
	if !sent || isNull(raw) {
		return false
	}
	options, err := parseObject(raw)
	if err != nil || !stream {
		r.wrong("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled, and is "+
			"an object.")
		return false
	}
	for name := range options {
		if name != "include_usage" && name != "include_obfuscation" {
			r.wrong("stream_options."+name, fmt.Sprintf("Unknown parameter: 'stream_options.%s'.", name))
		}
	}
	inner := &chatReader{members: options}
	usage := inner.boolean("include_usage")
	if inner.refusal != nil {
		r.refusal = inner.refusal
	}
	return usage
}

func (openAI) usage(d completion) map[string]any {
	return map[string]any{
		"prompt_tokens": d.promptTokens, "completion_tokens": d.spent, "total_tokens": d.promptTokens + d.spent,
		"completion_tokens_details": map[string]int{"reasoning_tokens": d.spent - len(d.tokens)},
	}
}

func (o openAI) answer(ch chat, d completion) any {
	message := map[string]any{"role": "assistant", "content": d.text(), "refusal": nil}
	if o.showsThinking && len(d.thoughts) > 0 {
		message["reasoning_content"] = strings.Join(d.thoughts, "")
	}
	return map[string]any{
		"id": "chatcmpl-" + d.id, "object": "chat.completion", "created": time.Now().Unix(), "model": ch.model,
		"choices": []any{map[string]any{
			"index": 0, "message": message, "logprobs": nil, "finish_reason": d.finish("stop", "length"),
		}},
		"usage": o.usage(d),
	}
}

func (o openAI) frames(ch chat, d completion) frames {
	chunk := func(choices []any, usage any) frame {
		value := map[string]any{
			"id": "chatcmpl-" +
				d.id, "object": "chat.completion.chunk", "created": time.Now().Unix(), "model": ch.model,
			"choices": choices,
		}
		if ch.includeUsage {
			value["usage"] = usage
		}
		return event("", value)
	}
	delta := func(content map[string]any, finish any) frame {
		return chunk([]any{map[string]any{"index": 0, "delta": content, "logprobs": nil, "finish_reason": finish}}, nil)
	}
	fr := frames{failure: func(body any) frame { return event("", body) }}
	if o.emptyFirst {
		fr.opening = append(fr.opening, event("", map[string]any{
			"id": "", "object": "", "created": 0, "model": "", "choices": []any{},
			"prompt_filter_results": []any{map[string]any{"prompt_index": 0,
				"content_filter_results": map[string]any{}}},
		}))
	}
	fr.opening = append(fr.opening, delta(map[string]any{"role": "assistant", "content": ""}, nil))
	for _, thought := range d.thoughts {
		fr.thoughts = append(fr.thoughts, delta(map[string]any{"reasoning_content": thought}, nil))
	}
	for _, token := range d.tokens {
		fr.tokens = append(fr.tokens, delta(map[string]any{"content": token}, nil))
	}
	fr.closing = append(fr.closing, delta(map[string]any{}, d.finish("stop", "length")))
	if ch.includeUsage {
		fr.closing = append(fr.closing, chunk([]any{}, o.usage(d)))
	}
	fr.closing = append(fr.closing, frame("data: [DONE]\n\n"))
	return fr
}
