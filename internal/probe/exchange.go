package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"

	"model-registrar/internal/credentials"
	"model-registrar/schemas"
)

// Bounds of what is read behind the end of an answer.
const (
	maxDrain  = 16 << 10
	drainTime = 200 * time.Millisecond
)

// exchanger sends one prompt and reads one answer.
type exchanger struct {
	client     *http.Client
	credential credentials.Credential
	plan       plan
	limits     grants // what the provider says that it grants
}

// exchange is one request and what came of it.
type exchange struct {
	reading
	timings *timings
	status  int
	bytes   int64
	latency time.Duration
}

func (x *exchanger) send(ctx context.Context, p prompt) (exchange, *failure) {
	ctx, cancel := context.WithTimeout(ctx, x.plan.timeout)
	defer cancel()
	req, err := x.request(ctx, p)
	if err != nil {
		return exchange{}, failedForGood(schemas.ReasonEndpointInvalid, "No request can be made from endpoint_url.")
	}
	ex := exchange{timings: startTimings()}
	resp, err := x.client.Do(req.WithContext(httptrace.WithClientTrace(ctx, ex.timings.trace())))
	if err != nil {
		ex.latency = ex.timings.since()
		return ex, transportFailure(err, x.plan.target.URL.Host, ex.timings, x.plan.timeout)
	}
	defer resp.Body.Close()
	body := &countingReader{r: resp.Body}
	ex.status = resp.StatusCode
	x.limits.note(resp.Header)
	f := x.read(&ex, resp, body, p)
	if f != nil && f.status == 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		f = timeOut(x.plan.timeout)
	}
	ex.latency, ex.bytes = ex.end, body.n
	if f == nil && !ex.cut {
		drain(body, cancel)
	}
	return ex, f
}

func (x *exchanger) request(ctx context.Context, p prompt) (*http.Request, error) {
	body, err := json.Marshal(x.plan.adapter.body(p))
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, x.plan.target.URL.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if p.shape.streaming == streamed {
		req.Header.Set("Accept", "text/event-stream")
	}
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", "model-registrar-probe/1")
	x.plan.adapter.prepare(req.Header, p.shape)
	name, scheme := x.plan.adapter.header(p.shape)
	x.credential.Authorize(req, name, scheme)
	return req, nil
}

// read reads the response in the way that its status asks for.
func (x *exchanger) read(ex *exchange, resp *http.Response, body io.Reader, p prompt) (f *failure) {
	secrets := x.credential.Secrets()
	if resp.StatusCode != http.StatusOK {
		ex.end = ex.timings.since()
		raw := errorBody(body, resp.Header.Get("Content-Encoding"))
		return statusFailure(resp, readError(raw, secrets))
	}
	r := newReader(x.plan.adapter, p.maxTokens, secrets, ex.timings.since)
	ex.reading, f = r.readBody(resp, body, x.plan.maxResponse(), p.shape.streaming == streamed)
	ex.remarks = r.remarks
	return f
}

// drain reads what follows the end of an answer, so that the connection serves the next sample. A server that goes on
// sending, or holds the stream open, loses the connection instead.
func drain(body io.Reader, cancel context.CancelFunc) {
	stop := time.AfterFunc(drainTime, cancel)
	defer stop.Stop()
	_, _ = io.CopyN(io.Discard, body, maxDrain)
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
