package quota

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestALoneRegistrationIsNotSlowed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, p := newPlatform(300, time.Minute), New(0, headers)
		began := time.Now()
		for range 12 {
			if err := f.make(t.Context(), p, Finish); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 12*f.trip {
			t.Errorf("12 calls took %s, want %s", took, 12*f.trip)
		}
	})
}

func TestACrowdIsSpreadOverTheWindowsWithoutARefusal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newPlatform(300, time.Minute)
		took := f.crowd(t, 1200, New(0, headers))
		if f.refused != 0 {
			t.Errorf("%d calls were refused", f.refused)
		}
		if ratio := took.Seconds() / (4 * 60); ratio > 1.05 {
			t.Errorf("it took %.3f of what the quota needs", ratio)
		}
		half := 0
		for _, at := range f.times {
			if at.Sub(f.times[0]) < 30*time.Second {
				half++
			}
		}
		if half < 140 || half > 180 {
			t.Errorf("%d calls in the first half of a window that allows 300", half)
		}
	})
}

func TestProcessesThatKnowNothingOfEachOtherShareTheQuota(t *testing.T) {
	for name, shape := range map[string]func(*platform){
		"as it is":                         func(*platform) {},
		"that rounds the reset down":       func(f *platform) { f.floor = true },
		"that is far away":                 func(f *platform) { f.trip = 700 * time.Millisecond },
		"with short windows":               func(f *platform) { f.length = 3 * time.Second },
		"with windows of no whole second":  func(f *platform) { f.length = 3500 * time.Millisecond },
		"whose quota is larger than usual": func(f *platform) { f.allowed = 1200 },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newPlatform(300, time.Minute)
				shape(f)
				calls := 4 * f.allowed
				took := f.crowd(t, calls, New(0, headers), New(0, headers), New(0, headers))
				if share := float64(f.refused) / float64(calls); share > 0.01 {
					t.Errorf("%d of %d calls were refused", f.refused, calls)
				}
				if ratio := took.Seconds() / (4 * f.length.Seconds()); ratio > 1.5 {
					t.Errorf("it took %.2f times what the quota needs", ratio)
				}
				t.Logf("%.3f of what the quota needs, %d refused", took.Seconds()/(4*f.length.Seconds()), f.refused)
			})
		})
	}
}

func TestAProcessThatWasIdleLooksBeforeItLeaps(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, idle, busy := newPlatform(300, time.Minute), New(0, headers), New(0, headers)
		f.crowd(t, 1, idle)
		f.crowd(t, 280, busy) // nearly all of the window's quota
		f.crowd(t, 60, idle)
		if f.refused != 0 {
			t.Errorf("%d calls were refused", f.refused)
		}
	})
}

func TestNobodyCallsWhileThePlatformAsksForSilence(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, p := newPlatform(300, time.Minute), New(0, headers)
		f.crowd(t, 5, p)
		c, err := p.Acquire(t.Context(), Finish, "op")
		if err != nil {
			t.Fatal(err)
		}
		c.Answered(http.StatusTooManyRequests, http.Header{"Retry-After": {"7"}})
		refusedAt, before := time.Now(), len(f.times)
		f.crowd(t, 20, p)
		if first := f.times[before].Sub(refusedAt); first < 7*time.Second {
			t.Errorf("a call came %s after the 429", first)
		}
		if p.Stats().RateLimited != 1 {
			t.Errorf("%+v", p.Stats())
		}
	})
}

func TestALongSilenceSendsCallersAwayAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := New(0, headers)
		c, _ := p.Acquire(t.Context(), Finish, "op")
		c.Answered(http.StatusTooManyRequests, http.Header{"Retry-After": {"50"}})
		began := time.Now()
		_, err := p.Acquire(t.Context(), Finish, "op")
		var busy *Deferred
		if !errors.As(err, &busy) || busy.RetryAfter < 30*time.Second || busy.RetryAfter > 60*time.Second || time.Since(began) != 0 {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestNobodyWaitsLongerThanAWorkersSlotIsWorth(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, p := newPlatform(300, time.Minute), New(0, headers)
		f.crowd(t, 300, p)
		var wg sync.WaitGroup
		for range 500 {
			wg.Go(func() {
				began := time.Now()
				c, err := p.Acquire(t.Context(), Start, "op")
				if waited := time.Since(began); waited > MaxWait {
					t.Errorf("waited %s", waited)
				}
				if err == nil {
					c.Answered(f.call())
				}
			})
		}
		synctest.Wait()
		defer wg.Wait()
		if s := p.Stats(); s.Deferred == 0 || s.Waiting[Start] == 0 {
			t.Errorf("%+v; want some that wait and some that were deferred", s)
		}
	})
}

