package simulator_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

// dialect is one provider as a client sees it.
type dialect struct {
	name, path, body string
	headers          []string
	// answer finds the text in a whole answer; delta the text in a frame, or nothing.
	answer func(answer) string
	delta  func(map[string]any) string
	// last is part of the stream's last frame, wrong part of a refusal of an unknown member.
	last, unknown string
	unknownStatus int
	broke         string
}

const prompt = `"messages":[{"role":"user","content":"Respond with exactly: VALIDATION_SUCCESS"}]`

func dialects() []dialect {
	bearer := []string{"Authorization", "Bearer " + simulator.DefaultProviderToken}
	apiKey := []string{"api-key", simulator.DefaultProviderToken}
	chat := dialect{
		body:   `{"model":"m",` + prompt + `,"temperature":0,"max_tokens":10}`,
		answer: func(a answer) string { return at(a.body, "choices", 0, "message", "content") },
		delta:  func(f map[string]any) string { return dig(f, "choices", 0, "delta", "content") },
		last:   "[DONE]", unknown: `"param":"zzz"`, unknownStatus: 400, broke: `"code":"insufficient_quota"`,
	}
	as := func(name, path string, headers []string) dialect {
		d := chat
		d.name, d.path, d.headers = name, path, headers
		return d
	}
	return []dialect{
		as("openai", "/providers/openai/v1/chat/completions", bearer),
		as("custom", "/providers/custom/v1/chat/completions", bearer),
		as("custom with a scheme of its own", "/providers/custom/v1/chat/completions", []string{"Authorization", "Token " + simulator.DefaultProviderToken}),
		as("custom with a header of its own", "/providers/custom/v1/chat/completions", []string{"X-Custom-Key", simulator.DefaultProviderToken}),
		as("azure classic", "/providers/azure/openai/deployments/gpt/chat/completions?api-version=2024-10-21", apiKey),
		as("azure v1", "/providers/azure/openai/v1/chat/completions", apiKey),
		{
			name: "anthropic", path: "/providers/anthropic/v1/messages", body: chat.body,
			headers: []string{"x-api-key", simulator.DefaultProviderToken, "anthropic-version", "2023-06-01"},
			answer:  func(a answer) string { return at(a.body, "content", 0, "text") },
			delta:   func(f map[string]any) string { return dig(f, "delta", "text") },
			last:    `"message_stop"`, unknown: "zzz: Extra inputs", unknownStatus: 400, broke: "credit balance",
		},
		{
			name: "cohere", path: "/providers/cohere/v2/chat", body: chat.body, headers: bearer,
			answer: func(a answer) string { return at(a.body, "message", "content", 0, "text") },
			delta: func(f map[string]any) string {
				if f["type"] != "content-delta" {
					return ""
				}
				return dig(f, "delta", "message", "content", "text")
			},
			last: `"message-end"`, unknown: "zzz", unknownStatus: 422, broke: "credit",
		},
	}
}

// dig follows keys and indexes to a string, or to nothing.
func dig(value any, steps ...any) string {
	for _, step := range steps {
		switch key := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[key]
		case int:
			list, _ := value.([]any)
			if key >= len(list) {
				return ""
			}
			value = list[key]
		}
	}
	s, _ := value.(string)
	return s
}

func at(body string, steps ...any) string {
	var value any
	_ = json.Unmarshal([]byte(body), &value)
	return dig(value, steps...)
}

func (w *world) ask(d dialect, body string) answer {
	w.t.Helper()
	return w.must(http.MethodPost, d.path, body, append(slices.Clone(d.headers), "Content-Type", "application/json")...)
}

func streaming(body string) string { return `{"stream":true,` + body[1:] }

// datas are the data lines of a stream.
func datas(body string) []string {
	var found []string
	for line := range strings.Lines(body) {
		if data, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "data: "); ok {
			found = append(found, data)
		}
	}
	return found
}

func (d dialect) streamed(body string) string {
	var said strings.Builder
	for _, data := range datas(body) {
		var f map[string]any
		if json.Unmarshal([]byte(data), &f) == nil {
			said.WriteString(d.delta(f))
		}
	}
	return said.String()
}

func eachDialect(t *testing.T, check func(t *testing.T, w *world, d dialect)) {
	for _, d := range dialects() {
		t.Run(d.name, func(t *testing.T) { check(t, start(t, simulator.Options{}), d) })
	}
}

func (w *world) orderAnswer(a control.Action) {
	w.t.Helper()
	w.order(control.Fault{Match: control.Match{Op: control.OpProvider}, Action: a})
}

