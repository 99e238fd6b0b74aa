package probe

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"model-registrar/schemas"
)

func TestStatisticsNeverDecide(t *testing.T) {
	for _, usage := range []string{
		`{"completion_tokens":"5","output_tokens":"5","tokens":{"output_tokens":"5"}}`, `{"completion_tokens":5.0,"output_tokens":5.0}`,
		`{"completion_tokens":null,"output_tokens":null,"tokens":null}`, `{"completion_tokens":{"n":5},"output_tokens":[5],"tokens":"n/a"}`,
		`"n/a"`, `[]`, `null`, `5`, `true`, `[{"completion_tokens":5}]`, `{"completion_tokens":-5,"output_tokens":-5}`,
		`{"completion_tokens":1e400,"output_tokens":1e400}`, `{"completion_tokens":"many","output_tokens":"","tokens":[]}`,
	} {
		everyProtocol(t, usage, speech{usage: usage}, func(t *testing.T, r reading, f *failure) {
			heard(t, r, f)
			if r.tokens < 1 {
				t.Errorf("%d tokens", r.tokens)
			}
		})
	}
	for _, finish := range []string{`1`, `null`, `{"reason":"stop"}`, `[]`, `"null"`, `""`, `true`, `"some_new_reason"`} {
		everyProtocol(t, "finish "+finish, speech{finish: finish}, heard)
	}
	for _, extra := range []string{
		`,"reasoning":{"effort":"low"}`, `,"model":5,"created":"yesterday"`, `,"system_fingerprint":[]`, `,"service_tier":{}`, `,"timings":"n/a"`,
	} {
		everyProtocol(t, extra, speech{extra: extra}, heard)
	}
}

func TestContentComesInAnyShape(t *testing.T) {
	for _, content := range []string{
		`"VALIDATION_SUCCESS"`, `{"type":"text","text":"VALIDATION_SUCCESS"}`, `{"text":"VALIDATION_SUCCESS"}`,
		`[{"type":"text","text":"VALIDATION_"},{"type":"text","text":"SUCCESS"}]`, `["VALIDATION_","SUCCESS"]`,
		`[{"type":"text","text":[{"type":"text","text":"VALIDATION_SUCCESS"}]}]`,
		`[{"type":"thinking","thinking":[{"type":"text","text":"hmm"}]},{"type":"text","text":"VALIDATION_SUCCESS"}]`,
		`[{"type":"reasoning","content":"hmm"},"VALIDATION_SUCCESS"]`, `[{"type":"image_url","text":"no"},{"type":"text","text":"VALIDATION_SUCCESS"}]`,
		`[{"type":"output_text","text":"VALIDATION_SUCCESS","annotations":[]}]`, `[[["VALIDATION_SUCCESS"]]]`,
		`[{"type":"text","text":{"value":"VALIDATION_SUCCESS","annotations":[]}}]`, `[null,5,{"text":"VALIDATION_SUCCESS"}]`,
		`{"content":[{"text":"VALIDATION_SUCCESS"}]}`, `[{"type":"redacted_thinking","data":"x"},{"type":"text","text":"VALIDATION_SUCCESS"}]`,
	} {
		everyProtocol(t, content, speech{content: content}, heard)
	}
}

func TestAWholeAnswerMayComeInsideAStream(t *testing.T) {
	for _, p := range protocols {
		whole := p.whole(speech{usage: `{"completion_tokens":5}`}.said())
		for name, body := range map[string]string{
			"as one event":        "data: " + whole + "\n\n",
			"before [DONE]":       "data: " + whole + "\n\ndata: [DONE]\n\n",
			"as a named event":    "event: message\ndata: " + whole + "\n\n",
			"without a frame":     "\n\n" + whole + "\n",
			"after a comment":     ": hello\n\n" + "data: " + whole + "\n\n",
			"after its pieces":    strings.Replace(p.stream(speech{}.said()), "data: [DONE]\n\n", "", 1) + "data: [DONE]\n\n",
			"over several lines":  "data: " + strings.Replace(whole, ",", ",\ndata: ", 1) + "\n\n",
			"with CRLF":           strings.ReplaceAll("data: "+whole+"\n\n", "\n", "\r\n"),
			"with CR alone":       strings.ReplaceAll("data: "+whole+"\n\n", "\n", "\r"),
			"without a last line": "data: " + whole,
		} {
			t.Run(p.name+" "+name, func(t *testing.T) {
				r, f := hear(p.with, body, true, eventStream())
				heard(t, r, f)
			})
		}
	}
}

