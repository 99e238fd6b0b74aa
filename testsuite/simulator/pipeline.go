package simulator

import (
	"errors"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"model-registrar/testsuite/simulator/control"
)

// maxRequestBody bounds what any surface reads; no contract here needs more.
const maxRequestBody = 1 << 20

// endpoint is one operation of a surface, as the pipeline needs it.
type endpoint struct {
	op control.Op
	// identify fills in what the request is about, for the journal and for faults. It changes nothing.
	identify func(c *call)
	serve    func(c *call) reply
	// refuse writes an error in the surface's own shape; code and message may be empty.
	refuse func(c *call, status int, code, message string) reply
}

// call is one request on its way through the pipeline.
type call struct {
	r       *http.Request
	body    []byte
	arrived time.Time
	action  control.Action
	record  control.Request
	end     endpoint
}

func (c *call) refuse(status int, code, message string) reply {
	return c.end.refuse(c, status, code, message)
}

// route serves pattern by way of the pipeline.
func (s *Server) route(pattern string, e endpoint) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.run(w, r, e) })
}

// run is the pipeline: read, identify, apply the ordered fault, serve, record, delay, answer. The request is
// recorded before its answer goes out, so that who waits for the record never waits for the answer.
func (s *Server) run(w http.ResponseWriter, r *http.Request, e endpoint) {
	c := &call{r: r, arrived: time.Now(), end: e}
	c.record = control.Request{
		Time: c.arrived.UTC(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Op: e.op,
		CorrelationID: newUUID(),
	}
	tooLarge, err := c.readBody(w)
	if err != nil {
		abort(w) // the client went away while sending
		return
	}
	e.identify(c)
	c.action, c.record.Fault = s.faults.take(c)
	c.record.Cut = c.action.Cut
	switch c.action.Cut {
	case control.CutBefore:
		s.save(c)
		abort(w)
		return
	case control.CutReset:
		s.save(c)
		reset(w)
		return
	}
	if c.action.Cut == control.CutLate {
		reset(w)
		time.AfterFunc(time.Until(c.arrived.Add(milliseconds(c.action.LateMS))), func() {
			c.record.Status = s.answer(c, tooLarge).status
			s.save(c)
		})
		return
	}
	rep := s.answer(c, tooLarge)
	c.record.Status = rep.status
	s.save(c)
	due := c.arrived.Add(milliseconds(c.action.LatencyMS))
	if !s.hold(r, due) || c.action.Cut == control.CutAfter {
		abort(w)
		return
	}
	rep.write(w, c)
}

func (s *Server) answer(c *call, tooLarge bool) reply {
	if tooLarge {
		return c.refuse(http.StatusRequestEntityTooLarge, "", "The request body is larger than 1 MiB.")
	}
	if rep, ordered := c.orderedRefusal(); ordered {
		return rep
	}
	return c.end.serve(c)
}

func (s *Server) save(c *call) {
	s.counts.add(c.record)
	s.requests.add(func(seq uint64) control.Request {
		c.record.Seq = seq
		return c.record
	})
	if c.record.Op == control.OpWebhook {
		s.keepWebhook(c)
	}
}

func (c *call) readBody(w http.ResponseWriter) (tooLarge bool, err error) {
	c.body, err = io.ReadAll(http.MaxBytesReader(w, c.r.Body, maxRequestBody))
	var limit *http.MaxBytesError
	if errors.As(err, &limit) {
		return true, nil
	}
	return false, err
}

// orderedRefusal is the answer that a fault orders in place of serving the request.
func (c *call) orderedRefusal() (reply, bool) {
	a := c.action
	status := a.Status
	switch {
	case a.HTML:
		return c.raw(status, "text/html; charset=utf-8", htmlPage), true
	case a.Body != "":
		return c.raw(status, "application/json", a.Body), true
	case status == 0:
		return reply{}, false
	case status < 400:
		return reply{status: status}, true
	}
	return c.refuse(status, a.Code, a.Message), true
}

const htmlPage = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>" +
	"<body><h1>Sign in to continue</h1></body></html>\n"

func (c *call) raw(status int, contentType, body string) reply {
	if status == 0 {
		status = http.StatusOK
	}
	return reply{status: status, contentType: contentType, body: []byte(body)}
}

// hold waits until the moment, and is false when the client or the simulator went away first.
func (s *Server) hold(r *http.Request, until time.Time) bool {
	wait := time.Until(until)
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-s.stopped.Done():
	}
	return false
}

// abort closes the connection with no answer, or with no more of it.
func abort(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // net/http's own way, for writers that cannot be taken over
	}
	_ = conn.Close()
}

// reset closes the connection so that the client sees it reset.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// cleanPath is the path as the mux would have it.
func cleanPath(p string) string {
	if p == "" {
		return "/"
	}
	clean := path.Clean(p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}