func TestEveryProviderAnswersWholeAndStreamed(t *testing.T) {
	eachDialect(t, func(t *testing.T, w *world, d dialect) {
		if a := w.ask(d, d.body); a.status != 200 || d.answer(a) != "VALIDATION_SUCCESS" {
			t.Errorf("whole: %d %s", a.status, a.body)
		}
		a := w.ask(d, streaming(d.body))
		frames := datas(a.body)
		if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/event-stream") || d.streamed(a.body) != "VALIDATION_SUCCESS" {
			t.Fatalf("streamed: %d %s", a.status, a.body)
		}
		if strings.Contains(frames[0], "VALI") || !strings.Contains(frames[len(frames)-1], d.last) {
			t.Errorf("first frame %s, last frame %s", frames[0], frames[len(frames)-1])
		}
		seen, err := w.control.Requests(t.Context(), control.RequestFilter{Op: control.OpProvider})
		if err != nil || len(seen) != 2 || !seen[0].Authorized || seen[0].ModelName != "m" || seen[0].Credential == "" {
			t.Errorf("%+v, %v", seen, err)
		}
	})
}

func TestEveryProviderRefusesWhatTheRealOneRefuses(t *testing.T) {
	eachDialect(t, func(t *testing.T, w *world, d dialect) {
		if a := w.ask(d, `{"zzz":1,`+d.body[1:]); a.status != d.unknownStatus || !strings.Contains(a.body, d.unknown) {
			t.Errorf("unknown member: %d %s", a.status, a.body)
		}
		if a := w.ask(d, `{"model":"m"}`); a.status < 400 {
			t.Errorf("no messages: %d", a.status)
		}
		if a := w.ask(d, `{"stop":[1],"stop_sequences":[1],`+d.body[1:]); a.status < 400 {
			t.Errorf("stop sequences of numbers: %d", a.status)
		}
		for _, messages := range []string{`[]`, `[1]`, `[{"role":"user"}]`, `[{"role":"robot","content":"x"}]`, `[{"role":"user","content":[]}]`,
			`[{"role":"user","content":[{"type":"image"}]}]`, `[{"role":"user","content":"x","mood":"y"}]`} {
			if a := w.ask(d, `{"model":"m","max_tokens":10,"messages":`+messages+`}`); a.status < 400 {
				t.Errorf("messages %s: %d", messages, a.status)
			}
		}
		parts := `{"model":"m","max_tokens":10,"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]}`
		if a := w.ask(d, parts); a.status != 200 {
			t.Errorf("text in parts: %d %s", a.status, a.body)
		}
		if a := w.ask(d, `{`); a.status != 400 {
			t.Errorf("no JSON: %d", a.status)
		}
		if a := w.ask(d, strings.Replace(d.body, `"temperature":0`, `"temperature":"0"`, 1)); a.status < 400 {
			t.Errorf("temperature as text: %d", a.status)
		}
		if a := w.must(http.MethodPost, d.path, d.body, append(slices.Clone(d.headers), "Content-Type", "text/plain")...); a.status != 400 {
			t.Errorf("content type: %d", a.status)
		}
		if a := w.must(http.MethodPost, d.path, d.body, "Content-Type", "application/json"); a.status != 401 {
			t.Errorf("no token: %d", a.status)
		}
		wrong := slices.Clone(d.headers)
		wrong[1] = strings.Replace(wrong[1], simulator.DefaultProviderToken, "other", 1)
		if a := w.must(http.MethodPost, d.path, d.body, append(wrong, "Content-Type", "application/json")...); a.status != 401 || strings.Contains(a.body, "other") {
			t.Errorf("wrong token: %d %s", a.status, a.body)
		}
	})
}

func TestReasoningModelsRefuseClassicParametersAndSpendTheBudgetOnThinking(t *testing.T) {
	w := start(t, simulator.Options{})
	d := dialects()[0]
	ask := func(rest string) answer { return w.ask(d, `{"model":"reasoning-1",`+prompt+rest+`}`) }
	if a := ask(`,"max_tokens":10`); a.status != 400 || !strings.Contains(a.body, `"code":"unsupported_parameter"`) || !strings.Contains(a.body, `"param":"max_tokens"`) {
		t.Errorf("max_tokens: %s", a.body)
	}
	if a := ask(`,"temperature":0`); a.status != 400 || !strings.Contains(a.body, `"code":"unsupported_value"`) || !strings.Contains(a.body, `"param":"temperature"`) {
		t.Errorf("temperature: %s", a.body)
	}
	if a := ask(`,"max_completion_tokens":10`); d.answer(a) != "" || at(a.body, "choices", 0, "finish_reason") != "length" {
		t.Errorf("a small budget: %s", a.body)
	}
	if a := ask(`,"max_completion_tokens":100,"temperature":1`); d.answer(a) != "VALIDATION_SUCCESS" {
		t.Errorf("a large budget: %s", a.body)
	}
}

