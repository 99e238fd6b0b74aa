package probe

import (
	"net/http"
	"net/url"

	"github.com/tmaxmax/go-sse"

	"model-registrar/schemas"
)

// anthropic is the messages protocol.
type anthropic struct{}

func (anthropic) target(u *url.URL, in schemas.ProbeInput) (target, error) {
	t := target{model: modelOf(in)}
	switch segments := segmentsOf(u); {
	case hasTail(segments, "messages"):
		t.url = extend(u)
	case len(segments) > 0 && versionSegment.MatchString(segments[len(segments)-1]):
		t.url = extend(u, "messages")
	default:
		t.url = extend(u, "v1", "messages")
	}
	return t, nil
}

func (anthropic) header() (name, scheme string) { return "x-api-key", "" }

func (anthropic) prepare(h http.Header) { h.Set("anthropic-version", "2023-06-01") }

// adaptable: some models take no temperature, some gateways in front of them do not stream.
func (anthropic) adaptable() []string { return []string{"temperature", "stream"} }

func (anthropic) body(p prompt) any {
	body := map[string]any{
		"model":      p.model,
		"max_tokens": p.maxTokens,
		"messages":   []map[string]string{{"role": "user", "content": p.text}},
	}
	if !p.shape.noTemperature {
		body["temperature"] = 0
	}
	if p.shape.stream {
		body["stream"] = true
	}
	return body
}

type anthropicUsage struct {
	OutputTokens int `json:"output_tokens"`
}

func (anthropic) whole(body []byte) (piece, *failure) {
	var m struct {
		Type       string         `json:"type"`
		Content    *textParts     `json:"content"`
		StopReason string         `json:"stop_reason"`
		Usage      anthropicUsage `json:"usage"`
	}
	if f := decodeBody(body, &m); f != nil {
		return piece{}, f
	}
	if m.Type != "message" || m.Content == nil {
		return piece{}, malformed("The response is not a message with content")
	}
	return piece{text: m.Content.text(), thinking: m.Content.thinking(), finish: m.StopReason, tokens: m.Usage.OutputTokens}, nil
}

// anthropicEvent reads the events that count; of the others (ping, content_block_stop, …) only the type is set.
type anthropicEvent struct {
	Type    string `json:"type"`
	Message struct {
		Usage anthropicUsage `json:"usage"`
	} `json:"message"`
	ContentBlock struct {
		Text     string `json:"text"`
		Thinking string `json:"thinking"`
	} `json:"content_block"`
	Delta struct {
		Text       string `json:"text"`
		Thinking   string `json:"thinking"`
		StopReason string `json:"stop_reason"`
	} `json:"delta"`
	Usage anthropicUsage `json:"usage"`
}

func (anthropic) frame(ev sse.Event) (piece, *failure) {
	var e anthropicEvent
	if f := decodeFrame(ev, &e); f != nil {
		return piece{}, f
	}
	switch e.Type {
	case "message_start":
		return piece{tokens: e.Message.Usage.OutputTokens}, nil
	case "content_block_start":
		return piece{text: e.ContentBlock.Text, thinking: e.ContentBlock.Thinking}, nil
	case "content_block_delta":
		return piece{text: e.Delta.Text, thinking: e.Delta.Thinking}, nil
	case "message_delta":
		return piece{finish: e.Delta.StopReason, tokens: e.Usage.OutputTokens}, nil
	case "message_stop":
		return piece{last: true}, nil
	case "":
		return piece{}, malformed("A frame of the stream has no type")
	}
	return piece{}, nil // new event types may come at any time, says the protocol
}
