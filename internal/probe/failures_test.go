package probe_test

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// providerFailures are what the simulator's providers can be ordered to do wrong, for every architecture.
var providerFailures = []struct {
	name    string
	action  control.Action
	code    string
	retried bool // while it is the cold sample that shows it
}{
	{name: "another answer", action: control.Action{Answer: "I am fine, thanks"}, code: schemas.ReasonAnswerMismatch},
	{name: "the answer with more around it", action: control.Action{Answer: "Sure! VALIDATION_SUCCESS"}, code: schemas.ReasonAnswerMismatch},
	{name: "the answer in another case", action: control.Action{Answer: "validation_success"}, code: schemas.ReasonAnswerMismatch},
	{name: "an empty answer", action: control.Action{Empty: true}, code: schemas.ReasonAnswerEmpty},
	{name: "an answer of spaces", action: control.Action{Answer: "  \n "}, code: schemas.ReasonAnswerEmpty},
	{name: "a looping answer", action: control.Action{Answer: strings.Repeat("VALIDATION_SUCCESS ", 20)}, code: schemas.ReasonAnswerLooping},
	{name: "an HTML page under 200", action: control.Action{HTML: true}, code: schemas.ReasonHTML},
	{name: "an HTML page that calls itself JSON", action: control.Action{Body: "<!doctype html><p>hello", ContentType: "application/json"}, code: schemas.ReasonHTML},
	{name: "an HTML page that calls itself a stream", action: control.Action{Body: "<html>", ContentType: "text/event-stream"}, code: schemas.ReasonHTML},
	{name: "plain text", action: control.Action{Body: "VALIDATION_SUCCESS", ContentType: "text/plain"}, code: schemas.ReasonContentType},
	{name: "an error body under 200", action: control.Action{ErrorBody: true}, code: schemas.ReasonErrorBody},
	{name: "an answer cut in the middle", action: control.Action{Cut: control.CutMiddle}, code: schemas.ReasonStreamTruncated},
	{name: "an answer that ends in the middle", action: control.Action{Truncate: true}, code: schemas.ReasonStreamTruncated},
	{name: "content filtered", action: control.Action{Answer: "no", FinishReason: "content_filter"}, code: schemas.ReasonContentFiltered},
	{name: "a redirect", action: control.Action{Status: 307, Headers: map[string]string{"Location": "http://169.254.169.254/?key=x"}}, code: schemas.ReasonRedirect},
	{name: "status 400", action: control.Action{Status: 400, Message: "no"}, code: schemas.ReasonBadRequest},
	{name: "status 401", action: control.Action{Status: 401}, code: schemas.ReasonUnauthorized},
	{name: "status 403", action: control.Action{Status: 403}, code: schemas.ReasonForbidden},
	{name: "status 404", action: control.Action{Status: 404, Message: "no such path"}, code: schemas.ReasonNotFound},
	{name: "status 405", action: control.Action{Status: 405}, code: schemas.ReasonBadRequest},
	{name: "status 408", action: control.Action{Status: 408}, code: schemas.ReasonRequestTimeout, retried: true},
	{name: "status 422", action: control.Action{Status: 422}, code: schemas.ReasonBadRequest},
	{name: "status 429", action: control.Action{Status: 429}, code: schemas.ReasonRateLimited, retried: true},
	{name: "status 498", action: control.Action{Status: 498}, code: schemas.ReasonUnauthorized},
	{name: "status 500", action: control.Action{Status: 500}, code: schemas.ReasonServerError, retried: true},
	{name: "status 501", action: control.Action{Status: 501}, code: schemas.ReasonUnexpectedStatus},
	{name: "status 502 with a page", action: control.Action{Status: 502, HTML: true}, code: schemas.ReasonServerError, retried: true},
	{name: "status 503", action: control.Action{Status: 503}, code: schemas.ReasonOverloaded, retried: true},
	{name: "status 529", action: control.Action{Status: 529}, code: schemas.ReasonOverloaded, retried: true},
	{name: "status 202", action: control.Action{Status: 202}, code: schemas.ReasonUnexpectedStatus},
	{name: "an exhausted quota", action: control.Action{InsufficientQuota: true}, code: schemas.ReasonQuota},
	{name: "a connection closed without an answer", action: control.Action{Cut: control.CutBefore}, code: schemas.ReasonConnectionClosed, retried: true},
	{name: "an answer too late", action: control.Action{LatencyMS: 60_000}, code: schemas.ReasonTimeout},
}

func TestEveryProviderFailureIsAFailWithItsReason(t *testing.T) {
	for _, failure := range providerFailures {
		t.Run(failure.name, func(t *testing.T) {
			everyVariant(t, func(t *testing.T, w *world, in schemas.ProbeInput) {
				w.order(failure.action)
				in.Spec.Samples = 1
				if failure.code == schemas.ReasonTimeout {
					in.Spec.Timeout = schemas.Duration(time.Second)
				}
				r, retry := outcome(t, w.prober, in)
				wantFail(t, r, failure.code)
				if (retry != nil) != failure.retried {
					t.Errorf("retried: %v, want %v", retry != nil, failure.retried)
				}
				if strings.Contains(r.Error, token) || strings.Contains(r.Error, "key=x") {
					t.Errorf("a secret in the sentence: %s", r.Error)
				}
			})
		})
	}
}

