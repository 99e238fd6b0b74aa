package main

import (
	"context"
	"sync"

	"model-registrar/internal/manifest"
	"model-registrar/registrar"
)

// runWindow starts operations within the window, and follows each to its end. One that waits for a person gives
// its place to the next. Once the context ends no more are started, and those that run go on by themselves. The answer
// has those that were started, in the order of the requests.
func (a *app) runWindow(ctx context.Context, c *connection, requests []registrar.Request, window int) (all []*registration) {
	names := make([]string, len(requests))
	for i, r := range requests {
		names[i] = r.Manifest.Name
	}
	p := newProgress(a.err, names)
	defer p.close()
	places := make(chan struct{}, window)
	begun := make([]*registration, len(requests))
	var group sync.WaitGroup
	for i, r := range requests {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() {
			leave := sync.OnceFunc(func() { <-places })
			defer leave()
			begun[i] = a.runOne(ctx, c, r, i, p, leave)
		})
	}
	group.Wait()
	for _, r := range begun {
		if r != nil {
			all = append(all, r)
		}
	}
	return all
}

// runOne starts one operation and follows it to its end. One that cannot be started is told as what failed.
func (a *app) runOne(ctx context.Context, c *connection, r registrar.Request, i int, p *progress, leave func()) *registration {
	if wrong := a.checked(r); wrong != nil {
		return wrong
	}
	reg, err := c.begin(ctx, r)
	if err != nil {
		return &registration{name: r.Manifest.Name, followed: err}
	}
	if reg.state == inProgress {
		return reg
	}
	a.followWaiting(ctx, c, reg, i, p, leave)
	return reg
}

// checked refuses a manifest of a saved plan that is not valid: somebody may have edited the file.
func (a *app) checked(r registrar.Request) *registration {
	if r.Reason == pruneReason {
		return nil
	}
	if v := manifest.Validate(r.Manifest); len(v) > 0 {
		return &registration{name: r.Manifest.Name, followed: misused("the plan's manifest is not valid: %s", v[0].In("manifest"))}
	}
	return nil
}
