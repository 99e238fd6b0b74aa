package config

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
)

// Capacity is how much one worker process takes on at once: how many registrations it keeps in memory, how many
// workflow and activity tasks it runs, and how many requests wait at the server for more. docs/capacity.md has the
// measurements behind the defaults.
type Capacity struct {
	// Cache is how many registrations stay in memory between their workflow tasks. One that fell out is replayed from
	// its history when it goes on; one that waits for days needs no place here.
	Cache int `env:"REGISTRAR_WORKER_CACHE" envDefault:"256"`
	// WorkflowSlots and ActivitySlots are how many tasks of each kind run at once.
	WorkflowSlots int `env:"REGISTRAR_WORKER_WORKFLOW_SLOTS" envDefault:"100"`
	ActivitySlots int `env:"REGISTRAR_WORKER_ACTIVITY_SLOTS" envDefault:"200"`
	// WorkflowPollers and ActivityPollers are how many requests for tasks of each kind may wait at the server at once;
	// the number adapts itself between one and this.
	WorkflowPollers int `env:"REGISTRAR_WORKER_WORKFLOW_POLLERS" envDefault:"10"`
	ActivityPollers int `env:"REGISTRAR_WORKER_ACTIVITY_POLLERS" envDefault:"10"`
}

// Check returns everything that is wrong.
func (c Capacity) Check() error {
	var problems []error
	for _, v := range []struct {
		name               string
		value, least, most int
	}{
		{"REGISTRAR_WORKER_CACHE", c.Cache, 0, 100_000},
		// the SDK needs two: one for each of its queues
		{"REGISTRAR_WORKER_WORKFLOW_SLOTS", c.WorkflowSlots, 2, 10_000},
		{"REGISTRAR_WORKER_ACTIVITY_SLOTS", c.ActivitySlots, 1, 10_000},
		{"REGISTRAR_WORKER_WORKFLOW_POLLERS", c.WorkflowPollers, 2, 1000},
		{"REGISTRAR_WORKER_ACTIVITY_POLLERS", c.ActivityPollers, 1, 1000},
	} {
		if v.value < v.least || v.value > v.most {
			problems = append(problems, fmt.Errorf("%s must be between %d and %d", v.name, v.least, v.most))
		}
	}
	return errors.Join(problems...)
}

// Options adds the sizes to a worker's options.
func (c Capacity) Options(o worker.Options) worker.Options {
	o.MaxConcurrentWorkflowTaskExecutionSize = c.WorkflowSlots
	o.MaxConcurrentActivityExecutionSize = c.ActivitySlots
	o.WorkflowTaskPollerBehavior = pollers(c.WorkflowPollers)
	o.ActivityTaskPollerBehavior = pollers(c.ActivityPollers)
	return o
}

// pollers adapts the number of pollers to the load, from a few at the start.
func pollers(most int) worker.PollerBehavior {
	return worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: min(5, most), MinimumNumberOfPollers: 1, MaximumNumberOfPollers: most,
	})
}

// Apply sets the size of the cache, which all workers of a process share. Call it before the first of them is started.
func (c Capacity) Apply() { worker.SetStickyWorkflowCacheSize(c.Cache) }

// Connect makes a worker's connection suit its messages, which are small: the whole history of a registration is 14
// KiB. The SDK's defaults suit larger ones. It compresses each request, and the server then each answer, which costs
// both more than the bytes do; and it looks through each message's payloads in a goroutine each, for the sake of an
// external storage, which there is none of here.
func Connect(o *client.Options) {
	o.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	o.ExternalStorage.Concurrency.MaxOperationsPerMessage = 1
}
