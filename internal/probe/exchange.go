package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"time"

	"model-registrar/internal/credentials"
)

// Bounds of what is read beside the answer itself.
const (
	maxErrorBody = 64 << 10
	maxDrain     = 16 << 10
	drainTime    = 200 * time.Millisecond
)

// exchanger sends one prompt and reads one answer.
type exchanger struct {
	client     *http.Client
	credential credentials.Credential
	plan       plan
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
		return exchange{}, failedForGood(CodeEndpointInvalid, "No request can be made from endpoint_url.")
	}
	ex := exchange{timings: startTimings()}
	resp, err := x.client.Do(req.WithContext(httptrace.WithClientTrace(ctx, ex.timings.trace())))
	if err != nil {
		ex.latency = ex.timings.since()
		return ex, transportFailure(err, x.plan.target.url.Host, ex.timings, x.plan.timeout)
	}
	defer resp.Body.Close()
	body := &countingReader{r: resp.Body}
	ex.status = resp.StatusCode
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
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, x.plan.target.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if p.shape.stream {
		req.Header.Set("Accept", "text/event-stream")
	}
	req.Header.Set("User-Agent", "model-registrar-probe/1")
	x.plan.adapter.prepare(req.Header)
	name, scheme := x.plan.adapter.header()
	x.credential.Authorize(req.Header, name, scheme)
	return req, nil
}

// read reads the response in the way that its status and type ask for.
func (x *exchanger) read(ex *exchange, resp *http.Response, body io.Reader, p prompt) (f *failure) {
	since := ex.timings.since
	defer func() {
		if ex.end == 0 {
			ex.end = since()
		}
	}()
	if resp.StatusCode != http.StatusOK {
		raw, _ := io.ReadAll(io.LimitReader(body, maxErrorBody)) // what there is of it may help
		return statusFailure(resp, raw, x.plan.adapter)
	}
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return wrongType("a compressed body, which was not asked for", p.shape.stream)
	}
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case mediaType == "text/event-stream" && p.shape.stream:
		ex.reading, f = readStream(body, x.plan.adapter, p.maxTokens, since)
	case mediaType == "application/json" && !p.shape.stream:
		ex.reading, f = readWhole(body, x.plan.adapter, p.maxTokens, since)
	default:
		return unexpectedType(mediaType, body, p.shape.stream)
	}
	return f
}

// unexpectedType looks into the body for what explains its type better than the type does.
func unexpectedType(mediaType string, body io.Reader, stream bool) *failure {
	raw, err := io.ReadAll(io.LimitReader(body, maxErrorBody))
	if mediaType == "text/html" || mediaType == "application/xhtml+xml" || looksLikeHTML(raw) {
		return htmlFailure()
	}
	if err != nil {
		return streamFailure(err)
	}
	if e, ok := errorUnder200(raw); ok {
		return e.under200("body")
	}
	return wrongType(mediaType, stream)
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
