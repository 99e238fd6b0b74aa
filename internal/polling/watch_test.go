package polling

import (
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
	job := j.Watch(0)
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
			time.Second:      {3, 100 * time.Millisecond},
			5 * time.Second:  {7, 1300 * time.Millisecond},
			10 * time.Second: {9, 300 * time.Millisecond},
			time.Minute:      {40, 2 * time.Second},
		} {
			looks, late := follow(New(plenty{}), takes)
			if looks > most.looks || late > most.late {
				t.Errorf("a job of %s: %d looks, seen %s late", takes, looks, late)
			}
		}
	})
}

func TestJobsThatTakeEquallyLongAreSeenSoonerAndMoreCheaply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, takes := range []time.Duration{50 * time.Millisecond, 1200 * time.Millisecond, 9 * time.Second, time.Minute} {
			j := New(plenty{})
			for range 4 {
				follow(j, takes)
			}
			looks, late := follow(j, takes)
			if looks > 6 || late > max(finestGap, takes/50) {
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
			if looks, late := follow(j, change[1]); looks > 8 || late > change[1]/20 {
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
		for range 16 * explorers {
			follow(j, time.Second)
		}
		if _, late := follow(j, time.Second); late > 2*time.Second {
			t.Errorf("seen %s late", late)
		}
	})
}

func TestAJobWhoseAgeIsNotKnownIsLookedAtAtOnceAndTeachesNothing(t *testing.T) {
	j := New(plenty{})
	job := j.Watch(-1)
	if gap, _ := job.Next(); gap != 0 {
		t.Errorf("the first look comes after %s", gap)
	}
	job.Ended()
	job.Leave()
	if j.memory.known() {
		t.Error("it was learnt from")
	}
}

func TestAnotherJobFindsOutWhenTheEldestIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New(scarce{1})
		eldest, other := j.Watch(0), j.Watch(0)
		defer other.Leave()
		before, news := other.Next()
		eldest.Leave()
		<-news
		if after, _ := other.Next(); after >= before {
			t.Errorf("it waits %s, as before (%s)", after, before)
		}
	})
}