func TestDialectsHaveTheirOwnRules(t *testing.T) {
	w := start(t, simulator.Options{})
	apiKey := []string{"api-key", simulator.DefaultProviderToken, "Content-Type", "application/json"}
	body := dialects()[0].body
	classic := "/providers/azure/openai/deployments/"
	v1 := "/providers/azure/openai/v1/chat/completions"
	cases := []struct {
		name, path, body string
		headers          []string
		status           int
		part             string
	}{
		{"azure without api-version", classic + "gpt/chat/completions", body, apiKey, 404, "Resource not found"},
		{"azure with a wrong api-version", classic + "gpt/chat/completions?api-version=latest", body, apiKey, 400, "API version"},
		{"azure without that deployment", classic + "missing/chat/completions?api-version=2024-10-21", body, apiKey, 404, "DeploymentNotFound"},
		{"azure needs no model in the body", classic + "gpt/chat/completions?api-version=2024-10-21", `{` + prompt + `}`, apiKey, 200, "VALIDATION_SUCCESS"},
		{"azure v1 with api-version", v1 + "?api-version=2024-10-21", body, apiKey, 400, "not allowed"},
		{"azure v1 without that model", v1, strings.Replace(body, `"m"`, `"missing"`, 1), apiKey, 404, "DeploymentNotFound"},
		{"azure with a bearer token", v1, body, []string{"Authorization", "Bearer " + simulator.DefaultProviderToken, "Content-Type", "application/json"}, 401, "API key"},
		{"anthropic without max_tokens", "/providers/anthropic/v1/messages", `{"model":"m",` + prompt + `}`, []string{"x-api-key", simulator.DefaultProviderToken, "anthropic-version", "2023-06-01", "Content-Type", "application/json"}, 400, "max_tokens: Field required"},
		{"anthropic without its version", "/providers/anthropic/v1/messages", body, []string{"x-api-key", simulator.DefaultProviderToken, "Content-Type", "application/json"}, 400, "anthropic-version"},
		{"anthropic with a system message", "/providers/anthropic/v1/messages", strings.Replace(body, `"user"`, `"system"`, 1), []string{"x-api-key", simulator.DefaultProviderToken, "anthropic-version", "2023-06-01", "Content-Type", "application/json"}, 400, "role"},
		{"cohere with top_p", "/providers/cohere/v2/chat", `{"top_p":1,` + body[1:], []string{"Authorization", "Bearer " + simulator.DefaultProviderToken, "Content-Type", "application/json"}, 422, "top_p"},
		{"stream_options without stream", "/providers/openai/v1/chat/completions", `{"stream_options":{"include_usage":true},` + body[1:], []string{"Authorization", "Bearer " + simulator.DefaultProviderToken, "Content-Type", "application/json"}, 400, "stream_options"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if a := w.must(http.MethodPost, c.path, c.body, c.headers...); a.status != c.status || !strings.Contains(a.body, c.part) {
				t.Fatalf("want %d with %q, got %d %s", c.status, c.part, a.status, a.body)
			}
		})
	}
}

func TestUsageComesInAFrameWithoutChoicesWhenAskedFor(t *testing.T) {
	w := start(t, simulator.Options{})
	d := dialects()[0]
	with := datas(w.ask(d, `{"stream_options":{"include_usage":true},`+streaming(d.body)[1:]).body)
	if f := with[len(with)-2]; !strings.Contains(f, `"choices":[]`) || !strings.Contains(f, `"completion_tokens":5`) {
		t.Errorf("usage frame: %s", f)
	}
	if strings.Contains(w.ask(d, streaming(d.body)).body, `"usage"`) {
		t.Error("usage without asking")
	}
}

func TestAzureStreamsAFirstFrameWithoutChoices(t *testing.T) {
	w := start(t, simulator.Options{})
	for _, d := range dialects() {
		first := datas(w.ask(d, streaming(d.body)).body)[0]
		if got := strings.Contains(first, `"choices":[]`); got != strings.HasPrefix(d.name, "azure") {
			t.Errorf("%s: %s", d.name, first)
		}
	}
}

