package simulator

import (
	"context"
	"net/http"

	"model-registrar/testsuite/simulator/control"
)

// Server is the simulator. It is an http.Handler, safe for concurrent use.
type Server struct {
	options Options
	mux     *http.ServeMux

	settings  *settings
	tokens    *tokens
	store     *store
	faults    *faults
	callbacks *callbacks
	requests  *journal[control.Request]
	counts    *counts
	webhooks  *journal[control.Webhook]

	stop    context.CancelFunc
	stopped context.Context
}

// New returns a simulator; Close ends what it started.
func New(options Options) *Server {
	options = options.withDefaults()
	s := &Server{options: options, mux: http.NewServeMux()}
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.settings = newSettings(options.settings())
	s.tokens = newTokens(s.settings)
	s.faults = newFaults()
	s.requests = newJournal[control.Request](options.KeepRequests, nil)
	s.counts = newCounts()
	s.webhooks = newJournal(max(1, options.KeepRequests/10), func(w control.Webhook) int { return len(w.Body) })
	s.callbacks = newCallbacks(s.stopped, max(1, options.KeepRequests/10))
	s.store = newStore(s.callbacks.jobEnded)

	s.routeOAuth()
	s.routeModels()
	s.routeJobs()
	s.routeProviders()
	s.routeWebhooks()
	s.routeControl()
	s.routeUnknown()
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != cleanPath(r.URL.Path) {
		// The mux would redirect a doubled slash to the right place, and so hide that a client made one.
		s.run(w, r, s.unknown())
		return
	}
	s.mux.ServeHTTP(w, r)
}

// Close stops jobs, callbacks and waiting readers. Requests in progress end soon after.
func (s *Server) Close() {
	s.stop()
	s.store.close()
	s.callbacks.wait()
}
