package probe

import (
	"encoding/json"
	"strings"

	"github.com/tmaxmax/go-sse"
)

// textParts is content as a list of typed parts, the form of several protocols.
type textParts []struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Thinking string `json:"thinking"`
}

func (ps textParts) text() string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.Text)
	}
	return b.String()
}

func (ps textParts) thinking() string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.Thinking)
	}
	return b.String()
}

// decodeBody reads a whole response into v, unless it is an error in disguise.
func decodeBody(body []byte, v any) *failure {
	if looksLikeHTML(body) {
		return htmlFailure()
	}
	if e, ok := errorUnder200(body); ok {
		return e.under200("body")
	}
	if err := json.Unmarshal(body, v); err != nil {
		return malformed("The response is not the JSON of this architecture")
	}
	return nil
}

// decodeFrame reads one frame of a stream into v, unless it is an error in disguise.
func decodeFrame(ev sse.Event, v any) *failure {
	data := []byte(ev.Data)
	if e, ok := errorUnder200(data); ok {
		return e.under200("stream")
	}
	if err := json.Unmarshal(data, v); err != nil {
		if !json.Valid(data) && strings.HasPrefix(ev.Data, "{") && !strings.HasSuffix(ev.Data, "}") {
			return failed(CodeStreamTruncated, "The stream stopped in the middle of a frame. Look at the endpoint's log "+
				"and at timeouts of proxies on the way.")
		}
		return malformed("A frame of the stream is not the JSON of this architecture")
	}
	return nil
}

func malformed(what string) *failure {
	return failedForGood(CodeMalformed, "%s. Check model_architecture, and that the URL is the chat endpoint.", what)
}

func htmlFailure() *failure {
	return failedForGood(CodeHTML, "The endpoint answered with an HTML page. Check the URL: this is a web site, a "+
		"login page or a proxy, not a model.")
}

func looksLikeHTML(body []byte) bool {
	return strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 512)])), "<")
}
