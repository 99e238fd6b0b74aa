package probe

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"model-registrar/internal/endpoint"
	"model-registrar/internal/retryafter"
	"model-registrar/schemas"
)

var architectures = []schemas.Architecture{schemas.OpenAI, schemas.Azure, schemas.Anthropic, schemas.Cohere, schemas.Custom}

// pick chooses an adapter by a byte of the fuzzer's.
func pick(n byte) adapter {
	if n >= 200 {
		return responses{}
	}
	return adapterFor(architectures[int(n)%len(architectures)], endpoint.Target{})
}

// read reads a body as a prober reads an answer of status 200.
func read(body []byte, a adapter, stream bool) (reading, *failure) {
	now := clock()
	resp := &http.Response{Header: http.Header{"Content-Type": {"text/plain"}}}
	return newReader(a, minTokens, nil, now).readBody(resp, bytes.NewReader(body), 1<<20, stream)
}

// clock advances by a millisecond whenever it is read.
func clock() func() time.Duration {
	now := time.Duration(0)
	return func() time.Duration { now += time.Millisecond; return now }
}

var streamSeeds = []string{
	"", "\n\n\n", "data: [DONE]\n\n", "data: {}\n\n", "\ufeffdata: {}\r\n\r\n", ": ping\n\ndata: {\"choices\":[]}\n\n",
	`data: {"choices":[{"delta":{"role":"assistant","content":""}}]}` + "\n\n" +
		`data: {"choices":[{"delta":{"reasoning_content":"hmm"}}]}` + "\n\n" +
		`data: {"choices":[{"delta":{"content":"VALIDATION_SUCCESS"},"finish_reason":"stop"}]}` + "\n\n" +
		`data: {"choices":[],"usage":{"completion_tokens":5}}` + "\n\ndata: [DONE]\n\n",
	"event: content_block_delta\n" + `data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"VALID"}}` + "\n\n" +
		"event: message_stop\n" + `data: {"type":"message_stop"}` + "\n\n",
	"event: error\n" + `data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}` + "\n\n",
	`data: {"type":"content-delta","delta":{"message":{"content":{"text":"VALID"}}}}` + "\n\n" +
		`data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"output_tokens":5}}}}` + "\n\n",
	`data: {"choices":[{"delta":{"content":[{"type":"text","text":"VALID"}]}}]}` + "\n\n",
	`data: {"error":{"message":"no"}}` + "\n\n", `{"error":"no"}`, "<html>", `data: {"choices":[{"delta":{"cont`,
}

func FuzzStream(f *testing.F) {
	for n := range architectures {
		for _, seed := range streamSeeds {
			f.Add(byte(n), []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, n byte, body []byte) {
		r, failure := read(body, pick(n), true)
		checkReading(t, r, failure, len(body))
		if r.first > r.end || r.visible > r.end || r.visible != 0 && r.first > r.visible {
			t.Errorf("first %v, visible %v, end %v", r.first, r.visible, r.end)
		}
		if len(r.text) > maxVisible+maxFrame {
			t.Errorf("%d bytes were kept", len(r.text))
		}
	})
}

func FuzzWhole(f *testing.F) {
	for n := range architectures {
		for _, seed := range []string{
			"", "{}", "null", "[]", "<html>", `{"choices":[{"message":{"content":"VALIDATION_SUCCESS"},"finish_reason":"stop"}]}`,
			`{"choices":[{"message":{"content":null,"refusal":"no"}}],"usage":{"completion_tokens":-1}}`,
			`{"type":"message","content":[{"type":"text","text":"VALIDATION_SUCCESS"}],"stop_reason":"end_turn","usage":{"output_tokens":5}}`,
			`{"message":{"content":[{"type":"text","text":"VALIDATION_SUCCESS"}]},"finish_reason":"COMPLETE"}`,
		} {
			f.Add(byte(n), []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, n byte, body []byte) {
		r, failure := read(body, pick(n), false)
		checkReading(t, r, failure, len(body))
	})
}

// checkReading holds of every response: a PASS is the answer, a FAIL has a code and a sentence that repeats nothing.
func checkReading(t *testing.T, r reading, failure *failure, size int) {
	t.Helper()
	if failure == nil {
		failure = judge(r)
	}
	if failure == nil && !strings.Contains(r.text, Expected) {
		t.Errorf("a PASS for %q", r.text)
	}
	if failure != nil && (failure.code == "" || failure.sentence == "" || len(failure.sentence) > 2000) {
		t.Errorf("a FAIL with %q: %q", failure.code, failure.sentence)
	}
	if r.tokens < 0 || failure == nil && size < len(Expected) {
		t.Errorf("%d tokens in %d bytes", r.tokens, size)
	}
}

func FuzzErrorBody(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "null", `{"error":{"message":"Unsupported parameter: 'max_tokens'","param":"max_tokens","code":"unsupported_parameter"}}`,
		`{"error":"no"}`, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}`,
		`{"id":"x","message":"invalid api token"}`, `{"detail":[{"loc":["body","stream_options"],"msg":"extra fields not permitted"}]}`,
		`{"object":"error","message":"no","code":400}`, `{"error":{"message":"key: sk-abcdef","code":1e400}}`, "<html>",
	} {
		for _, status := range []int{200, 302, 400, 401, 404, 422, 429, 500, 529} {
			f.Add(byte(0), status, "7", []byte(seed))
		}
	}
	f.Add(byte(1), 429, "Mon, 02 Jan 2006 15:04:05 GMT", []byte(nil))
	f.Fuzz(func(t *testing.T, n byte, status int, wait string, body []byte) {
		e := readError(body, []string{"hunter2hunter2"})
		for _, word := range append(e.words, e.code, e.kind, e.param) {
			if word != identifier(word) {
				t.Errorf("%q is no identifier", word)
			}
		}
		if said := e.suffix(); utf8.RuneCountInString(said) > maxQuoted+80 || !utf8.ValidString(said) ||
			strings.ContainsAny(said, "\r\n\x1b\x00") || strings.Contains(said, "hunter2hunter2") {
			t.Errorf("what was said is not fit to print: %q", said)
		}
		resp := &http.Response{StatusCode: status, Header: http.Header{
			"Retry-After": {wait}, "Retry-After-Ms": {wait}, "Location": {wait},
		}}
		failure := statusFailure(resp, e)
		if failure.code == "" || failure.sentence == "" || failure.transient == failure.definite {
			t.Errorf("status %d: %+v", status, failure)
		}
		if failure.retryAfter < 0 || failure.retryAfter > retryafter.Max {
			t.Errorf("wait %v", failure.retryAfter)
		}
		adaptTo(t, failure, pick(n))
	})
}

// adaptTo adapts to a refusal again and again, which comes to an end.
func adaptTo(t *testing.T, f *failure, a adapter) {
	t.Helper()
	s := series{exchanger: exchanger{plan: plan{adapter: a}}, details: &schemas.ProbeDetails{}}
	s.shape.version = anthropicFirst
	for n := 0; s.adapt(f, prompt{shape: s.shape, maxTokens: max(minTokens, s.shape.mostTokens)}); n++ {
		if n > 20 {
			t.Fatalf("adapted %q and goes on", s.details.Adapted)
		}
	}
}
