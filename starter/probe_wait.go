package main

import (
	"context"
	"errors"
	"time"

	"model-registrar/internal/probe"
	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// The gaps between the tries of an endpoint that does not say how long to wait: those of a worker.
const (
	firstRetry = time.Second
	mostRetry  = 10 * time.Second
	leastRetry = 100 * time.Millisecond // whatever the endpoint asks for
)

// probeUntil probes an endpoint, and again while it may only be starting, until the time to wait for it is up. What it
// then is, is the report. The error is the context's.
func probeUntil(
	ctx context.Context, out *console.Printer, p *probe.Prober, in schemas.ProbeInput, wait time.Duration,
) (*schemas.ProbeReport, error) {
	giveUp := time.Now().Add(wait)
	gap := firstRetry
	for {
		report, err := p.Run(ctx, in)
		unready, ok := errors.AsType[*probe.RetryableError](err)
		if !ok {
			return report, err
		}
		pause := gap
		if unready.RetryAfter > 0 {
			pause = max(unready.RetryAfter, leastRetry)
		}
		left := time.Until(giveUp)
		if pause > left {
			tellUnready(out, wait, unready)
			return unready.Report(), nil
		}
		out.Alertf("%s Next try in %s; it has %s more to come up.",
			unready.Message, words.Span(pause), words.Span(left))
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
		gap = min(2*gap, mostRetry)
	}
}

// tellUnready says that the FAIL that follows may not be for good, and what to do.
func tellUnready(out *console.Printer, wait time.Duration, unready *probe.RetryableError) {
	asks := ""
	if unready.RetryAfter > 0 {
		asks = " It asks for " + words.Span(unready.RetryAfter) + " until the next try."
	}
	if wait == 0 {
		out.Alertf("The endpoint may only be starting, or busy.%s To have it tried again for two minutes: "+
			"--wait 2m", asks)
		return
	}
	out.Alertf("The endpoint may only be starting, or busy, and did not come up within %s.%s A longer --wait gives it "+
		"more time.", words.Span(wait), asks)
}