func TestChunksOfOpenAIInOtherSpellings(t *testing.T) {
	for name, body := range map[string]string{
		"message in place of delta": frames(`{"choices":[{"message":{"content":"VALIDATION_"}}]}`, `{"choices":[{"message":{"content":"SUCCESS"},"finish_reason":"stop"}]}`, "[DONE]"),
		"message beside delta": frames(`{"choices":[{"delta":{"content":"VALIDATION_"},"message":{"content":"VALIDATION_"}}]}`,
			`{"choices":[{"delta":{"content":"SUCCESS"},"message":{"content":"VALIDATION_SUCCESS"},"finish_reason":"stop"}]}`, "[DONE]"),
		"message of all at the end": frames(`{"object":"chat.completion.chunk","choices":[{"delta":{"content":"VALIDATION_SUCCESS"}}]}`,
			`{"object":"chat.completion","choices":[{"message":{"content":"VALIDATION_SUCCESS"},"finish_reason":"stop"}]}`, "[DONE]"),
		"text":                     frames(`{"choices":[{"text":"VALIDATION_SUCCESS","finish_reason":"stop"}]}`, "[DONE]"),
		"delta as text":            frames(`{"choices":[{"delta":"VALIDATION_SUCCESS"}]}`, "[DONE]"),
		"[DONE] with space":        "data:  [DONE] \n\n" + frames(`{"choices":[]}`),
		"one choice, no list":      frames(`{"choices":{"delta":{"content":"VALIDATION_SUCCESS"}}}`, "[DONE]"),
		"null beside everything":   frames(`{"choices":[{"delta":{"content":"VALIDATION_SUCCESS","refusal":null,"tool_calls":null},"finish_reason":null,"error":null}],"error":null}`, "[DONE]"),
		"no DONE, but a reason":    frames(`{"choices":[{"delta":{"content":"VALIDATION_SUCCESS"},"finish_reason":"stop"}]}`),
		"complete without a frame": `{"choices":[{"delta":{"content":"VALIDATION_"}}]}` + "\n" + `{"choices":[{"delta":{"content":"SUCCESS"},"finish_reason":"stop"}]}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			r, f := hear(openAI{}, body, true, eventStream())
			if name == "[DONE] with space" {
				if f == nil || f.code != schemas.ReasonAnswerEmpty {
					t.Errorf("got %+v", f)
				}
				return
			}
			heard(t, r, f)
		})
	}
}

func TestTheBodyDecidesAndNotTheHeader(t *testing.T) {
	types := map[string][]string{
		"none": nil, "doubled": {"text/event-stream", "text/event-stream"}, "two": {"application/json", "text/event-stream"},
		"plain": {"text/plain; charset=utf-8"}, "ndjson": {"application/x-ndjson"}, "binary": {"application/octet-stream"},
		"vendor": {"application/vnd.api+json"}, "html": {"text/html"}, "rubbish": {"/;;="}, "problem": {"application/problem+json"},
	}
	for name, contentType := range types {
		for _, p := range protocols {
			for body, stream := range map[string]bool{p.stream(speech{}.said()): true, p.whole(speech{}.said()): false} {
				t.Run(name+" "+p.name, func(t *testing.T) {
					r, f := hear(p.with, body, stream, http.Header{"Content-Type": contentType})
					heard(t, r, f)
					if len(r.remarks) != 1 || !strings.Contains(r.remarks[0], "content type") {
						t.Errorf("remarks %q", r.remarks)
					}
				})
			}
		}
	}
	for _, p := range protocols {
		r, f := hear(p.with, p.whole(speech{}.said()), true, jsonDocument())
		heard(t, r, f)
		if len(r.remarks) != 1 || !strings.Contains(r.remarks[0], "one document") {
			t.Errorf("a document where a stream was asked for: remarks %q", r.remarks)
		}
		r, f = hear(p.with, p.stream(speech{}.said()), false, eventStream())
		heard(t, r, f)
		if len(r.remarks) != 1 || !strings.Contains(r.remarks[0], "came as a stream") {
			t.Errorf("a stream where a document was asked for: remarks %q", r.remarks)
		}
	}
}

func TestCompressionThatWasNotAskedForIsUndone(t *testing.T) {
	writers := map[string]func(io.Writer) io.WriteCloser{
		"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"zlib": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"raw":  func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 5); return f },
	}
	for name, c := range map[string]struct{ how, header string }{
		"gzip": {"gzip", "gzip"}, "x-gzip": {"gzip", "x-gzip"}, "gzip unsaid": {"gzip", ""}, "deflate": {"zlib", "deflate"}, "deflate, raw": {"raw", "deflate"},
		"gzip in capitals": {"gzip", "GZIP"},
	} {
		for _, p := range protocols {
			for _, stream := range []bool{true, false} {
				body, h := p.whole(speech{}.said()), jsonDocument()
				if stream {
					body, h = p.stream(speech{}.said()), eventStream()
				}
				var packed bytes.Buffer
				w := writers[c.how](&packed)
				_, _ = io.WriteString(w, body)
				_ = w.Close()
				if c.header != "" {
					h.Set("Content-Encoding", c.header)
				}
				r, f := hear(p.with, packed.String(), stream, h)
				heard(t, r, f)
				if len(r.remarks) != 1 || !strings.Contains(r.remarks[0], "compressed") {
					t.Errorf("%s: remarks %q", name, r.remarks)
				}
			}
		}
	}
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, _ = io.Copy(w, io.LimitReader(zeros{}, 8<<20))
	_ = w.Close()
	if _, f := hear(openAI{}, bomb.String(), true, eventStream()); f == nil || f.code != schemas.ReasonResponseTooLarge && f.code != schemas.ReasonContentType {
		t.Errorf("a bomb: %+v", f)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for n := range p {
		p[n] = 'x'
	}
	return len(p), nil
}

func TestDataThatIsNoJSONIsAKeepAliveBetweenGoodOnes(t *testing.T) {
	for _, p := range protocols {
		for _, junk := range []string{"ping", "keep-alive", "OK", "...", "{not json}", "hello: world"} {
			stream := p.stream(speech{}.said())
			body := strings.Replace(stream, "\n\n", "\n\ndata: "+junk+"\n\n", 1)
			r, f := hear(p.with, body, true, eventStream())
			heard(t, r, f)
			if !slices.ContainsFunc(r.remarks, func(s string) bool { return strings.Contains(s, "keep-alives") }) {
				t.Errorf("%s with %q: remarks %q", p.name, junk, r.remarks)
			}
		}
		if _, f := hear(p.with, strings.Replace(p.stream(speech{}.said()), "\n\n", "\n\ndata: <html><title>x</title>\n\n", 1), true, eventStream()); f == nil || f.code != schemas.ReasonHTML {
			t.Errorf("a page in a frame of %s: %+v", p.name, f)
		}
	}
}

func TestAnErrorThatSaysNothingIsNone(t *testing.T) {
	for _, extra := range []string{
		`,"error":{}`, `,"error":""`, `,"error":false`, `,"error":null`, `,"error":{"message":"","code":null,"type":"","param":null}`,
		`,"code":0,"message":"Success"`, `,"code":200,"message":"ok"`, `,"detail":"ok"`, `,"error":[]`, `,"error":0`, `,"errors":[]`,
		`,"error":{"code":0,"message":"Success"}`, `,"code":"0","msg":"SUCCESS"`, `,"error":"none"`, `,"error":{"message":null}`, `,"errors":null`,
		`,"error":{"code":200}`, `,"base_resp":{"status_code":0,"status_msg":"success"}`, `,"error":[{}]`, `,"error":" "`,
	} {
		for _, p := range protocols {
			if p.name == "cohere" && strings.Contains(extra, `"message"`) && !strings.Contains(extra, `"error"`) {
				continue // its answer is at that place
			}
			for body, stream := range map[string]bool{p.stream(speech{extra: extra}.said()): true, p.whole(speech{extra: extra}.said()): false} {
				r, f := hear(p.with, body, stream, map[bool]http.Header{true: eventStream(), false: jsonDocument()}[stream])
				if f != nil {
					t.Errorf("%s in %s, streamed %v: %s: %s", extra, p.name, stream, f.code, f.sentence)
				}
				_ = r
			}
		}
	}
}

func TestAnErrorThatSaysSomethingIsOneWhereverItStands(t *testing.T) {
	for _, extra := range []string{
		`,"error":{"message":"boom"}`, `,"error":"boom"`, `,"error":{"code":"boom"}`, `,"errors":[{"message":"boom"}]`, `,"error":[{"detail":"boom"}]`,
		`,"error":{"error":{"message":"boom"}}`, `,"code":500,"msg":"boom"`, `,"error":"{\"message\":\"boom\"}"`, `,"base_resp":{"status_code":1000,"status_msg":"boom"}`,
		`,"error":{"message":{"detail":"boom"}}`,
	} {
		everyProtocol(t, extra, speech{extra: extra}, func(t *testing.T, _ reading, f *failure) {
			if f == nil || !strings.Contains(f.sentence, "boom") {
				t.Errorf("got %+v", f)
			}
		})
	}
}