func TestWithoutHeadersTheConfiguredCeilingHolds(t *testing.T) {
	for perMinute, want := range map[int]int{0: DefaultPerMinute, 60: 60} {
		bubble(t, func(t *testing.T) {
			f, p := newPlatform(1_000_000, time.Minute), New(perMinute, headers)
			f.silent = true
			f.crowd(t, 3*want, p)
			for i := want; i < len(f.times); i++ {
				if gap := f.times[i].Sub(f.times[i-want]); gap < 55*time.Second {
					t.Fatalf("%d calls within %s", want+1, gap)
				}
			}
		})
	}
}

func TestAConfiguredCeilingHoldsAlthoughThePlatformAllowsMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, p := newPlatform(300, time.Minute), New(60, headers)
		if took := f.crowd(t, 180, p); took < 2*time.Minute {
			t.Errorf("180 calls took %s, at 60 a minute", took)
		}
	})
}

func TestFinishingGoesFirstAndNeitherClassStarves(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, p := newPlatform(300, time.Minute), New(0, headers)
		f.crowd(t, 40, p) // the line is reached
		var order []Class
		var wg sync.WaitGroup
		for _, class := range []Class{Start, Finish} {
			for range 40 {
				wg.Go(func() {
					c, err := p.Acquire(t.Context(), class, "op")
					if err == nil {
						order = append(order, class)
						c.Answered(f.call())
					}
				})
			}
			synctest.Wait()
		}
		wg.Wait()
		starts := 0
		for _, class := range order[:40] {
			if class == Start {
				starts++
			}
		}
		if starts != 10 {
			t.Errorf("%d of the first 40 turns were starts, want one of four", starts)
		}
	})
}

// turns has calls of each of these classes wait at once, and returns the classes in the order of their turns.
func turns(t *testing.T, f *platform, p *Pacer, each int, priorities ...Priority) (order []Priority) {
	t.Helper()
	var wg sync.WaitGroup
	for _, priority := range priorities {
		for range each {
			wg.Go(func() {
				c, err := p.Acquire(WithPriority(t.Context(), priority), Start, "op")
				if err == nil {
					order = append(order, priority)
					c.Answered(f.call())
				}
			})
		}
		synctest.Wait()
	}
	wg.Wait()
	return order
}

func TestASingleOperationGoesBeforeAFleetAndBothBeforeChecks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, p := newPlatform(300, time.Minute), New(0, headers)
		f.crowd(t, 40, p) // the line is reached
		order := turns(t, f, p, 12, OfCheck, OfFleet, OfPerson)
		person := 0
		for i, priority := range order {
			if priority == OfPerson {
				person++
			}
			if priority == OfCheck && i < 24 {
				t.Errorf("turn %d of 36 was a check's", i)
			}
		}
		if person != 12 || order[0] != OfPerson {
			t.Errorf("the order is %v", order)
		}
	})
}

func TestChecksLeaveABurstOfTheQuotaForWhoeverComesNext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, p := newPlatform(300, time.Minute), New(0, headers)
		for range 100 {
			c, err := p.Acquire(WithPriority(t.Context(), OfCheck), Finish, "op")
			if err != nil {
				break // deferred: what is left is not for checks
			}
			c.Answered(f.call())
			if spare := p.Spare(); spare < 300/burstShare-2 {
				t.Fatalf("%d calls are left at once", spare)
			}
		}
		began := time.Now()
		if err := f.make(t.Context(), p, Start); err != nil || time.Since(began) > time.Second {
			t.Errorf("a registration's call took %s: %v", time.Since(began), err)
		}
	})
}

