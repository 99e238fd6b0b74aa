package webhook

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func secretOf(length int, fill byte) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, length))
}

// receiver keeps what it got and answers as told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	header http.Header
	body   []byte
	count  int
}

func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	rec := &receiver{}
	rec.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rec.mu.Lock()
		rec.header, rec.body, rec.count = r.Header.Clone(), body, rec.count+1
		rec.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(rec.Close)
	return rec
}

func (r *receiver) last() (http.Header, []byte, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.header, r.body, r.count
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func newSender(t *testing.T, secrets ...string) *Sender {
	t.Helper()
	s, err := New(Config{Secrets: secrets, HTTPClient: &http.Client{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.http.CloseIdleConnections)
	return s
}

func failure(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want an *Error", err, err)
	}
	return e
}

func TestDeliveryIsSignedSoThatTheLibraryVerifiesIt(t *testing.T) {
	rec := newReceiver(t, status(204))
	secret := secretOf(24, 7)
	body := []byte(`{"event":"llm_model_registration_updated","name":"modèle"}`)
	code, err := newSender(t, secret).Send(t.Context(), rec.URL+"/hooks", "msg_1", body, time.Now())
	if err != nil || code != 204 {
		t.Fatalf("%d, %v", code, err)
	}
	header, got, _ := rec.last()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(got, header); err != nil {
		t.Errorf("verify: %v", err)
	}
	if !bytes.Equal(got, body) || header.Get("Content-Type") != "application/json" || header.Get("webhook-id") != "msg_1" {
		t.Errorf("%q with %v", got, header)
	}
	if err := verifier.Verify(append(got, ' '), header); err == nil {
		t.Error("a changed body is verified")
	}
}

func TestEveryReceiverVerifiesWithItsSecretWhileSecretsRotate(t *testing.T) {
	rec := newReceiver(t, status(200))
	older, newer := secretOf(24, 1), secretOf(64, 2)
	if _, err := newSender(t, older, newer).Send(t.Context(), rec.URL, "msg_1", []byte(`{}`), time.Now()); err != nil {
		t.Fatal(err)
	}
	header, body, _ := rec.last()
	if n := len(strings.Split(header.Get("webhook-signature"), " ")); n != 2 {
		t.Errorf("%d signatures, want 2", n)
	}
	for _, secret := range []string{older, newer} {
		verifier, _ := standardwebhooks.NewWebhook(secret)
		if err := verifier.Verify(body, header); err != nil {
			t.Error(err)
		}
	}
	stranger, _ := standardwebhooks.NewWebhook(secretOf(24, 3))
	if stranger.Verify(body, header) == nil {
		t.Error("a stranger's secret verifies")
	}
}

func TestRetryHasTheSameIDAndBodyAndATimestampOfItsOwn(t *testing.T) {
	rec := newReceiver(t, status(200))
	s := newSender(t, secretOf(32, 1))
	first := time.Now()
	var ids, times, signatures []string
	for _, at := range []time.Time{first, first.Add(90 * time.Second)} {
		if _, err := s.Send(t.Context(), rec.URL, "msg_1", []byte(`{}`), at); err != nil {
			t.Fatal(err)
		}
		h, _, _ := rec.last()
		ids, times, signatures = append(ids, h.Get("webhook-id")), append(times, h.Get("webhook-timestamp")), append(signatures, h.Get("webhook-signature"))
	}
	if ids[0] != ids[1] || times[0] == times[1] || signatures[0] == signatures[1] {
		t.Errorf("ids %v, times %v", ids, times)
	}
}

func TestWithoutSecretsTheDeliveryIsUnsignedButHasIDAndTimestamp(t *testing.T) {
	rec := newReceiver(t, status(200))
	if _, err := newSender(t).Send(t.Context(), rec.URL, "msg_1", []byte(`{}`), time.Unix(1700000000, 0)); err != nil {
		t.Fatal(err)
	}
	h, _, _ := rec.last()
	if _, signed := h["Webhook-Signature"]; signed || h.Get("webhook-id") != "msg_1" || h.Get("webhook-timestamp") != "1700000000" {
		t.Errorf("%v", h)
	}
}

func TestOnlyGoneAndRedirectsArePermanent(t *testing.T) {
	for code, permanent := range map[int]bool{
		301: true, 302: true, 307: true, 308: true, 410: true,
		400: false, 401: false, 403: false, 404: false, 408: false, 409: false, 422: false, 425: false, 429: false,
		500: false, 502: false, 503: false, 504: false,
	} {
		rec := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
		})
		got, err := newSender(t).Send(t.Context(), rec.URL, "msg_1", []byte(`{}`), time.Now())
		e := failure(t, err)
		_, _, count := rec.last()
		if got != code || e.Status != code || e.Permanent != permanent || count != 1 {
			t.Errorf("%d: status %d, permanent %v, %d requests; want permanent %v and one request", code, got, e.Permanent, count, permanent)
		}
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	rec := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "11")
		w.WriteHeader(429)
	})
	_, err := newSender(t).Send(t.Context(), rec.URL, "msg_1", []byte(`{}`), time.Now())
	if e := failure(t, err); e.RetryAfter != 11*time.Second || !strings.Contains(e.Error(), "try again in 11s") {
		t.Errorf("%s: %v", e.RetryAfter, e)
	}
}

