package polling

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// plenty and scarce are quotas with room for every look, and for none that is not needed.
type plenty struct{}

func (plenty) Spare() int    { return 1000 }
func (plenty) Rate() float64 { return 5 }

type scarce struct{ rate float64 }

func (scarce) Spare() int      { return -3 }
func (s scarce) Rate() float64 { return s.rate }

// follow waits for a job that takes so long, and returns how often it looked and how late it saw the end.
func follow(j *Jobs, takes time.Duration) (looks int, late time.Duration) {
	began := time.Now()
	job := j.Watch(0, 0)
	defer job.Leave()
	for {
		gap, news := job.Next()
		select {
		case <-time.After(gap):
		case <-news:
			continue
		}
		looks++
		if age := time.Since(began); age >= takes {
			job.Ended()
			return looks, age - takes
		}
		job.Looked()
	}
}

// crowd follows so many jobs that are created one after the other, and returns the looks at all of them.
func crowd(j *Jobs, jobs int, every, takes time.Duration) (looks int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range jobs {
		wg.Go(func() {
			n, _ := follow(j, takes)
			mu.Lock()
			looks += n
			mu.Unlock()
		})
		time.Sleep(every)
	}
	wg.Wait()
	return looks
}

func TestWhileNothingIsKnownShortJobsAreSeenSoonAndLongOnesCheaply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for takes, most := range map[time.Duration]struct {
			looks int
			late  time.Duration
		}{
			0:                {1, 250 * time.Millisecond},
			time.Second:      {5, 500 * time.Millisecond},
			5 * time.Second:  {9, time.Second},
			10 * time.Second: {14, time.Second},
			time.Minute:      {33, 6 * time.Second},
			time.Hour:        {78, 6 * time.Minute},
		} {
			looks, late := follow(New(plenty{}), takes)
			if looks > most.looks || late > most.late {
				t.Errorf("a job of %s: %d looks, seen %s late", takes, looks, late)
			}
		}
	})
}

// closeLooks is how many looks the promise of [Patience] needs at a job that takes so long.
func closeLooks(takes time.Duration) (n int) {
	for age := Patience(0); age < takes; age += Patience(age) {
		n++
	}
	return n
}

// noticed fails the test if the end of a job was seen later than the package promises where there is quota to spare.
func noticed(t *testing.T, before string, takes, late time.Duration) {
	t.Helper()
	if late > Patience(takes+late) {
		t.Errorf("%s, then a job of %s: seen %s late", before, takes, late)
	}
}

func TestWithQuotaToSpareAJobIsNoticedInTimeWhateverHappenedBefore(t *testing.T) {
	const s = time.Second
	many := func(n int, d ...time.Duration) (out []time.Duration) {
		for range n {
			out = append(out, d...)
		}
		return out
	}
	for name, jobs := range map[string][]time.Duration{
		"one slow job, then fast ones": append([]time.Duration{60 * s}, many(5, 3*s)...),
		"many slow ones, then fast":    append(many(20, 60*s), many(3, 3*s, s/2)...),
		"fast, then slow":              append(many(20, s/10), many(3, 90*s)...),
		"bimodal":                      many(12, s, 45*s),
		"growing":                      {s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 64 * s, 128 * s, 3600 * s, 10 * s},
		"shrinking":                    {3600 * s, 600 * s, 60 * s, 6 * s, s, s / 10},
		"an hour among seconds":        append(many(8, 2*s), 3600*s, 2*s, 3*s, 2*s),
		"three kinds":                  many(8, s/2, 7*s, 100*s),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := New(plenty{})
				for i, takes := range jobs {
					_, late := follow(j, takes)
					noticed(t, fmt.Sprint(jobs[:i]), takes, late)
				}
			})
		})
	}
}

func TestWithQuotaToSpareAJobIsNoticedInTimeAfterAnySequence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		for range 40 {
			j := New(plenty{})
			for range 30 {
				takes := time.Duration(math.Exp(random.Float64()*math.Log(1e5)) * float64(50*time.Millisecond))
				_, late := follow(j, takes)
				noticed(t, "a random sequence", takes, late)
			}
		}
	})
}

func TestAJobIsNoticedInTimeBesideOneThatIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New(plenty{})
		stuck := j.Watch(0, 0)
		defer stuck.Leave()
		for range 10 {
			_, late := follow(j, 3*time.Second)
			noticed(t, "one that is stuck", 3*time.Second, late)
			stuck.Looked()
		}
	})
}

func TestWithoutQuotaToSpareWhatWasLearntFromSlowJobsIsForgottenWithinOneWindow(t *testing.T) {
	for name, slow := range map[string]int{"one slow job": 1, "many slow jobs": 16} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				quota := &changing{rate: 5, spare: 1000}
				j := New(quota)
				for range slow {
					follow(j, time.Minute)
				}
				quota.spare = -3
				began := time.Now()
				crowd(j, 60, 200*time.Millisecond, 3*time.Second)
				if took := time.Since(began); took > 90*time.Second {
					t.Errorf("60 jobs of 3 s were seen after %s", took)
				}
				if surely := j.memory.surely(); surely > 8*time.Second {
					t.Errorf("the next is expected after %s", surely)
				}
				looks := crowd(j, 60, time.Second, 3*time.Second)
				if looks > 60*2 {
					t.Errorf("%d looks at 60 jobs", looks)
				}
			})
		})
	}
}

