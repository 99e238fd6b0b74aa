package simulator

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"

	"model-registrar/testsuite/simulator/control"
)

// defaultAnswer is what the registrar's synthetic prompt asks for.
const defaultAnswer = "VALIDATION_SUCCESS"

// provider is one LLM provider's dialect: what it accepts and how it speaks. The engine does the rest.
type provider interface {
	// token is the credential of a request, taken from where this provider wants it.
	token(r *http.Request) string
	// requestID is the header in which this provider names a request.
	requestID() string
	// read checks a request as strictly as the real provider does.
	read(c *call) (chat, *refusal)
	// errorBody is an error in this provider's shape.
	errorBody(c *call, re refusal) any
	// broke is the provider's refusal of an account that has run out of credit.
	broke() refusal
	// answer is the whole answer, not streamed.
	answer(ch chat, done completion) any
	// frames is the same as a stream.
	frames(ch chat, done completion) frames
}

// chat is a request that was accepted.
type chat struct {
	model        string
	stream       bool
	includeUsage bool
	// maxTokens is the budget for thinking and text together; 0 is none.
	maxTokens int64
	// reasons is whether the model thinks before it speaks.
	reasons bool
}

// completion is what the model says.
type completion struct {
	id string
	// thoughts and tokens are the pieces in which thinking and text are streamed.
	thoughts, tokens []string
	// cutShort is whether the budget ended before the text; reason is an ordered finish reason.
	cutShort     bool
	reason       string
	promptTokens int
	// spent is the number of tokens generated, hidden thinking included.
	spent, hidden int
}

func (d completion) text() string { return strings.Join(d.tokens, "") }

// finish is the ordered finish reason or the fitting one of the two.
func (d completion) finish(stop, length string) string {
	if d.cutShort {
		stop = length
	}
	return orText(d.reason, stop)
}

// frames is a stream in its parts; opening and closing are sent without delay.
type frames struct {
	opening  []frame
	thoughts []frame
	tokens   []frame
	closing  []frame
	// failure is an error in the middle of a stream.
	failure func(body any) frame
}

// frame is one or more server-sent events that are sent together.
type frame string

// event is one server-sent event; its name may be empty.
func event(name string, value any) frame {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // values here are made of strings and numbers
	}
	if name != "" {
		name = "event: " + name + "\n"
	}
	return frame(name + "data: " + string(data) + "\n\n")
}

// refusal is a provider's error before it is put into its shape.
type refusal struct {
	status                     int
	kind, code, param, message string
}

func (s *Server) routeProviders() {
	s.mountProvider("POST /providers/openai/v1/chat/completions", openAI{})
	s.mountProvider("POST /providers/custom/v1/chat/completions", custom{openAI{showsThinking: true}})
	s.mountProvider("POST /providers/azure/openai/deployments/{deployment}/chat/completions",
		azureClassic{openAI{emptyFirst: true}})
	s.mountProvider("POST /providers/azure/openai/v1/chat/completions", azureV1{openAI{emptyFirst: true}})
	s.mountProvider("POST /providers/anthropic/v1/messages", anthropic{})
	s.mountProvider("POST /providers/anthropic-2023-06-01/v1/messages", anthropic{only: anthropicFirst})
	s.mountProvider("POST /providers/anthropic-2026-10-21/v1/messages", anthropic{only: anthropicSecond})
	s.mountProvider("POST /providers/cohere/v2/chat", cohere{})
}

// mountProvider serves pattern as p. The engine takes the model's name for the journal from the body.
func (s *Server) mountProvider(pattern string, p provider) {
	s.route(pattern, endpoint{
		op: control.OpProvider,
		identify: func(c *call) {
			c.record.Credential = credentialKind(c.r)
			c.record.Authorized = s.ownsProvider(p.token(c.r))
			if members, err := parseObject(c.body); err == nil {
				c.record.ModelName, _ = text(members["model"])
			}
			c.record.ModelName = orText(c.record.ModelName, c.r.PathValue("deployment"))
		},
		refuse: func(c *call, status int, code, message string) reply {
			re := refusal{status: status, code: code, message: orText(message, http.StatusText(status))}
			return refuseChat(c, p, re)
		},
		serve: func(c *call) reply { return s.chat(c, p).with(p.requestID(), c.record.CorrelationID) },
	})
}

func refuseChat(c *call, p provider, re refusal) reply {
	return jsonReply(re.status, p.errorBody(c, re)).with(p.requestID(), c.record.CorrelationID)
}

func (s *Server) ownsProvider(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.options.ProviderToken)) == 1
}

// chat checks a request and decides its answer.
func (s *Server) chat(c *call, p provider) reply {
	refuse := func(re refusal) reply { return refuseChat(c, p, re) }
	switch token := p.token(c.r); {
	case token == "":
		return refuse(refusal{status: 401, kind: "authentication_error", message: "No API key was provided."})
	case !s.ownsProvider(token):
		return refuse(refusal{status: 401, kind: "authentication_error", code: "invalid_api_key",
			message: "Incorrect API key provided."})
	case !isJSON(c.r.Header.Get("Content-Type")):
		return refuse(invalid("", "The Content-Type must be application/json."))
	case c.action.InsufficientQuota:
		return refuse(p.broke())
	}
	ch, wrong := p.read(c)
	if wrong != nil {
		return refuse(*wrong)
	}
	done := complete(ch, c.action)
	if ch.stream {
		return s.streamed(c, p, p.frames(ch, done))
	}
	if c.action.ErrorBody {
		return s.whole(c, done, p.errorBody(c, serverFailure)) // an error that calls itself a success
	}
	return s.whole(c, done, p.answer(ch, done))
}

var serverFailure = refusal{status: http.StatusInternalServerError, kind: "server_error", code: "server_error",
	message: "The server had an error while processing your request."}

func invalid(param, message string) refusal {
	return refusal{status: http.StatusBadRequest, kind: "invalid_request_error", param: param, message: message}
}

const (
	// hiddenThinking is how many tokens a reasoning model spends before it says anything.
	hiddenThinking = 24
	pieceLength    = 4
)

// complete decides what the model says within its budget. A reasoning model spends that on thinking first, so
// that a budget meant for the answer alone gets no answer.
func complete(ch chat, a control.Action) completion {
	answer := orText(a.Answer, defaultAnswer)
	if a.Empty {
		answer = ""
	}
	d := completion{id: newUUID(), reason: a.FinishReason, promptTokens: 14, tokens: pieces(answer)}
	for range min(a.ReasoningTokens, 10_000) {
		d.thoughts = append(d.thoughts, "Let me think. ")
	}
	if ch.reasons && a.ReasoningTokens == 0 {
		d.hidden = hiddenThinking
	}
	thinking := d.hidden + len(d.thoughts)
	if room := int(ch.maxTokens) - thinking; ch.maxTokens > 0 && room < len(d.tokens) {
		d.tokens, d.cutShort = d.tokens[:max(0, room)], true
	}
	d.spent = thinking + len(d.tokens)
	if ch.maxTokens > 0 {
		d.spent = min(d.spent, int(ch.maxTokens))
	}
	return d
}

// pieces splits a text as a tokenizer would, roughly.
func pieces(answer string) []string {
	var found []string
	runes := []rune(answer)
	for start := 0; start < len(runes); start += pieceLength {
		found = append(found, string(runes[start:min(len(runes), start+pieceLength)]))
	}
	return found
}

func isReasoning(model string) bool { return strings.Contains(model, "reasoning") }
