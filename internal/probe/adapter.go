package probe

import (
	"net/http"
	"net/url"

	"github.com/tmaxmax/go-sse"

	"model-registrar/schemas"
)

// adapter is what one architecture's protocol differs in from the others'.
type adapter interface {
	// target turns an endpoint URL, in any form in which people write it, into the URL to call and the model to name.
	target(endpoint *url.URL, in schemas.ProbeInput) (target, error)
	// header is where the token goes unless the credential says otherwise, and what stands before it.
	header() (name, scheme string)
	// prepare sets what else the protocol wants in the headers.
	prepare(h http.Header)
	// body is the request, to be marshalled as JSON.
	body(p prompt) any
	// adaptable lists the parameters that body can do without, or can name otherwise.
	adaptable() []string
	// whole reads the body of an answer that was not streamed.
	whole(body []byte) (piece, *failure)
	// frame reads one event of a stream.
	frame(ev sse.Event) (piece, *failure)
}

var adapters = map[schemas.Architecture]adapter{
	schemas.OpenAI:    openAI{},
	schemas.Azure:     azure{},
	schemas.Anthropic: anthropic{},
	schemas.Cohere:    cohere{},
	schemas.Custom:    openAI{},
}

// target is where a probe goes.
type target struct {
	url   *url.URL
	model string
}

// prompt is one request, before it takes the protocol's shape.
type prompt struct {
	model     string
	text      string
	maxTokens int
	shape     shape
}

// shape is how the request is made for this endpoint: what it refused is left out or named otherwise.
type shape struct {
	stream           bool
	completionTokens bool // max_completion_tokens in place of max_tokens
	noTemperature    bool
	noStreamOptions  bool
}

// piece is what a frame, or a whole body, adds to the answer.
type piece struct {
	text, thinking string
	finish         string
	tokens         int // completion tokens so far, reasoning included; 0 when this piece does not say
	last           bool
}
