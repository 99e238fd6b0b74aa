package creation

import (
	"slices"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

// Remains is what an operation that did not complete may have left in the gateway.
type Remains struct {
	Want schemas.Payload
	// Rec is what was sent. A submission that ended without a word may have sent one creation: Rec.Lost is 1 then.
	Rec schemas.Creation
	// ModelID is the model that the operation's own job named; empty if it named none.
	ModelID string
	// AdoptedID is the model that the operation used without proof.
	AdoptedID string
	Owner     *Owner
	// Asked are the models whose deletion was acknowledged (true), or asked for without the platform knowing them
	// (false).
	Asked map[string]bool
	// Begun is when the rollback began, by the worker's clock.
	Begun time.Time
}

// Cleanup is what a rollback does next.
type Cleanup struct {
	Delete []gateway.Model // proven to be ours, and shown
	// Again: look again after this time; zero: nothing that is said now can change any more.
	Again time.Duration
	// Named may be ours, and are not proven to be. Kept are proven and still there.
	Named, Kept []gateway.Model
}

// RollBack decides what to delete of what a look-up showed, and whether the look-up counts as the last one.
func RollBack(r Remains, found gateway.Found, now time.Time, lag time.Duration) Cleanup {
	var c Cleanup
	seen := map[string]bool{}
	for _, m := range found.Models {
		seen[m.ID] = true
		switch {
		case r.proves(m):
			c.Kept = append(c.Kept, m)
			c.Delete = append(c.Delete, m)
		case r.doubts(m):
			c.Named = append(c.Named, m)
		}
	}
	if until := r.settled(seen, lag); now.Before(until) {
		c.Again = Gap(max(0, lag-until.Sub(now)), lag)
	}
	return c
}

func (r Remains) proves(m gateway.Model) bool {
	if m.ID == r.AdoptedID {
		return false
	}
	return r.ModelID != "" && m.ID == r.ModelID || m.JobID != "" && slices.Contains(r.Rec.JobIDs, m.JobID)
}

func (r Remains) doubts(m gateway.Model) bool {
	if r.Owner != nil && m.ID == r.Owner.ModelID {
		return false
	}
	if m.ID == r.AdoptedID {
		return true
	}
	_, doubtful, _ := Sort(r.Rec, r.Want, []gateway.Model{m})
	return len(doubtful) > 0
}

// settled is when the absence of everything that is not shown is certain. A deletion that the platform acknowledged,
// and a list without the model after it, are certain at once; a model that was never seen, and one whose deletion found
// nothing, may be hidden by a replica that lags behind.
func (r Remains) settled(seen map[string]bool, lag time.Duration) time.Time {
	var until time.Time
	later := func(t time.Time) {
		if t.After(until) {
			until = t
		}
	}
	if r.Rec.Lost > 0 {
		later(r.Rec.LastSent.Add(lag))
	}
	acknowledged := 0
	for id, existed := range r.Asked {
		if existed {
			acknowledged++
		}
		if !existed || seen[id] {
			later(r.Begun.Add(lag))
		}
	}
	if expected := len(r.Rec.JobIDs); acknowledged < expected || expected == 0 && r.ModelID != "" && acknowledged == 0 {
		later(r.Begun.Add(lag))
	}
	return until
}