// changing is a quota that a test uses up.
type changing struct {
	rate  float64
	spare int
}

func (c *changing) Spare() int    { return c.spare }
func (c *changing) Rate() float64 { return c.rate }

func TestJobsThatTakeEquallyLongAreSeenSoonerAndMoreCheaply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, takes := range []time.Duration{50 * time.Millisecond, 1200 * time.Millisecond, 9 * time.Second, time.Minute} {
			j := New(plenty{})
			for range 4 {
				follow(j, takes)
			}
			looks, late := follow(j, takes)
			if looks > 6+closeLooks(takes) || late > max(finestGap, takes/50) {
				t.Errorf("the fifth job of %s: %d looks, seen %s late", takes, looks, late)
			}
		}
	})
}

func TestWhatIsKnownIsForgottenWhenJobsTakeAnotherTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, change := range [][2]time.Duration{{2 * time.Second, 9 * time.Second}, {9 * time.Second, 2 * time.Second}} {
			j := New(plenty{})
			for _, takes := range change {
				for range 6 {
					follow(j, takes)
				}
			}
			if looks, late := follow(j, change[1]); looks > 8+closeLooks(change[1]) || late > change[1]/20 {
				t.Errorf("from %s to %s: %d looks, seen %s late", change[0], change[1], looks, late)
			}
		}
	})
}

func TestAJobThatFailsAtOnceIsSeenLongBeforeJobsUsuallyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New(plenty{})
		for range 3 {
			follow(j, 10*time.Second)
		}
		if _, late := follow(j, 100*time.Millisecond); late > time.Second {
			t.Errorf("seen %s late", late)
		}
	})
}

func TestWithoutQuotaToSpareAJobNeedsAboutOneLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const jobs = 300
		looks := crowd(New(scarce{20}), jobs, 200*time.Millisecond, 2*time.Second)
		if perJob := float64(looks) / jobs; perJob > 1.15 {
			t.Errorf("%.2f looks a job", perJob)
		}
	})
}

func TestWithoutQuotaToSpareJobsThatAreLateTakeUpNoMoreThanTheirShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate = 20
		j := New(scarce{rate})
		for range 4 {
			follow(j, time.Second)
		}
		began := time.Now()
		looks := crowd(j, 100, 10*time.Millisecond, 3*time.Minute)
		if perSecond := float64(looks-200) / time.Since(began).Seconds(); perSecond > 1.3*rate*lateShare {
			t.Errorf("%.1f looks a second, of a quota of %d calls", perSecond, rate)
		}
	})
}

func TestJobsThatBecomeFasterAreNoticedAlthoughTheQuotaIsInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New(scarce{20})
		for range 20 {
			follow(j, 10*time.Second)
		}
		crowd(j, 40, 500*time.Millisecond, time.Second)
		if _, late := follow(j, time.Second); late > 2*time.Second {
			t.Errorf("seen %s late", late)
		}
	})
}

func TestAJobThatIsGoneOnWithIsLookedAtWhenItsLastLookIsLongEnoughAgo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New(plenty{})
		for looked, want := range map[time.Duration]time.Duration{
			0:                0,
			80 * time.Second: 0,
			99 * time.Second: 8900 * time.Millisecond,
		} {
			job := j.Watch(100*time.Second, looked)
			if gap, _ := job.Next(); gap.Round(time.Millisecond) != want {
				t.Errorf("last looked at after %s: the next look comes in %s", looked, gap)
			}
			job.Leave()
		}
	})
}

func TestAnotherJobIsLookedAtCloselyWhenTheScoutIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New(scarce{1})
		scout, other := j.Watch(0, 0), j.Watch(0, 0)
		defer other.Leave()
		_, news := other.Next()
		scout.Leave()
		<-news
		if j.scout != other {
			t.Error("there is no scout")
		}
	})
}

func TestWithoutQuotaToSpareAJobThatAPersonWaitsForIsNoticedSoonAndManyOfThemShareTheirPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New(scarce{rate: 20})
		for range 3 {
			follow(j, 9*time.Second) // what is known is of other jobs
		}
		for _, takes := range []time.Duration{300 * time.Millisecond, time.Second, 10 * time.Second, 5 * time.Minute} {
			began := time.Now()
			job := j.Watch(0, 0)
			job.Hurry()
			for looked := false; !looked; {
				gap, _ := job.Next()
				time.Sleep(gap)
				if looked = time.Since(began) >= takes; !looked {
					job.Looked()
				}
			}
			job.Leave()
			if late := time.Since(began) - takes; late > max(250*time.Millisecond, takes/8) {
				t.Errorf("a job of %s was seen %s late", takes, late)
			}
		}
		var gap time.Duration
		for range 100 {
			job := j.Watch(0, 0)
			job.Hurry()
			gap, _ = job.Next()
		}
		if want := 20 * time.Second; gap != want { // 100 in a quarter of 20 calls a second
			t.Errorf("each of 100 jobs is looked at after %s, not %s", gap, want)
		}
	})
}
