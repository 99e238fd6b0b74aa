package probe

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/tmaxmax/go-sse"

	"model-registrar/schemas"
)

// openAI is the chat completions protocol, which most other servers speak too.
type openAI struct{}

func (openAI) target(u *url.URL, in schemas.ProbeInput) (target, error) {
	return target{url: chatCompletionsURL(u), model: modelOf(in)}, nil
}

func (openAI) header() (name, scheme string) { return "Authorization", "Bearer" }

func (openAI) prepare(http.Header) {}

// adaptable: reasoning models refuse the first two, older servers stream_options, some models streaming.
func (openAI) adaptable() []string {
	return []string{"max_tokens", "temperature", "stream_options", "stream"}
}

func (openAI) body(p prompt) any {
	body := map[string]any{
		"model":    p.model,
		"messages": []map[string]string{{"role": "user", "content": p.text}},
	}
	// Local servers know max_tokens only, so it goes first.
	if p.shape.completionTokens {
		body["max_completion_tokens"] = p.maxTokens
	} else {
		body["max_tokens"] = p.maxTokens
	}
	if !p.shape.noTemperature {
		body["temperature"] = 0
	}
	if p.shape.stream {
		body["stream"] = true
		if !p.shape.noStreamOptions {
			body["stream_options"] = map[string]bool{"include_usage": true}
		}
	}
	return body
}

// completion is a chat completion, whole (message) or one chunk of it (delta).
type completion struct {
	Choices []struct {
		Message      *completionText `json:"message"`
		Delta        *completionText `json:"delta"`
		FinishReason string          `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		CompletionTokens int `json:"completion_tokens"`
	} `json:"usage"`
}

// completionText has the reasoning under the two names that servers use.
type completionText struct {
	Content          string `json:"content"`
	Refusal          string `json:"refusal"`
	ReasoningContent string `json:"reasoning_content"`
	Reasoning        string `json:"reasoning"`
}

func (openAI) whole(body []byte) (piece, *failure) {
	var c completion
	if f := decodeBody(body, &c); f != nil {
		return piece{}, f
	}
	if len(c.Choices) == 0 || c.Choices[0].Message == nil {
		return piece{}, malformed("The response has no choices[0].message")
	}
	return c.piece(c.Choices[0].Message), nil
}

func (openAI) frame(ev sse.Event) (piece, *failure) {
	if ev.Data == "[DONE]" {
		return piece{last: true}, nil
	}
	var c completion
	if f := decodeFrame(ev, &c); f != nil {
		return piece{}, f
	}
	// The usage frame, and Azure's first one, have no choices.
	if len(c.Choices) == 0 || c.Choices[0].Delta == nil {
		return c.piece(&completionText{}), nil
	}
	return c.piece(c.Choices[0].Delta), nil
}

func (c completion) piece(t *completionText) piece {
	p := piece{text: t.Content, thinking: t.ReasoningContent + t.Reasoning}
	if len(c.Choices) > 0 {
		p.finish = c.Choices[0].FinishReason
	}
	if t.Refusal != "" {
		p.finish = "refusal"
	}
	if c.Usage != nil {
		p.tokens = c.Usage.CompletionTokens
	}
	return p
}

// UnmarshalJSON leaves a null or missing text empty, and takes content in parts as one text.
func (t *completionText) UnmarshalJSON(b []byte) error {
	type plain completionText
	var raw struct {
		plain
		Content json.RawMessage `json:"content"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*t = completionText(raw.plain)
	var parts textParts
	if len(raw.Content) == 0 || json.Unmarshal(raw.Content, &t.Content) == nil {
		return nil
	}
	if err := json.Unmarshal(raw.Content, &parts); err != nil {
		return err
	}
	t.Content = parts.text()
	t.ReasoningContent += parts.thinking()
	return nil
}
