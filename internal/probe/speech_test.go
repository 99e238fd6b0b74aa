package probe

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// speech is an answer in pieces of raw JSON, each of which may be of any type.
type speech struct{ content, finish, usage, extra string }

// protocols are how each protocol says a speech, whole and streamed.
var protocols = []struct {
	name   string
	with   adapter
	whole  func(speech) string
	stream func(speech) string
}{
	{"openai", openAI{}, func(s speech) string {
		return fmt.Sprintf(`{"id":1,"created":"now","choices":[{"index":"0","message":{"role":"assistant","content":%s},"finish_reason":%s}],"usage":%s%s}`,
			s.content, s.finish, s.usage, s.extra)
	}, func(s speech) string {
		return frames(`{"id":null,"choices":[{"index":{},"delta":{"role":"assistant","content":""}}]}`,
			fmt.Sprintf(`{"choices":[{"delta":{"content":%s}}]%s}`, s.content, s.extra),
			fmt.Sprintf(`{"choices":[{"delta":{},"finish_reason":%s}],"usage":%s}`, s.finish, s.usage), "[DONE]")
	}},
	{"anthropic", anthropic{}, func(s speech) string {
		return fmt.Sprintf(`{"id":1,"type":"message","role":"assistant","content":%s,"stop_reason":%s,"usage":%s%s}`, s.content, s.finish, s.usage, s.extra)
	}, func(s speech) string {
		return frames(fmt.Sprintf(`{"type":"message_start","message":{"content":[],"usage":%s}}`, s.usage), `{"type":"ping"}`,
			fmt.Sprintf(`{"type":"content_block_delta","index":"x","delta":%s%s}`, s.content, s.extra),
			fmt.Sprintf(`{"type":"message_delta","delta":{"stop_reason":%s},"usage":%s}`, s.finish, s.usage), `{"type":"message_stop"}`)
	}},
	{"cohere", cohere{}, func(s speech) string {
		return fmt.Sprintf(`{"id":1,"message":{"role":"assistant","content":%s},"finish_reason":%s,"usage":%s%s}`, s.content, s.finish, s.usage, s.extra)
	}, func(s speech) string {
		return frames(`{"type":"message-start","delta":{"message":{"content":[]}}}`,
			fmt.Sprintf(`{"type":"content-delta","index":null,"delta":{"message":{"content":%s}}%s}`, s.content, s.extra),
			fmt.Sprintf(`{"type":"message-end","delta":{"finish_reason":%s,"usage":%s}}`, s.finish, s.usage))
	}},
	{"responses", responses{}, func(s speech) string {
		return fmt.Sprintf(`{"id":1,"object":"response","output":[{"type":"reasoning","summary":[]},{"type":"message","content":%s}],"status":%s,"usage":%s%s}`,
			s.content, s.finish, s.usage, s.extra)
	}, func(s speech) string {
		return frames(`{"type":"response.created","response":{"output":[]}}`,
			fmt.Sprintf(`{"type":"response.output_text.delta","delta":%s%s}`, s.content, s.extra),
			fmt.Sprintf(`{"type":"response.completed","response":{"output":[],"status":%s,"usage":%s}}`, s.finish, s.usage))
	}},
}

func frames(all ...string) string { return "data: " + strings.Join(all, "\n\ndata: ") + "\n\n" }

// said completes a speech.
func (s speech) said() speech {
	for to, otherwise := range map[*string]string{&s.content: `"VALIDATION_SUCCESS"`, &s.finish: `"stop"`, &s.usage: `{}`} {
		if *to == "" {
			*to = otherwise
		}
	}
	return s
}

// hear reads a body as the probe does, and judges it.
func hear(a adapter, body string, stream bool, h http.Header) (reading, *failure) {
	now := time.Duration(0)
	r := newReader(a, 100, nil, func() time.Duration { now += time.Millisecond; return now })
	got, f := r.readBody(&http.Response{Header: h}, bytes.NewReader([]byte(body)), 1<<20, stream)
	got.remarks = r.remarks
	if f == nil {
		f = judge(got)
	}
	return got, f
}

func eventStream() http.Header { return http.Header{"Content-Type": {"text/event-stream"}} }

func jsonDocument() http.Header { return http.Header{"Content-Type": {"application/json"}} }

// everyProtocol tests a speech in each protocol, whole and streamed.
func everyProtocol(t *testing.T, name string, s speech, check func(t *testing.T, r reading, f *failure)) {
	t.Helper()
	for _, p := range protocols {
		t.Run(name+" in "+p.name+" whole", func(t *testing.T) {
			r, f := hear(p.with, p.whole(s.said()), false, jsonDocument())
			check(t, r, f)
		})
		t.Run(name+" in "+p.name+" streamed", func(t *testing.T) {
			r, f := hear(p.with, p.stream(s.said()), true, eventStream())
			check(t, r, f)
		})
	}
}

func heard(t *testing.T, _ reading, f *failure) {
	t.Helper()
	if f != nil {
		t.Errorf("a good answer fails: %s: %s", f.code, f.sentence)
	}
}