func TestErrorsAndLogsShowNothingOfTheURLButItsOrigin(t *testing.T) {
	rec := newReceiver(t, status(500))
	var logged bytes.Buffer
	s, err := New(Config{HTTPClient: &http.Client{}, Secrets: []string{secretOf(24, 9)},
		Logger: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.http.CloseIdleConnections()
	secretURL := strings.Replace(rec.URL, "http://", "http://joe:hunter2@", 1) + "/path-token?key=query-token#frag-token"
	_, answered := s.Send(t.Context(), secretURL, "msg_1", []byte(`{}`), time.Now())
	rec.Close()
	_, refused := s.Send(t.Context(), secretURL, "msg_1", []byte(`{}`), time.Now())
	_, invalid := s.Send(t.Context(), "ht!tp://hunter2@x/%zz", "msg_1", []byte(`{}`), time.Now())
	all := answered.Error() + refused.Error() + invalid.Error() + logged.String()
	for _, secret := range []string{"joe", "hunter2", "path-token", "query-token", "frag-token"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is in %q", secret, all)
		}
	}
	for _, e := range []error{answered, refused} {
		if !strings.Contains(e.Error(), rec.URL) || !strings.Contains(e.Error(), "msg_1") {
			t.Errorf("%q names neither receiver nor webhook", e)
		}
	}
	if failure(t, refused).Permanent || !failure(t, invalid).Permanent {
		t.Error("a refused connection is to be retried, an invalid URL is not")
	}
}

func TestWhatCannotBeSentIsPermanentAndNotSent(t *testing.T) {
	rec := newReceiver(t, status(200))
	s := newSender(t, secretOf(24, 1))
	for name, send := range map[string]func() (int, error){
		"a body of 20 kB": func() (int, error) {
			return s.Send(t.Context(), rec.URL, "msg_1", make([]byte, MaxBodyBytes), time.Now())
		},
		"an id with a dot": func() (int, error) { return s.Send(t.Context(), rec.URL, "msg.1", nil, time.Now()) },
		"an id with a line break": func() (int, error) {
			return s.Send(t.Context(), rec.URL, "msg\r\nx: y", nil, time.Now())
		},
		"an empty id":    func() (int, error) { return s.Send(t.Context(), rec.URL, "", nil, time.Now()) },
		"a relative URL": func() (int, error) { return s.Send(t.Context(), "/hooks", "msg_1", nil, time.Now()) },
		"another scheme": func() (int, error) { return s.Send(t.Context(), "file:///etc/passwd", "msg_1", nil, time.Now()) },
	} {
		code, err := send()
		if e := failure(t, err); code != 0 || !e.Permanent || !strings.Contains(e.Error(), "cannot be sent") {
			t.Errorf("%s: %d, %v", name, code, e)
		}
	}
	if _, err := s.Send(t.Context(), rec.URL, "msg_1", make([]byte, MaxBodyBytes-1), time.Now()); err != nil {
		t.Errorf("a body just under the limit: %v", err)
	}
	if _, _, count := rec.last(); count != 1 {
		t.Errorf("%d requests, want 1", count)
	}
}

func TestDeliveryIsOverWhenTimeIsUpAndTheAnswersBodyIsNotAwaitedForLong(t *testing.T) {
	done := make(chan struct{})
	rec := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/endless" {
			chunk := bytes.Repeat([]byte("x"), 32<<10)
			for r.Context().Err() == nil {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
			return
		}
		select {
		case <-done:
		case <-r.Context().Done():
		}
	})
	defer close(done)
	s := newSender(t)
	s.timeout = 300 * time.Millisecond
	_, err := s.Send(t.Context(), rec.URL+"/silent", "msg_1", []byte(`{}`), time.Now())
	if e := failure(t, err); !strings.Contains(e.Error(), "no answer in time") || !errors.Is(e, context.DeadlineExceeded) {
		t.Error(e)
	}
	s.timeout = time.Minute
	if code, err := s.Send(t.Context(), rec.URL+"/endless", "msg_1", []byte(`{}`), time.Now()); err != nil || code != 200 {
		t.Errorf("endless answer: %d, %v", code, err)
	}
}

func TestNewRefusesSecretsWithoutEchoingThem(t *testing.T) {
	good := secretOf(24, 1)
	for name, secret := range map[string]string{
		"no prefix": strings.TrimPrefix(good, secretPrefix), "other prefix": "WHSEC_" + good[6:], "no base64": "whsec_!!hunter2!!",
		"23 bytes": secretOf(23, 1), "65 bytes": secretOf(65, 1), "empty": "", "only the prefix": "whsec_",
	} {
		_, err := New(Config{Secrets: []string{good, secret}, HTTPClient: &http.Client{}})
		if err == nil || !strings.Contains(err.Error(), "webhook secret 2 of 2") || (len(secret) > 6 && strings.Contains(err.Error(), secret[6:])) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Config{Secrets: []string{secretOf(24, 1), secretOf(64, 1)}, HTTPClient: &http.Client{}}); err != nil {
		t.Error(err)
	}
	if _, err := New(Config{}); err == nil {
		t.Error("accepted without a client")
	}
}
