package probe

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tmaxmax/go-sse"

	"model-registrar/schemas"
)

// cohere is the v2 chat protocol.
type cohere struct{}

func (cohere) target(u *url.URL, in schemas.ProbeInput) (target, error) {
	t := target{model: modelOf(in)}
	switch segments := segmentsOf(u); {
	case hasTail(segments, "v2", "chat"):
		t.url = extend(u)
	case hasTail(segments, "v2"):
		t.url = extend(u, "chat")
	case hasTail(segments, "v1"), hasTail(segments, "v1", "chat"):
		// The first version is another protocol, and its address what many still have written down.
		root := *u
		root.Path, root.RawPath = strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/chat"), "/v1"), ""
		t.url = extend(&root, "v2", "chat")
	default:
		t.url = extend(u, "v2", "chat")
	}
	return t, nil
}

func (cohere) header() (name, scheme string) { return "Authorization", "Bearer" }

func (cohere) prepare(http.Header) {}

func (cohere) adaptable() []string { return []string{"temperature", "stream"} }

func (cohere) body(p prompt) any {
	body := map[string]any{
		"model":      p.model,
		"messages":   []map[string]string{{"role": "user", "content": p.text}},
		"max_tokens": p.maxTokens,
	}
	if !p.shape.noTemperature {
		body["temperature"] = 0
	}
	if p.shape.stream {
		body["stream"] = true
	}
	return body
}

type cohereUsage struct {
	Tokens struct {
		OutputTokens float64 `json:"output_tokens"`
	} `json:"tokens"`
	BilledUnits struct {
		OutputTokens float64 `json:"output_tokens"`
	} `json:"billed_units"`
}

func (u cohereUsage) output() int { return int(max(u.Tokens.OutputTokens, u.BilledUnits.OutputTokens)) }

func (cohere) whole(body []byte) (piece, *failure) {
	var c struct {
		Message *struct {
			Content textParts `json:"content"`
		} `json:"message"`
		FinishReason string      `json:"finish_reason"`
		Usage        cohereUsage `json:"usage"`
	}
	if f := decodeBody(body, &c); f != nil {
		return piece{}, f
	}
	if c.Message == nil {
		return piece{}, malformed("The response has no message")
	}
	return piece{
		text: c.Message.Content.text(), thinking: c.Message.Content.thinking(), finish: c.FinishReason, tokens: c.Usage.output(),
	}, nil
}

// cohereEvent reads the events that count: content-start and content-delta, and message-end.
type cohereEvent struct {
	Type  string `json:"type"`
	Delta struct {
		FinishReason string      `json:"finish_reason"`
		Error        string      `json:"error"`
		Usage        cohereUsage `json:"usage"`
		Message      struct {
			Content struct {
				Text     string `json:"text"`
				Thinking string `json:"thinking"`
			} `json:"content"`
		} `json:"message"`
	} `json:"delta"`
}

func (cohere) frame(ev sse.Event) (piece, *failure) {
	if ev.Data == "[DONE]" {
		return piece{last: true}, nil
	}
	// message-start has a list where content-delta has an object, so the type goes first.
	var head struct {
		Type string `json:"type"`
	}
	if f := decodeFrame(ev, &head); f != nil {
		return piece{}, f
	}
	switch head.Type {
	case "content-start", "content-delta", "message-end":
	case "":
		return piece{}, malformed("A frame of the stream has no type")
	default:
		return piece{}, nil
	}
	var e cohereEvent
	if f := decodeFrame(ev, &e); f != nil {
		return piece{}, f
	}
	if e.Delta.Error != "" {
		return piece{}, apiError{Message: printable(e.Delta.Error, 300)}.under200("stream")
	}
	return piece{
		text: e.Delta.Message.Content.Text, thinking: e.Delta.Message.Content.Thinking,
		finish: e.Delta.FinishReason, tokens: e.Delta.Usage.output(), last: head.Type == "message-end",
	}, nil
}
