package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// profileLimit is how long a CPU profile may take.
const profileLimit = 2 * time.Minute

// Server answers /metrics (Prometheus), /healthz (the process is alive) and /readyz (it can do its work).
type Server struct {
	registry *prometheus.Registry
	mux      *http.ServeMux
	meters   *sdkmetric.MeterProvider
	http     *http.Server
}

// NewServer makes a server; ready says why the process cannot do its work now, or nil.
func NewServer(ready func(context.Context) error) (*Server, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprom.New(otelprom.WithRegisterer(registry))
	if err != nil {
		return nil, fmt.Errorf("set up metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Timeout: 10 * time.Second}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := ready(ctx); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return &Server{
		registry: registry,
		mux:      mux,
		// Exemplars would name traces, and there are none.
		meters: sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter),
			sdkmetric.WithExemplarFilter(exemplar.AlwaysOffFilter)),
		http: &http.Server{
			Handler: knownHost(mux), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
			WriteTimeout: 20 * time.Second, MaxHeaderBytes: 16 << 10,
		},
	}, nil
}

// MetricsHandler is what the Temporal SDK reports its metrics to.
func (s *Server) MetricsHandler(log *slog.Logger) client.MetricsHandler {
	return &remembered{MetricsHandler: opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: s.meters.Meter("temporal-sdk-go"), UseMonotonicCounters: true,
		// The default is to panic; a metric that cannot be made must not end the worker.
		OnError: func(err error) { log.Warn("a metric is missing", "error", err) },
	})}
}

// Profile serves the Go profiler under /debug/pprof/ too, for as long as one answer may take. Call it before Listen.
func (s *Server) Profile() {
	s.mux.HandleFunc("/debug/pprof/", pprof.Index) // heap, goroutine and the like
	s.mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	s.http.WriteTimeout = profileLimit
}

// Meter is for metrics of the process's own.
func (s *Server) Meter() metric.Meter { return s.meters.Meter("model-registrar") }

// Listen serves on an address until Close, and returns the address that it got, which matters for port 0.
func (s *Server) Listen(address string, log *slog.Logger) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("metrics and health cannot be served on %s (%w); set REGISTRAR_METRICS_ADDRESS to a "+
			"free address", address, err)
	}
	go func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics and health are served no more", "error", err)
		}
	}()
	return l.Addr().String(), nil
}

// Close stops serving.
func (s *Server) Close() error { return s.http.Close() }