// An hour of a client with 10,000 models that are each checked by one call, and a registration of four calls every minute.
func TestTenThousandModelsThatAreCheckedHourlyNeverDelayARegistration(t *testing.T) {
	const registrations, calls = 60, 4
	for name, c := range map[string]struct {
		models int
		due    func(i int) time.Duration
	}{
		"spread over the hour":                        {10_000, func(i int) time.Duration { return time.Hour * time.Duration(i) / 10_000 }},
		"a thousand at once, after a worker was down": {1000, func(int) time.Duration { return 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f, p := newPlatform(300, time.Minute), New(0, headers)
				var checks sync.WaitGroup
				for i := range c.models {
					checks.Go(func() {
						time.Sleep(c.due(i))
						if err := f.make(WithPriority(t.Context(), OfCheck), p, Start); err != nil {
							t.Error(err)
						}
					})
				}
				began := time.Now()
				for i := range registrations {
					time.Sleep(time.Minute - time.Since(began)%time.Minute + time.Duration(i)*time.Second)
					asked := time.Now()
					for range calls {
						if err := f.make(WithPriority(t.Context(), OfPerson), p, Start); err != nil {
							t.Fatal(err)
						}
					}
					if took := time.Since(asked); took > calls*f.trip+50*time.Millisecond {
						t.Errorf("registration %d waited for its calls: they took %s, alone %s", i, took, calls*f.trip)
					}
				}
				checks.Wait()
				if took := time.Since(began); took > 75*time.Minute || f.refused > 0 {
					t.Errorf("the checks took %s, and %d calls were refused", took, f.refused)
				}
			})
		})
	}
}

func TestACallerThatLeavesIsNotWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, p := newPlatform(100, time.Minute), New(0, headers)
		f.crowd(t, 20, p)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		for range 8 {
			go func() { _, err := p.Acquire(ctx, Start, "op"); left <- err }()
		}
		synctest.Wait()
		cancel()
		for range 8 {
			if err := <-left; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		if s := p.Stats(); s.Waiting[Start] != 0 || s.Calls() != 20 {
			t.Errorf("%+v", s)
		}
		if took := f.crowd(t, 1, p); took > 2*time.Second {
			t.Errorf("the next caller waited %s for who has left", took)
		}
	})
}

func TestCallsThatBelongTogetherWaitOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, p := newPlatform(100, time.Minute), New(0, headers)
		f.crowd(t, 20, p)
		var wg sync.WaitGroup
		defer wg.Wait()
		for range 3 { // others who wait
			wg.Go(func() { _ = f.make(t.Context(), p, Finish) })
		}
		ctx, done := Reserve(t.Context(), 2)
		defer done()
		var took [2]time.Duration
		for i := range took {
			began := time.Now()
			c, err := p.Acquire(ctx, Start, "op")
			if err != nil {
				t.Fatal(err)
			}
			took[i] = time.Since(began)
			c.Answered(f.call())
		}
		if took[0] == 0 || took[1] != 0 {
			t.Errorf("waited %s and %s, want the second not to wait", took[0], took[1])
		}
	})
}

func TestATurnThatIsNotUsedIsGivenBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, p := newPlatform(300, time.Minute), New(0, headers)
		ctx, done := Reserve(t.Context(), 2)
		c, err := p.Acquire(ctx, Start, "op")
		if err != nil {
			t.Fatal(err)
		}
		c.Answered(f.call())
		done()
		done()
		if used := p.Stats().Used; used != 1 {
			t.Errorf("%d used, want 1", used)
		}
	})
}

func TestAnAnswerThatNeverComesDoesNotHoldUpTheNextWindow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, p := newPlatform(300, 10*time.Second), New(0, headers)
		f.crowd(t, 10, p)
		stuck, err := p.Acquire(t.Context(), Finish, "op")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Second)
		if took := f.crowd(t, 20, p); took > 2*time.Second {
			t.Errorf("20 calls took %s", took)
		}
		stuck.Lost()
	})
}

func TestWithoutAPacerNobodyWaits(t *testing.T) {
	var p *Pacer
	c, err := p.Acquire(t.Context(), Start, "op")
	if err != nil {
		t.Fatal(err)
	}
	c.Answered(200, nil)
	c.Lost()
	if p.Spare() < 1000 || p.Rate() < 1000 || p.Stats().Calls() != 0 {
		t.Error("a nil pacer paces")
	}
}