func TestAThinkingModelThatUsesUpItsLimitIsSaidToBeTruncated(t *testing.T) {
	everyVariant(t, func(t *testing.T, w *world, in schemas.ProbeInput) {
		w.order(control.Action{ReasoningTokens: 100})
		in.Spec.Samples, in.Spec.TokenBudget = 1, 64
		r := report(t, w.prober, in)
		wantFail(t, r, schemas.ReasonAnswerTruncated)
		if !strings.Contains(r.Error, "probe.token_budget") {
			t.Errorf("the sentence does not say what to change: %s", r.Error)
		}
	})
}

// rawFailures are responses that no provider of the simulator sends.
var rawFailures = []struct {
	name    string
	handler http.HandlerFunc
	code    string
}{
	{"an endless answer", endless(`{"choices":[{"delta":{"content":"%d and "}}]}`), schemas.ReasonAnswerEndless},
	{"endless thinking", endless(`{"choices":[{"delta":{"reasoning_content":"%d"}}]}`), schemas.ReasonAnswerEndless},
	{"an endless stream of nothing", endless(`{"choices":[],"padding":"` + strings.Repeat("x", 4096) + `%d"}`), schemas.ReasonResponseTooLarge},
	{"a frame without end", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for n := 0; n < 1000; n++ {
			fmt.Fprint(w, "data: "+strings.Repeat("x", 1024))
		}
	}, schemas.ReasonResponseTooLarge},
	{"frames that are not JSON", stream("data: hello\n\n"), schemas.ReasonMalformed},
	{"a frame that stops in the middle", stream("data: {\"choices\":[{\"delta\":{\"cont"), schemas.ReasonStreamTruncated},
	{"a stream without events", stream(""), schemas.ReasonStreamTruncated},
	{"an error frame under 200", stream("data: {\"error\":{\"message\":\"out of memory\"}}\n\n"), schemas.ReasonErrorBody},
	{"an error object in place of a stream", stream(`{"error":{"message":"no"}}`), schemas.ReasonErrorBody},
	{"an object in place of a stream", stream(`{"hello":"world"}`), schemas.ReasonMalformed},
	{"JSON where a stream was asked for", answerWith("application/json", `{"choices":[]}`), schemas.ReasonMalformed},
	{"an error as JSON where a stream was asked for", answerWith("application/json", `{"error":"no"}`), schemas.ReasonErrorBody},
	{"reasoning left in the text", stream(chunk("<think>hmm</think>VALIDATION_SUCCESS") + done), schemas.ReasonAnswerMismatch},
	{"a refusal by the model", stream(`data: {"choices":[{"delta":{"refusal":"no"},"finish_reason":"stop"}]}` + "\n\n" + done), schemas.ReasonContentFiltered},
	{"a compressed stream", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		stream("x")(w, nil)
	}, schemas.ReasonContentType},
	{"headers without end", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Padding", strings.Repeat("x", 1<<20))
	}, schemas.ReasonMalformed},
	{"a model that is not known", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}`)
	}, schemas.ReasonModelNotFound},
}

func TestEveryBrokenResponseIsAFailWithItsReason(t *testing.T) {
	for _, failure := range rawFailures {
		t.Run(failure.name, func(t *testing.T) {
			t.Parallel()
			prober, in := serve(t, failure.handler)
			in.Spec.Samples = 1
			r, retry := outcome(t, prober, in)
			wantFail(t, r, failure.code)
			if retry != nil {
				t.Error("it is retried, and would only be the same again")
			}
		})
	}
}

func TestAnEndpointThatIsNotThereIsRetried(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	r, retry := outcome(t, proberFor(t, address), input(address, schemas.OpenAI))
	wantFail(t, r, schemas.ReasonConnectionRefused)
	if retry == nil {
		t.Fatal("it is not retried")
	}
	if r.LatencyMs <= 0 {
		t.Error("a connect failure leaves the latency unset")
	}
}

func TestANameThatDoesNotResolveIsRetried(t *testing.T) {
	r, retry := outcome(t, proberFor(t, "https://nowhere.invalid"), input("https://nowhere.invalid", schemas.OpenAI))
	wantFail(t, r, schemas.ReasonDNS)
	if retry == nil {
		t.Fatal("it is not retried")
	}
}

func TestACertificateThatNobodyKnowsIsRetried(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it reports the handshake that this is about
	server.StartTLS()
	t.Cleanup(server.Close)
	r, retry := outcome(t, proberFor(t, server.URL), input(server.URL, schemas.OpenAI))
	wantFail(t, r, schemas.ReasonTLS)
	if retry == nil {
		t.Fatal("it is not retried")
	}
}

func TestASilentServerIsATimeout(t *testing.T) {
	prober, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
		stream(chunk("VALI"))(w, r)
		<-r.Context().Done()
	})
	in.Spec.Samples, in.Spec.Timeout = 1, schemas.Duration(time.Second)
	wantFail(t, report(t, prober, in), schemas.ReasonTimeout)
}

const done = "data: [DONE]\n\n"

// chunk is a frame with a piece of text.
func chunk(text string) string {
	return fmt.Sprintf("data: {\"choices\":[{\"delta\":{\"content\":%q}}]}\n\n", text)
}

func stream(body string) http.HandlerFunc { return answerWith("text/event-stream", body) }

func answerWith(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		fmt.Fprint(w, body)
		w.(http.Flusher).Flush()
	}
}

// endless sends numbered frames until the client goes away.
func endless(frame string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for n := 0; r.Context().Err() == nil; n++ {
			if _, err := fmt.Fprintf(w, "data: "+frame+"\n\n", n); err != nil {
				return
			}
		}
	}
}
