package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"model-registrar/schemas"
)

// keepAlive heartbeats until the function that it returns is called, so that the server notices a dead worker, and so
// that a cancellation reaches the activity's context. The details are what a later attempt goes on from.
func keepAlive(ctx context.Context, details ...any) (stop func()) {
	return keepAliveWith(ctx, schemas.HeartbeatEvery, func() []any { return details })
}

// keepAliveWith is keepAlive with another time until the first heartbeat, and details that change.
func keepAliveWith(ctx context.Context, first time.Duration, details func() []any) (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTimer(first)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				activity.RecordHeartbeat(ctx, details()...)
				tick.Reset(schemas.HeartbeatEvery)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

// pause waits, and reports whether to go on afterwards.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-activity.GetWorkerStopChannel(ctx):
	}
	return false
}
