package simulator

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"model-registrar/testsuite/simulator/control"
)

// maxKeptBody bounds how much of a delivery's body is kept.
const maxKeptBody = 64 << 10

var keptHeaders = []string{"webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "user-agent"}

func (s *Server) routeWebhooks() {
	s.route("POST /webhooks/{path...}", endpoint{
		op:       control.OpWebhook,
		identify: func(*call) {},
		serve:    func(*call) reply { return reply{status: http.StatusNoContent} },
		refuse: func(c *call, status int, code, message string) reply {
			return jsonReply(status, map[string]string{"code": code,
				"message": orText(message, http.StatusText(status))})
		},
	})
}

// keepWebhook records a delivery, also one that is refused, redirected or cut: retries are what tests look at.
func (s *Server) keepWebhook(c *call) {
	headers := map[string]string{}
	for _, name := range keptHeaders {
		if value := c.r.Header.Get(name); value != "" {
			headers[name] = value
		}
	}
	kept := strings.ToValidUTF8(string(c.body[:min(len(c.body), maxKeptBody)]), string(utf8.RuneError))
	event := ""
	if members, err := parseObject(c.body); err == nil {
		event, _ = text(members["event"])
	}
	s.webhooks.add(func(seq uint64) control.Webhook {
		return control.Webhook{
			Seq: seq, Time: c.record.Time, Path: c.record.Path, Headers: headers, Body: kept, Event: event,
			Status: c.record.Status,
		}
	})
}
