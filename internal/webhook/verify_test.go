package webhook

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	oneSecret     = "whsec_c2ltdWxhdG9yLXdlYmhvb2stc2VjcmV0LTMyYnl0ZXM="
	anotherSecret = "whsec_dGhlLW5leHQtd2ViaG9vay1zZWNyZXQtb2YtMzItYnl0ZXM="
	thirdSecret   = "whsec_YW5vdGhlci1zZWNyZXQtb2YtMzItYnl0ZXMtbG9uZyE="
)

var sentAt = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// sent is a delivery as a receiver gets it, signed with these secrets.
func sent(t *testing.T, body string, secrets ...string) http.Header {
	t.Helper()
	s, err := New(Config{Secrets: secrets, HTTPClient: http.DefaultClient})
	require.NoError(t, err)
	req, err := s.newRequest(t.Context(), "https://example.com/hook", "msg_1_ended", []byte(body), sentAt)
	require.NoError(t, err)
	return req.Header
}

func verify(t *testing.T, header http.Header, body string, age time.Duration, secrets ...string) Verification {
	t.Helper()
	v, err := NewVerifier(secrets)
	require.NoError(t, err)
	return v.Verify(header, []byte(body), Moment{At: sentAt.Add(age), Tolerance: DefaultTolerance})
}

func TestADeliveryIsGenuineBySecretOfEitherSide(t *testing.T) {
	for name, c := range map[string]struct {
		signed, known []string
		secret        int
	}{
		"one":                        {[]string{oneSecret}, []string{oneSecret}, 1},
		"the receiver knows the new": {[]string{oneSecret, anotherSecret}, []string{anotherSecret}, 1},
		"the receiver knows both":    {[]string{anotherSecret}, []string{oneSecret, anotherSecret}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			got := verify(t, sent(t, `{"a":1}`, c.signed...), `{"a":1}`, time.Minute, c.known...)
			require.Equal(t, Verification{MessageID: "msg_1_ended", Timestamp: sentAt, Secret: c.secret}, got)
		})
	}
}

func TestWhatIsWrongWithADeliveryIsNamed(t *testing.T) {
	good := `{"a":1}`
	for name, c := range map[string]struct {
		change func(http.Header)
		body   string
		age    time.Duration
		secret string
		wrong  string
	}{
		"another secret":      {secret: thirdSecret, wrong: "no signature fits the webhook secret"},
		"another body":        {body: `{"a":2}`, wrong: "no signature fits"},
		"a line end":          {body: good + "\n", wrong: "it verifies without the line end behind it"},
		"formatted":           {body: "{\n  \"a\": 1\n}\n", wrong: "it verifies with the spaces and line ends taken out"},
		"another id":          {change: func(h http.Header) { h.Set("webhook-id", "msg_2") }, wrong: "no signature fits"},
		"another time":        {change: func(h http.Header) { h.Set("webhook-timestamp", fmt.Sprint(sentAt.Unix()+1)) }, wrong: "no signature fits"},
		"too old":             {age: 6 * time.Minute, wrong: "its timestamp is 6m0s old, and 5m0s are allowed"},
		"from the future":     {age: -6 * time.Minute, wrong: "its timestamp is 6m0s in the future"},
		"no id":               {change: func(h http.Header) { h.Del("webhook-id") }, wrong: "it has no header webhook-id"},
		"no signature":        {change: func(h http.Header) { h.Del("webhook-signature") }, wrong: "it has no header webhook-signature"},
		"no time":             {change: func(h http.Header) { h.Del("webhook-timestamp") }, wrong: "it has no header webhook-timestamp"},
		"no number":           {change: func(h http.Header) { h.Set("webhook-timestamp", "noon") }, wrong: "no number of seconds"},
		"two ids":             {change: func(h http.Header) { h.Add("webhook-id", "msg_2") }, wrong: "it has the header webhook-id 2 times"},
		"a mangled signature": {change: func(h http.Header) { h.Set("webhook-signature", "v1,abc") }, wrong: "no signature of the form v1,BASE64"},
		"another version":     {change: func(h http.Header) { h.Set("webhook-signature", "v2,"+h.Get("webhook-signature")[3:]) }, wrong: "no signature of the form"},
	} {
		t.Run(name, func(t *testing.T) {
			header, body, secret := sent(t, good, oneSecret), good, oneSecret
			if c.change != nil {
				c.change(header)
			}
			if c.body != "" {
				body = c.body
			}
			if c.secret != "" {
				secret = c.secret
			}
			got := verify(t, header, body, c.age, secret)
			require.Len(t, got.Problems, 1)
			require.Contains(t, got.Problems[0], c.wrong)
		})
	}
}

func TestAnOldCaptureVerifiesAtAnyTime(t *testing.T) {
	v, err := NewVerifier([]string{oneSecret})
	require.NoError(t, err)
	got := v.Verify(sent(t, "{}", oneSecret), []byte("{}"), Moment{At: sentAt.Add(10000 * time.Hour)})
	require.Empty(t, got.Problems)
}

func TestNoSecretIsNoVerifierAndABadOneIsNotEchoed(t *testing.T) {
	_, err := NewVerifier(nil)
	require.Error(t, err)
	_, err = NewVerifier([]string{oneSecret, "whsec_hush"})
	require.ErrorContains(t, err, "webhook secret 2 of 2")
	require.NotContains(t, err.Error(), "hush")
}

func TestACaptureIsReadHoweverItWasTaken(t *testing.T) {
	body := `{"a":1}`
	for name, text := range map[string]string{
		"as it came":          "POST /hook HTTP/1.1\r\nHost: x\r\nWebhook-Id: msg_1\r\nContent-Length: 7\r\n\r\n" + body,
		"headers alone":       "webhook-id: msg_1\n\n" + body,
		"saved by an editor":  "webhook-id: msg_1\ncontent-length: 7\n\n" + body + "\n",
		"chunked":             "webhook-id: msg_1\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n",
		"HTTP/2 request line": "POST /hook HTTP/2\nwebhook-id: msg_1\n\n" + body,
	} {
		header, got, err := ReadCapture(strings.NewReader(text))
		require.NoError(t, err, name)
		require.Equal(t, "msg_1", header.Get("webhook-id"), name)
		require.Equal(t, body, string(got), name)
	}
}

func TestWhatIsNoCaptureIsRefused(t *testing.T) {
	for text, wrong := range map[string]string{
		"":                                      "does not begin with headers",
		`{"a":1}`:                               "does not begin with headers",
		"a: b\ncontent-length: 9\n\nabc":        "only 3 bytes follow the headers",
		"a: b\ncontent-length: x\n\nabc":        "is no number",
		"a: b\ntransfer-encoding: chunked\n\nx": "chunked body is broken",
		strings.Repeat("x", MaxCaptureBytes+1):  "larger than",
	} {
		_, _, err := ReadCapture(strings.NewReader(text))
		require.ErrorContains(t, err, wrong)
	}
}

func FuzzReadCapture(f *testing.F) {
	f.Add("POST /hook HTTP/1.1\r\nWebhook-Id: msg_1\r\nContent-Length: 2\r\n\r\n{}")
	f.Add("webhook-id: a\ntransfer-encoding: chunked\n\n1\na\n0\n\n")
	v, err := NewVerifier([]string{oneSecret})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		header, body, err := ReadCapture(strings.NewReader(text))
		if err != nil {
			return
		}
		if got := v.Verify(header, body, Moment{}); len(got.Problems) == 0 {
			t.Errorf("a delivery that nobody signed is genuine: %q", text)
		}
	})
}
