package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// reply is an answer that has been decided but not yet sent.
type reply struct {
	status      int
	header      http.Header
	contentType string
	body        []byte
	// stream writes the body itself, after status and headers have been set by start.
	stream func(w http.ResponseWriter, start func())
}

// jsonReply answers value as JSON.
func jsonReply(status int, value any) reply {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // values here are made of strings and numbers
	}
	return reply{status: status, contentType: "application/json", body: body}
}

func (rep reply) with(key, value string) reply {
	if rep.header == nil {
		rep.header = http.Header{}
	}
	rep.header.Set(key, value)
	return rep
}

func (rep reply) write(w http.ResponseWriter, c *call) {
	h := w.Header()
	for key, values := range rep.header {
		h[key] = values
	}
	if rep.contentType != "" {
		h.Set("Content-Type", rep.contentType)
	}
	c.orderedHeaders(h)
	if rep.stream != nil {
		rep.stream(w, func() { w.WriteHeader(rep.status) })
		return
	}
	if rep.status != http.StatusNoContent && rep.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.Itoa(len(rep.body)))
	}
	w.WriteHeader(rep.status)
	_, _ = w.Write(rep.body) // a client that went away needs no answer
}

func (c *call) orderedHeaders(h http.Header) {
	if c.action.ContentType != "" {
		h.Set("Content-Type", c.action.ContentType)
	}
	if c.action.RetryAfterSeconds > 0 {
		h.Set("Retry-After", strconv.Itoa(c.action.RetryAfterSeconds))
	}
	for key, value := range c.action.Headers {
		h.Set(key, value)
	}
}
