package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

const (
	fleetLook      = time.Second     // between two looks at a fleet on a terminal
	fleetLookPlain = 5 * time.Second // elsewhere
	fleetLookLast  = time.Minute     // the longest gap
	fleetQueryTime = 5 * time.Second
)

// follow shows how a fleet goes until it or the context has ended, and keeps what it came to.
func (f *fleetRun) follow(ctx context.Context, c *connection, on *row) error {
	f.result.Status = schemas.FleetStatus(statusInProgress)
	ends := make(chan error, 1)
	var result schemas.FleetResult
	go func() {
		var err error
		result, err = c.AwaitFleet(ctx, f.name)
		ends <- err
	}()
	seen := newFleetSketch(c.err.Terminal())
	began, first := time.Now(), fleetLookPlain
	if c.err.Terminal() {
		first = fleetLook
	}
	look := time.NewTimer(0)
	defer look.Stop()
	answers := make(chan fleetLooked, 1)
	for {
		select {
		case err := <-ends:
			if err == nil {
				f.ends(result)
			}
			return err
		case <-look.C:
			go func() {
				limited, cancel := context.WithTimeout(ctx, fleetQueryTime)
				defer cancel()
				p, err := c.FleetStatus(limited, f.name)
				answers <- fleetLooked{p, err}
			}()
		case l := <-answers:
			if ctx.Err() == nil {
				on.show(seen, func() { seen.look(l.progress, c.unansweredFleet(l.err)) })
			}
			look.Reset(fleetLookGap(first, time.Since(began)))
		}
	}
}

// fleetLookGap is how long to wait for the next look at a fleet that has been watched for so long: each is a query,
// which Temporal Cloud bills, and of a fleet that takes a day a second more or less is no news.
func fleetLookGap(first, watched time.Duration) time.Duration {
	return min(max(first, watched/60), fleetLookLast)
}

// fleetLooked is what one look at a fleet found.
type fleetLooked struct {
	progress schemas.FleetProgress
	err      error
}

// unansweredFleet says why a fleet did not say where it stands; nothing if it did, or has ended.
func (c *connection) unansweredFleet(err error) string {
	_, silent := errors.AsType[*registrar.NoWorker](err)
	_, closed := errors.AsType[*serviceerror.NotFound](err)
	switch {
	case err == nil, closed:
		return ""
	case silent, errors.Is(err, context.DeadlineExceeded): // the bound of one look
		return fmt.Sprintf("no worker on task queue %q answers; the fleet goes on when one does", c.TaskQueue())
	}
	return console.FirstLine(err.Error()) + "; trying again"
}
