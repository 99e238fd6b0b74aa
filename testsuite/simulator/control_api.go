package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	"model-registrar/internal/netguard"
	"model-registrar/testsuite/simulator/control"
)

// handle serves one control endpoint, for callers on this machine only unless told otherwise: it has no other
// protection.
func (s *Server) handle(pattern string, serve func(r *http.Request) reply) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		rep := controlError(http.StatusForbidden, "the control interface answers loopback addresses only")
		if s.options.ControlFromAnywhere || fromLoopback(r) {
			rep = serve(r)
		}
		rep.write(w, &call{})
	})
}

func fromLoopback(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && netguard.IsLoopback(host)
}

func controlError(status int, message string) reply {
	return jsonReply(status, map[string]string{"error": message})
}

func (s *Server) routeControl() {
	s.handle("GET /_sim/health", func(*http.Request) reply {
		return jsonReply(http.StatusOK, map[string]any{"status": "ok", "requestSeq": s.requests.seq()})
	})
	s.handle("GET /_sim/state", func(*http.Request) reply { return jsonReply(http.StatusOK, s.State()) })
	s.handle("GET /_sim/counts", func(*http.Request) reply { return jsonReply(http.StatusOK, s.counts.get()) })
	s.handle("GET /_sim/models", s.readModels)
	s.handle("PATCH /_sim/models/{id}", s.editModel)
	s.handle("DELETE /_sim/models/{id}", s.dropModel)
	s.handle("GET /_sim/jobs", s.readJobs)
	s.handle("GET /_sim/requests", s.readRequests)
	s.handle("GET /_sim/webhooks", s.readWebhooks)
	s.handle("GET /_sim/jobs/{id}", s.readJob)
	s.handle("POST /_sim/jobs/{id}/finish", s.finishJob)
	s.handle("GET /_sim/faults", func(*http.Request) reply { return jsonReply(http.StatusOK, s.faults.list()) })
	s.handle("POST /_sim/faults", s.addFault)
	s.handle("DELETE /_sim/faults", func(*http.Request) reply {
		s.faults.clear()
		return reply{status: http.StatusNoContent}
	})
	s.handle("DELETE /_sim/faults/{id}", s.removeFault)
	s.handle("GET /_sim/settings", func(*http.Request) reply { return jsonReply(http.StatusOK, s.settings.get()) })
	s.handle("PATCH /_sim/settings", s.changeSettings)
	s.handle("POST /_sim/reset", func(*http.Request) reply {
		s.Reset()
		return reply{status: http.StatusNoContent}
	})
	s.handle("/_sim/", func(*http.Request) reply {
		return controlError(http.StatusNotFound, "the control interface has nothing at this path and method")
	})
}

func (s *Server) addFault(r *http.Request) reply {
	var rule control.Fault
	if err := readOrder(r, &rule); err != nil {
		return controlError(http.StatusBadRequest, err.Error())
	}
	added, err := s.faults.add(rule)
	if err != nil {
		return controlError(http.StatusBadRequest, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return jsonReply(http.StatusCreated, added)
}

func (s *Server) removeFault(r *http.Request) reply {
	if !s.faults.remove(r.PathValue("id")) {
		return controlError(http.StatusNotFound, "there is no rule of this id")
	}
	return reply{status: http.StatusNoContent}
}

func (s *Server) finishJob(r *http.Request) reply {
	j, ok := s.store.finish(r.PathValue("id"))
	if !ok {
		return controlError(http.StatusNotFound, "there is no job of this id")
	}
	return jsonReply(http.StatusOK, j)
}

func (s *Server) changeSettings(r *http.Request) reply {
	var change control.SettingsChange
	if err := readOrder(r, &change); err != nil {
		return controlError(http.StatusBadRequest, err.Error())
	}
	now, err := s.settings.change(change)
	if err != nil {
		return controlError(http.StatusBadRequest, err.Error())
	}
	return jsonReply(http.StatusOK, now)
}

// readOrder reads one JSON document without unknown members: a misspelled fault must not pass for no fault.
func readOrder(r *http.Request, into any) error {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody))
	if err != nil {
		return errors.New("the body cannot be read")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the JSON document")
	}
	return nil
}
