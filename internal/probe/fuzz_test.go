package probe

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"model-registrar/schemas"
)

var architectures = []schemas.Architecture{schemas.OpenAI, schemas.Azure, schemas.Anthropic, schemas.Cohere, schemas.Custom}

// pick chooses an adapter by a byte of the fuzzer's.
func pick(n byte) adapter { return adapters[architectures[int(n)%len(architectures)]] }

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
		r, failure := readStream(bytes.NewReader(body), pick(n), minTokens, clock())
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
		r, failure := readWhole(bytes.NewReader(body), pick(n), minTokens, clock())
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
		e := parseError(body)
		for _, word := range []string{e.Code, e.Type, e.Param} {
			if word != identifier(word) {
				t.Errorf("%q is no identifier", word)
			}
		}
		if utf8.RuneCountInString(e.Message) > 301 || !utf8.ValidString(e.Message) || strings.ContainsAny(e.Message, "\r\n\x1b\x00") {
			t.Errorf("the message is not fit to print: %q", e.Message)
		}
		resp := &http.Response{StatusCode: status, Header: http.Header{
			"Retry-After": {wait}, "Retry-After-Ms": {wait}, "Location": {wait},
		}}
		a := pick(n)
		failure := statusFailure(resp, body, a)
		if failure.code == "" || failure.sentence == "" || failure.transient == failure.definite {
			t.Errorf("status %d: %+v", status, failure)
		}
		if failure.retryAfter < 0 || failure.retryAfter > maxRetryAfter {
			t.Errorf("wait %v", failure.retryAfter)
		}
		if failure.refused != "" && !slices.Contains(a.adaptable(), failure.refused) {
			t.Errorf("%q cannot be adapted to", failure.refused)
		}
		if e, is := errorUnder200(body); is && e.under200("body").code != CodeErrorBody {
			t.Error("an error body with another code")
		}
	})
}

func FuzzEndpointURL(f *testing.F) {
	for n := range architectures {
		for _, seed := range []string{
			"https://h", "https://h/v1/", "https://h/openai/deployments/d?api-version=v", "https://u:p@h/", "https://[::1]:80/%2F",
			"http://127.0.0.1:1/v1/chat/completions?key=x", "https://１２７.1", "https://h/../..//v1", "//", "https://h/a%00b#c",
		} {
			f.Add(byte(n), seed)
		}
	}
	f.Fuzz(func(t *testing.T, n byte, endpoint string) {
		p, failure := newPlan(schemas.ProbeInput{Name: "name", EndpointURL: endpoint, Architecture: architectures[int(n)%len(architectures)]})
		if failure != nil {
			if failure.code != CodeEndpointInvalid {
				t.Errorf("code %s", failure.code)
			}
			return
		}
		before, failure := parseEndpoint(endpoint)
		if failure != nil || before.Host != p.target.url.Host || before.Scheme != p.target.url.Scheme || p.target.url.User != nil {
			t.Errorf("%s becomes %s", endpoint, p.target.url)
		}
		if strings.Contains(p.target.url.EscapedPath(), "//") {
			t.Errorf("a doubled slash in %s", p.target.url)
		}
		if again, failure := parseEndpoint(p.target.url.String()); failure != nil || again.Host != before.Host {
			t.Errorf("%s is not read as the same host again: %v", p.target.url, failure)
		}
	})
}
