package telemetry

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
)

// most is how many handlers with tags, and how many metrics, one handler remembers. The SDK's tags have few values:
// types, task queues, operations, kinds of failure.
const most = 500

// remembered is a metrics handler that makes each handler with tags and each metric once. The SDK asks for them anew
// with every task and call, and OpenTelemetry sorts the tags each time: that was a twentieth of a busy worker's CPU
// time.
type remembered struct {
	client.MetricsHandler
	tagged   once[client.MetricsHandler]
	counters once[client.MetricsCounter]
	gauges   once[client.MetricsGauge]
	timers   once[client.MetricsTimer]
}

// WithTags returns the handler with these tags.
func (r *remembered) WithTags(tags map[string]string) client.MetricsHandler {
	tags = known(tags)
	return r.tagged.get(keyOf(tags), func() client.MetricsHandler {
		return &remembered{MetricsHandler: r.MetricsHandler.WithTags(tags)}
	})
}

// typeTags are the tags whose values anybody who may write to the namespace can make up.
var typeTags = []string{"workflow_type", "activity_type"}

// known puts "other" in the place of types that are none of the product's: each would be a label value for ever.
func known(tags map[string]string) map[string]string {
	for _, key := range typeTags {
		if v, ok := tags[key]; ok && v != "" && v != "none" && !schemas.IsType(v) {
			tags = maps.Clone(tags)
			tags[key] = "other"
		}
	}
	return tags
}

// Counter returns the counter of that name.
func (r *remembered) Counter(name string) client.MetricsCounter {
	return r.counters.get(name, func() client.MetricsCounter { return r.MetricsHandler.Counter(name) })
}

// Gauge returns the gauge of that name.
func (r *remembered) Gauge(name string) client.MetricsGauge {
	return r.gauges.get(name, func() client.MetricsGauge { return r.MetricsHandler.Gauge(name) })
}

// Timer returns the timer of that name.
func (r *remembered) Timer(name string) client.MetricsTimer {
	return r.timers.get(name, func() client.MetricsTimer { return r.MetricsHandler.Timer(name) })
}

// keyOf is the same for equal tags, and for no others.
func keyOf(tags map[string]string) string {
	var pairs [8]string
	all := pairs[:0]
	for k, v := range tags {
		all = append(all, k+"\x00"+v+"\x00")
	}
	slices.Sort(all)
	return strings.Join(all, "")
}

// once keeps what it was asked for, up to a limit.
type once[T any] struct {
	kept sync.Map
	n    atomic.Int32
}

func (o *once[T]) get(key string, build func() T) T {
	if v, ok := o.kept.Load(key); ok {
		return v.(T)
	}
	made := build()
	if o.n.Add(1) > most {
		o.n.Add(-1)
		return made
	}
	v, known := o.kept.LoadOrStore(key, made)
	if known {
		o.n.Add(-1)
	}
	return v.(T)
}