func TestEveryFailureCanBeOrderedOfEveryProvider(t *testing.T) {
	eachDialect(t, func(t *testing.T, w *world, d dialect) {
		ask := func(a control.Action) (whole, streamed answer) {
			t.Helper()
			if err := w.control.ClearFaults(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.orderAnswer(a)
			return w.ask(d, d.body), w.ask(d, streaming(d.body))
		}
		whole, streamed := ask(control.Action{Answer: "No."})
		if d.answer(whole) != "No." || d.streamed(streamed.body) != "No." {
			t.Errorf("answer: %s %s", whole.body, streamed.body)
		}
		whole, streamed = ask(control.Action{Empty: true})
		if d.answer(whole) != "" || whole.status != 200 || d.streamed(streamed.body) != "" || !strings.Contains(streamed.body, d.last) {
			t.Errorf("empty: %s %s", whole.body, streamed.body)
		}
		whole, streamed = ask(control.Action{ErrorBody: true})
		if whole.status != 200 || streamed.status != 200 || !strings.Contains(whole.body, "had an error") || !strings.Contains(streamed.body, "had an error") {
			t.Errorf("error body: %s %s", whole.body, streamed.body)
		}
		whole, streamed = ask(control.Action{HTML: true})
		if whole.status != 200 || !strings.Contains(whole.body, "<html>") || !strings.Contains(streamed.body, "<html>") {
			t.Errorf("html: %s", whole.body)
		}
		whole, streamed = ask(control.Action{ContentType: "text/plain"})
		if whole.header.Get("Content-Type") != "text/plain" || streamed.header.Get("Content-Type") != "text/plain" {
			t.Errorf("content type: %v", whole.header)
		}
		whole, streamed = ask(control.Action{InsufficientQuota: true})
		if whole.status < 400 || !strings.Contains(whole.body, d.broke) || !strings.Contains(streamed.body, d.broke) {
			t.Errorf("quota: %d %s", whole.status, whole.body)
		}
		whole, _ = ask(control.Action{Status: 429, RetryAfterSeconds: 3, Headers: map[string]string{"retry-after-ms": "2500"}})
		if whole.status != 429 || whole.header.Get("Retry-After") != "3" || whole.header.Get("Retry-After-Ms") != "2500" {
			t.Errorf("429: %v", whole.header)
		}
		whole, _ = ask(control.Action{UnsupportedParameter: "temperature"})
		if whole.status < 400 || !strings.Contains(whole.body, "'temperature' is not supported") {
			t.Errorf("unsupported: %s", whole.body)
		}
		_, streamed = ask(control.Action{ReasoningTokens: 2})
		if !strings.Contains(streamed.body, "Let me think") || d.streamed(streamed.body) != "VALIDATION_SUCCESS" {
			t.Errorf("thinking: %s", streamed.body)
		}
		whole, streamed = ask(control.Action{FinishReason: "content_filter"})
		if !strings.Contains(whole.body, "content_filter") || !strings.Contains(streamed.body, "content_filter") {
			t.Errorf("finish reason: %s", whole.body)
		}
	})
}

func TestAnAnswerCanStopInTheMiddle(t *testing.T) {
	eachDialect(t, func(t *testing.T, w *world, d dialect) {
		headers := append(slices.Clone(d.headers), "Content-Type", "application/json")
		id := w.order(control.Fault{Match: control.Match{Op: control.OpProvider}, Action: control.Action{Truncate: true}})
		a := w.ask(d, streaming(d.body))
		if d.streamed(a.body) != "VALIDATI" || strings.Contains(a.body, d.last) {
			t.Errorf("truncated stream: %s", a.body)
		}
		if _, err := w.request(http.MethodPost, d.path, d.body, headers...); err == nil {
			t.Error("a truncated answer arrived whole")
		}
		if err := w.control.ClearFault(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.orderAnswer(control.Action{Cut: control.CutMiddle})
		a, err := w.request(http.MethodPost, d.path, streaming(d.body), headers...)
		if err == nil || d.streamed(a.body) != "VALIDATI" {
			t.Errorf("broken stream: %v %s", err, a.body)
		}
	})
}

func TestAnEndlessAnswerGoesOnUntilTheClientLeaves(t *testing.T) {
	w := start(t, simulator.Options{})
	w.orderAnswer(control.Action{Endless: true})
	d := dialects()[0]
	for _, body := range []string{d.body, streaming(d.body)} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+d.path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", d.headers[1])
		req.Header.Set("Content-Type", "application/json")
		resp, err := w.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		buffer := make([]byte, 512)
		for read := 0; read < 8192; {
			n, err := resp.Body.Read(buffer)
			if err != nil {
				t.Fatalf("ended after %d bytes: %v", read, err)
			}
			read += n
		}
		_ = resp.Body.Close()
	}
}

func TestDelaysOfTokensAreKept(t *testing.T) {
	w := start(t, simulator.Options{})
	w.orderAnswer(control.Action{FirstTokenMS: 60, BetweenTokensMS: 20})
	d := dialects()[0]
	for name, body := range map[string]string{"whole": d.body, "streamed": streaming(d.body)} {
		begun := time.Now()
		w.ask(d, body)
		if took := time.Since(begun); took < 140*time.Millisecond {
			t.Errorf("%s: five tokens took %v, less than 60 + 4 × 20 ms", name, took)
		}
	}
}
