package quota

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// platform plays the platform's quota: windows that begin with the first call after the end of the one before.
type platform struct {
	allowed int
	length  time.Duration
	trip    time.Duration // there and back
	silent  bool          // sends no headers
	floor   bool          // rounds the reset down

	mu      sync.Mutex
	began   time.Time
	count   int
	total   int // calls that were let through
	refused int
	times   []time.Time // of all calls
}

var headers = Headers{Allowed: "inin-ratelimit-allowed", Count: "inin-ratelimit-count", Reset: "inin-ratelimit-reset"}

func newPlatform(allowed int, length time.Duration) *platform {
	return &platform{allowed: allowed, length: length, trip: 40 * time.Millisecond}
}

// call is one call as it arrives.
func (f *platform) call() (status int, h http.Header) {
	time.Sleep(f.trip / 2)
	defer time.Sleep(f.trip / 2)
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	f.times = append(f.times, now)
	if now.Sub(f.began) >= f.length {
		f.began, f.count = now, 0
	}
	left := f.began.Add(f.length).Sub(now).Seconds()
	h, status = http.Header{}, http.StatusOK
	if f.count >= f.allowed {
		f.refused++
		status = http.StatusTooManyRequests
		h.Set("Retry-After", strconv.Itoa(int(max(1, math.Ceil(left)))))
	} else {
		f.count++
		f.total++
	}
	if !f.silent {
		reset := math.Ceil(left)
		if f.floor {
			reset = math.Floor(left)
		}
		h.Set("inin-ratelimit-allowed", strconv.Itoa(f.allowed))
		h.Set("inin-ratelimit-count", strconv.Itoa(f.count))
		h.Set("inin-ratelimit-reset", strconv.Itoa(int(reset)))
	}
	return status, h
}

// make makes one call through a pacer, and comes back when it is told to.
func (f *platform) make(ctx context.Context, p *Pacer, class Class) error {
	for {
		c, err := p.Acquire(ctx, class, "op")
		var busy *Deferred
		if errors.As(err, &busy) {
			time.Sleep(busy.RetryAfter)
			continue
		}
		if err != nil {
			return err
		}
		status, h := f.call()
		c.Answered(status, h)
		if status == http.StatusOK {
			return nil
		}
	}
}

// crowd has so many callers make one call each, spread over the pacers, and returns how long that took.
func (f *platform) crowd(t *testing.T, calls int, pacers ...*Pacer) time.Duration {
	t.Helper()
	began := time.Now()
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			if err := f.make(t.Context(), pacers[i%len(pacers)], Finish+Class(i%2)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// bubble runs a test on a clock of its own.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}
