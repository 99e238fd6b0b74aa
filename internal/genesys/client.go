package genesys

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/internal/lease"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// Client calls the LLM Gateway. It is safe for concurrent use, and callers share one token and one pool of
// connections.
type Client struct {
	http    *http.Client
	tokens  *tokenSource
	pacer   *quota.Pacer
	log     *slog.Logger
	timeout time.Duration
	refused chan struct{} // see Refused
	gateway string        // base URL and path
	jobs    string        // likewise

	updateMethod string
}

// request is a call to be made.
type request struct {
	op     op
	method string
	url    string
	query  url.Values
	body   []byte // JSON, sent as it is; nil: none
}

// reply is a success.
type reply struct {
	header   http.Header
	body     []byte
	redactor redactor
}

// call makes one call, and notes a refused login.
func (c *Client) call(ctx context.Context, req request) (reply, error) {
	rep, err := c.attempt(ctx, req)
	c.noteRefusal(err)
	return rep, err
}

// attempt makes one call. A 401 is answered once with a new token and the same request: the platform refuses a token
// before it looks at the request, so the first one cannot have taken effect.
func (c *Client) attempt(ctx context.Context, req request) (reply, error) {
	tok, err := c.tokens.token(ctx, nil)
	if err != nil {
		return reply{}, err
	}
	rep, err := c.send(ctx, req, tok, c.tokens.redactor(tok))
	var refused *gateway.Error
	if !errors.As(err, &refused) || refused.Type != schemas.ErrUnauthorized || c.tokens.given != nil {
		return rep, err
	}
	newer, err := c.tokens.token(ctx, tok)
	if err != nil {
		return reply{}, err
	}
	return c.send(ctx, req, newer, c.tokens.redactor(tok, newer))
}

// Pacer is what paces the calls, or nil.
func (c *Client) Pacer() *quota.Pacer { return c.pacer }

// send waits for its turn and makes one HTTP request.
func (c *Client) send(ctx context.Context, req request, tok *accessToken, r redactor) (reply, error) {
	turn, err := c.pacer.Acquire(ctx, req.op.class(), req.op.name)
	if err != nil {
		return reply{}, notSent(req.op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var sent atomic.Bool
	hr, err := c.newRequest(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	}), req, tok)
	if err != nil {
		turn.Lost()
		return reply{}, invalidArgument(req.op, "its URL cannot be built")
	}
	if req.method != http.MethodGet {
		if err := lease.Check(ctx); err != nil {
			turn.Lost()
			return reply{}, notSent(req.op, err)
		}
		fence(hr)
	}
	start := time.Now()
	resp, err := c.http.Do(hr)
	var raw []byte
	if err == nil {
		turn.Answered(resp.StatusCode, resp.Header)
		raw, err = readBody(resp.Body)
	} else {
		turn.Lost()
	}
	logCall(ctx, c.log, r, req.op, hr, resp, err, time.Since(start))
	switch {
	case errors.Is(err, errTooLong):
		return reply{}, badResponse(req.op, errTooLong.Error())
	case err != nil:
		failed := unreachable(req.op, cause(err))
		var over *lease.Over
		failed.NoEffect = !sent.Load() || errors.As(err, &over)
		return reply{}, failed
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return reply{}, classify(req.op, resp, raw, r)
	}
	return reply{header: resp.Header, body: raw, redactor: r}, nil
}

// fence has the lease checked again when the body of a changing request is read, just before the request leaves:
// connecting may have taken longer than the attempt's lease lasts.
func fence(hr *http.Request) {
	if hr.ContentLength <= 0 {
		return
	}
	hr.Body = &fenced{hr.Body, hr.Context()}
	again := hr.GetBody
	hr.GetBody = func() (io.ReadCloser, error) {
		body, err := again()
		return &fenced{body, hr.Context()}, err
	}
}

type fenced struct {
	io.ReadCloser
	ctx context.Context
}

func (f *fenced) Read(p []byte) (int, error) {
	if err := lease.Check(f.ctx); err != nil {
		return 0, err
	}
	return f.ReadCloser.Read(p)
}

func (c *Client) newRequest(ctx context.Context, req request, tok *accessToken) (*http.Request, error) {
	target := req.url
	if len(req.query) > 0 {
		target += "?" + req.query.Encode()
	}
	hr, err := http.NewRequestWithContext(ctx, req.method, target, bytes.NewReader(req.body))
	if err != nil {
		return nil, err
	}
	hr.Header.Set("Accept", "application/json")
	hr.Header.Set("User-Agent", "model-registrar")
	if req.body != nil {
		hr.Header.Set("Content-Type", "application/json")
	}
	hr.Header.Set("Authorization", "Bearer "+tok.value)
	return hr, nil
}

// date is the platform's clock when it answered, to a second; ours if it does not say.
func (rep reply) date() time.Time {
	if at, err := http.ParseTime(rep.header.Get("Date")); err == nil {
		return at.UTC()
	}
	return time.Now().UTC()
}

// decode reads a success. Fields that nobody knows are ignored; a type that differs is an answer that breaks the
// contract, and the error names the field but not its value.
func (rep reply) decode(o op, into any) error {
	err := json.Unmarshal(rep.body, into)
	if err == nil {
		return nil
	}
	what := "it is not JSON"
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		what = fmt.Sprintf("%q is not of the expected type", oneLine(mismatch.Field, maxCode))
	} else if json.Valid(rep.body) {
		what = "a field has a form that cannot be read"
	}
	return rep.broken(badResponse(o, what))
}

// broken adds to an error about a success what the platform's support asks for.
func (rep reply) broken(e *gateway.Error) *gateway.Error {
	e.CorrelationID = rep.redactor.clean(rep.header.Get(correlationHeader), maxID)
	return e
}
