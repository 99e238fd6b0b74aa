package activities

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/lease"
	"model-registrar/schemas"
)

const (
	// leaseMargin is how long before Temporal gives an attempt up it stops changing anything: a call has that much time
	// to get on its way.
	leaseMargin = 5 * time.Second
	// beatTime bounds one heartbeat, its retries included.
	beatTime = 3 * time.Second
)

// Beats sends heartbeats and returns once Temporal has accepted them. The SDK's own are gathered and sent later, and
// nobody learns whether they arrived.
type Beats interface {
	RecordActivityHeartbeatWithOptions(ctx context.Context, options client.RecordActivityHeartbeatOptions) error
}

// attempt is one attempt of an activity that changes the gateway. It heartbeats by itself, holds the lease that each
// changing call needs, and ends its context when the lease is over: before Temporal starts its successor.
type attempt struct {
	beats  Beats
	info   activity.Info
	lease  *lease.Lease
	cancel context.CancelCauseFunc
	done   chan struct{}

	mu      sync.Mutex
	details any // what each heartbeat records; nil: nothing
}

// begin begins an attempt. The context that it returns carries the lease, and ends with a cancellation or with the
// lease. The details are recorded with each heartbeat: what the attempt before recorded must not be lost.
func (a *Activities) begin(ctx context.Context, details any) (context.Context, *attempt) {
	info := activity.GetInfo(ctx)
	t := &attempt{beats: a.Beats, info: info, done: make(chan struct{}), details: details}
	if t.beats == nil && a.Temporal != nil {
		t.beats = a.Temporal
	}
	length := time.Hour // an activity without a heartbeat time-out is given up by nobody
	if info.HeartbeatTimeout > 0 {
		length = max(info.HeartbeatTimeout-leaseMargin, info.HeartbeatTimeout/2)
	}
	t.lease = lease.New(length)
	ctx, t.cancel = context.WithCancelCause(lease.With(ctx, t.lease))
	go t.keepAlive(ctx)
	return ctx, t
}

func (t *attempt) end() {
	close(t.done)
	t.cancel(nil)
}

// record has Temporal store the details, and returns nil once it has. Nothing may be sent that is not recorded.
func (t *attempt) record(ctx context.Context, details any) error {
	before := t.set(details)
	err := t.beat(context.WithoutCancel(ctx))
	if err != nil {
		t.set(before)
	}
	return err
}

func (t *attempt) set(details any) (before any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, t.details = t.details, details
	return before
}

// keepAlive heartbeats, the first time after some seconds, since each heartbeat is an action.
func (t *attempt) keepAlive(ctx context.Context) {
	tick := time.NewTimer(schemas.HeartbeatEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-t.done:
			return
		}
		if err := t.beat(context.WithoutCancel(ctx)); err != nil && t.lease.Check() != nil {
			t.cancel(t.lease.Check())
		}
		next := schemas.HeartbeatEvery
		if left := t.lease.Left(); left < next {
			next = max(left, time.Second)
		}
		tick.Reset(next)
	}
}

// beat sends one heartbeat. An answer that asks to cancel is an acceptance, and cancels the attempt's context. An
// attempt that Temporal does not know any more has ended.
func (t *attempt) beat(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var details []any
	if t.details != nil {
		details = []any{t.details}
	}
	err := t.lease.Renew(func() error {
		if t.beats == nil { // in tests without Temporal
			activity.RecordHeartbeat(ctx, details...)
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, beatTime)
		defer cancel()
		err := t.beats.RecordActivityHeartbeatWithOptions(ctx, client.RecordActivityHeartbeatOptions{
			TaskToken: t.info.TaskToken, Details: details, Namespace: t.info.Namespace,
			WorkflowID: t.info.WorkflowExecution.ID, ActivityType: t.info.ActivityType.Name,
			WorkflowType: workflowType(t.info), TaskQueue: t.info.TaskQueue,
		})
		switch {
		case temporal.IsCanceledError(err):
			t.cancel(context.Canceled)
			return nil
		case errors.Is(err, activity.ErrActivityPaused), errors.Is(err, activity.ErrActivityReset):
			return nil
		}
		return err
	})
	var unknown *serviceerror.NotFound
	if errors.As(err, &unknown) {
		t.lease.End(errors.New("this attempt is not known to Temporal any more"))
		t.cancel(t.lease.Check())
	}
	return err
}

func workflowType(info activity.Info) string {
	if info.WorkflowType == nil {
		return ""
	}
	return info.WorkflowType.Name
}
