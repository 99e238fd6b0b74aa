package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"model-registrar/internal/retryafter"
	"model-registrar/schemas"
)

const (
	// MaxBodyBytes is the first size that is too large: Standard Webhooks asks for bodies under 20 kB.
	MaxBodyBytes = 20_000

	maxAnswerBytes  = 64 << 10
	maxMessageIDLen = 128
)

// Config says with what a sender signs and sends.
type Config struct {
	Secrets []string // whsec_…; several while rotating; none: deliveries are not signed
	// HTTPClient carries the deliveries and guards where they may go. Its redirect policy is replaced: none is
	// followed.
	HTTPClient *http.Client
	// Authorize adds what a receiver's host wants beside the signature: a header or a query parameter. Nil adds
	// nothing.
	Authorize func(*http.Request) error
	Timeout   time.Duration // of one delivery; default [schemas.WebhookTimeout]
	Logger    *slog.Logger  // takes one debug line a delivery; nil means none
}

// Sender delivers events. It is safe for concurrent use.
type Sender struct {
	signers   []*standardwebhooks.Webhook
	http      *http.Client
	authorize func(*http.Request) error
	timeout   time.Duration
	log       *slog.Logger
}

// New checks the configuration and returns a sender. The error names every secret that is wrong by its place, and
// echoes none.
func New(cfg Config) (*Sender, error) {
	if cfg.HTTPClient == nil {
		return nil, errors.New("a webhook sender needs the HTTP client that guards outbound connections")
	}
	signers, err := newSigners(cfg.Secrets)
	if err != nil {
		return nil, err
	}
	client := *cfg.HTTPClient
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s := &Sender{signers: signers, http: &client, authorize: cfg.Authorize, timeout: cfg.Timeout, log: cfg.Logger}
	if s.timeout <= 0 {
		s.timeout = schemas.WebhookTimeout
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s, nil
}

// Send makes one attempt to deliver body to target. Every attempt of one event has the same messageID and body; at is
// the time of the attempt. The status is the receiver's, or 0 when there was no answer. Every error is an [*Error].
func (s *Sender) Send(
	ctx context.Context, target, messageID string, body []byte, at time.Time,
) (status int, err error) {
	req, err := s.newRequest(ctx, target, messageID, body, at)
	if err != nil {
		return 0, &Error{Origin: origin(target), MessageID: messageID, Permanent: true, Cause: err}
	}
	if s.authorize != nil {
		if err := s.authorize(req); err != nil {
			return 0, &Error{Origin: origin(target), MessageID: messageID, Cause: err}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	start := time.Now()
	resp, err := s.http.Do(req.WithContext(ctx))
	if err == nil {
		// Reading the answer lets the connection be used again. Its content means nothing, and neither does its being
		// cut.
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswerBytes))
		_ = resp.Body.Close()
		status = resp.StatusCode
	}
	s.log.LogAttrs(ctx, slog.LevelDebug, "webhook delivery",
		slog.String("origin", origin(target)), slog.String("webhook_id", messageID), slog.Int("status", status),
		slog.Float64("duration_ms", float64(time.Since(start).Microseconds())/1000))
	switch {
	case err != nil:
		return 0, &Error{Origin: origin(target), MessageID: messageID, Cause: withoutURL(err)}
	case status >= 200 && status <= 299:
		return status, nil
	}
	return status, &Error{
		Origin: origin(target), MessageID: messageID, Status: status,
		Permanent:  status == http.StatusGone || status < 400,
		RetryAfter: retryafter.Parse(resp.Header, time.Now()),
	}
}

func (s *Sender) newRequest(
	ctx context.Context, target, messageID string, body []byte, at time.Time,
) (*http.Request, error) {
	if err := checkMessageID(messageID); err != nil {
		return nil, err
	}
	if len(body) >= MaxBodyBytes {
		return nil, fmt.Errorf("the event has %d bytes, and %d is the limit", len(body), MaxBodyBytes-1)
	}
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("its URL is not an absolute https URL")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("its URL cannot be called")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "model-registrar")
	req.Header.Set(standardwebhooks.HeaderWebhookID, messageID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	signature, err := s.sign(messageID, at, body)
	if signature != "" {
		req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	}
	return req, err
}

// checkMessageID refuses ids that would make the signed text ambiguous, which joins id, time and body by dots.
func checkMessageID(id string) error {
	unfit := func(r rune) bool { return r <= ' ' || r > '~' || r == '.' }
	if id == "" || len(id) > maxMessageIDLen || strings.IndexFunc(id, unfit) >= 0 {
		return fmt.Errorf("its id must be 1 to %d printable ASCII characters, no dot and no space among them",
			maxMessageIDLen)
	}
	return nil
}
