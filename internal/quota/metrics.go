package quota

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Observe reports the figures of [Stats] as metrics; docs/quota.md says what they mean. They hold no secret.
func (p *Pacer) Observe(m metric.Meter) error {
	var problems []error
	counter := func(name, what string, unit ...metric.Float64ObservableCounterOption) metric.Float64ObservableCounter {
		c, err := m.Float64ObservableCounter(name, append(unit, metric.WithDescription(what))...)
		problems = append(problems, err)
		return c
	}
	gauge := func(name, what string) metric.Int64ObservableGauge {
		g, err := m.Int64ObservableGauge(name, metric.WithDescription(what))
		problems = append(problems, err)
		return g
	}
	calls := counter("genesys_calls", "Calls to the Genesys API, by operation.")
	limited := counter("genesys_rate_limited", "Answers with 429.")
	deferred := counter("genesys_calls_deferred", "Calls for which there was no room soon; their activities are "+
		"retried later.")
	waits := counter("genesys_waits", "Calls that had to wait for their turn, by class.")
	waited := counter("genesys_wait", "How long calls waited for their turn, by class.", metric.WithUnit("s"))
	waiting := gauge("genesys_waiting", "Calls that wait for their turn now, by class.")
	allowed := gauge("genesys_quota_allowed", "Calls that the platform allows in the current window.")
	remaining := gauge("genesys_quota_remaining", "Calls that are left of them, as far as this process knows.")
	_, err := m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		s := p.Stats()
		for op, n := range s.PerOp {
			o.ObserveFloat64(calls, float64(n), metric.WithAttributes(attribute.String("op", op)))
		}
		o.ObserveFloat64(limited, float64(s.RateLimited))
		o.ObserveFloat64(deferred, float64(s.Deferred))
		for class := range classes {
			by := metric.WithAttributes(attribute.String("class", class.String()))
			o.ObserveFloat64(waits, float64(s.Waits[class]), by)
			o.ObserveFloat64(waited, s.Waited[class].Seconds(), by)
			o.ObserveInt64(waiting, int64(s.Waiting[class]), by)
		}
		if s.Allowed > 0 {
			o.ObserveInt64(allowed, int64(s.Allowed))
			o.ObserveInt64(remaining, int64(max(0, s.Allowed-s.Used)))
		}
		return nil
	}, calls, limited, deferred, waits, waited, waiting, allowed, remaining)
	return errors.Join(append(problems, err)...)
}
