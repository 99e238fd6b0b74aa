package probe

import (
	"net/http"

	"model-registrar/internal/endpoint"
	"model-registrar/schemas"
)

// adapter is what one protocol differs in from the others.
type adapter interface {
	// header is where the token goes unless the credential says otherwise, and what stands before it.
	header(shape) (name, scheme string)
	// prepare sets what else the protocol wants in the headers.
	prepare(http.Header, shape)
	// body is the request, to be marshalled as JSON.
	body(p prompt) map[string]any
	// names are the protocol's names of the token limit, in the order in which they are tried, and of what is
	// registered.
	names() names
	// read reads a whole answer or one event of a stream. It reports whether it is one of this protocol's.
	read(doc node) (p piece, known bool)
}

// names are a protocol's spellings of the manifest's parameters.
type names struct {
	limits           []string // of max_tokens; the first is the one of the registered parameters
	needsLimit       bool     // the protocol does not go without
	topP, stop       string
	frequencyPenalty string
}

// adapterFor chooses the protocol of a target. Azure and custom endpoints speak OpenAI's.
func adapterFor(a schemas.Architecture, t endpoint.Target) adapter {
	header, scheme := "Authorization", "Bearer"
	if a == schemas.Azure {
		header, scheme = "api-key", ""
	}
	switch {
	case a == schemas.Anthropic:
		return anthropic{}
	case a == schemas.Cohere:
		return cohere{}
	case t.API == schemas.ResponsesAPI:
		return responses{openAI{header, scheme}}
	}
	return openAI{header, scheme}
}

// prompt is one request, before it takes the protocol's shape.
type prompt struct {
	model     string
	maxTokens int
	shape     shape
	// registered, when set, are sent exactly, in place of the probe's own parameters.
	registered *schemas.Parameters
}

// streaming is what the request says about it.
type streaming int

const (
	streamed   streaming = iota // "stream": true
	whole                       // "stream": false
	unstreamed                  // nothing
)

// shape is how the request is made for this endpoint: what it refused is left out or named otherwise.
type shape struct {
	streaming       streaming
	limit           int // which of the protocol's names of the token limit is sent; beyond the last: none
	mostTokens      int // that the endpoint allows; 0: not known
	noTemperature   bool
	noStreamOptions bool
	version         string // Anthropic's
}

// piece is what an event, or a whole body, adds to the answer.
type piece struct {
	text, thinking string
	finish         string
	tokens         int  // completion tokens so far, reasoning included; 0 when this piece does not say
	whole          bool // the complete answer: its text counts only where none came before
	last           bool
	hollow         bool // there is a place for an answer and none in it
	failed         node // an error beside or in place of the answer, at a place of this protocol
}

func (c *content) piece(finish string) piece {
	if c.refused {
		finish = "refusal"
	}
	return piece{text: c.visible.String(), thinking: c.thinking.String(), finish: finish}
}

// asked puts the parameters of a prompt into a body: the registered ones exactly, or else the probe's own.
func (p prompt) asked(body map[string]any, n names) map[string]any {
	switch p.shape.streaming {
	case streamed:
		body["stream"] = true
	case whole:
		body["stream"] = false
	}
	if p.registered == nil {
		if p.shape.limit < len(n.limits) {
			body[n.limits[p.shape.limit]] = p.maxTokens
		}
		if !p.shape.noTemperature {
			body["temperature"] = 0
		}
		return body
	}
	for name, value := range spelled(*p.registered, n) {
		body[name] = value
	}
	if n.needsLimit && p.registered.MaxTokens == nil {
		body[n.limits[0]] = p.maxTokens
	}
	return body
}
