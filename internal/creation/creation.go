// Package creation decides whose a model is: what a submission does next, what a rollback may delete, and what an
// ending has to name. It is a state machine without clock, calls or waiting: the activities look, and do what it
// decides. Its test explores every order of events and checks the invariants that docs/genesys-api.md lists, each with
// the assumption about the platform that it needs.
//
// The idea, for who wants to draw it: a model that the gateway shows under our name is in one of four places.
//
//	owned     ManageModel says so: an operation on it is known to have completed
//	proven    its job is one that an answer to a creation of this very operation named
//	doubtful  the answer to a creation of ours was lost, and this model has our payload, is no older than the record
//	that
//	          was written before that creation was sent, and nobody owns it
//	foreign   everything else
//
// Owned and foreign models are never touched. Proven ones are used, and deleted when the operation does not complete. A
// doubtful one is used if it is the only model of the name, never deleted, and always named.
package creation

import (
	"slices"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

// clockStep is how far the clocks of the platform's own machines may be apart, and how coarse its dates are.
const clockStep = 2 * time.Second

// Owner is what is recorded of a model that an operation is known to have completed.
type Owner struct {
	ModelID string
	Since   time.Time // by a worker's clock
}

// Sight is what is known when a decision is taken.
type Sight struct {
	Want  schemas.Payload
	Found gateway.Found
	Owner *Owner        // nil: nobody's
	Now   time.Time     // the worker's clock
	Lag   time.Duration // for how long reads may lag behind writes, and a call be on its way
}

// Action is what a submission does next.
type Action int

// The actions.
const (
	Create    Action = iota // record the intent, then send a creation
	Use                     // Model is proven: its job is waited for
	Adopt                   // Model is the only one that can be ours
	LookAgain               // after Again; what is there may not be shown yet
	Unchanged               // Model is owned, with this payload
	Conflict                // Model is owned, with another payload
	NotOwned                // Models are nobody's
	NotProven               // Models may be ours, and nothing proves which
)

// Decision is an action and what it is about.
type Decision struct {
	Action Action
	Model  gateway.Model
	Models []gateway.Model
	Again  time.Duration
}

// Submit decides what a submission with this record does next.
func Submit(rec schemas.Creation, s Sight) Decision {
	owned, rest := s.split()
	proven, doubtful, foreign := Sort(rec, s.Want, rest)
	unsettled := rec.Lost > 0 && s.Now.Before(rec.LastSent.Add(s.Lag))
	switch {
	case len(proven) > 0:
		return Decision{Action: Use, Model: proven[len(proven)-1]}
	case owned != nil && rec.Lost == 0:
		if owned.Payload.Same(s.Want) {
			return Decision{Action: Unchanged, Model: *owned, Models: rest}
		}
		return Decision{Action: Conflict, Model: *owned}
	case len(doubtful) == 1 && len(foreign) == 0 && owned == nil:
		return Decision{Action: Adopt, Model: doubtful[0]}
	case len(doubtful) > 0:
		return Decision{Action: NotProven, Models: s.Found.Models}
	case unsettled:
		return s.again(rec.LastSent)
	case owned != nil: // what was sent has not taken effect; the model of before has come back
		return Decision{Action: NotProven, Models: s.Found.Models}
	case len(foreign) > 0:
		return Decision{Action: NotOwned, Models: foreign}
	case s.Owner != nil && s.Now.Before(s.Owner.Since.Add(s.Lag)): // owned for a moment, and not listed yet
		return s.again(s.Owner.Since)
	}
	return Decision{Action: Create}
}

// split takes the owned model out of those that were found.
func (s Sight) split() (owned *gateway.Model, rest []gateway.Model) {
	for i, m := range s.Found.Models {
		if s.Owner != nil && m.ID == s.Owner.ModelID {
			owned = &s.Found.Models[i]
			continue
		}
		rest = append(rest, m)
	}
	return owned, rest
}

// again waits a third of the time that has passed, a second at least and a quarter of the lag at most, and not beyond
// it.
func (s Sight) again(since time.Time) Decision {
	return Decision{Action: LookAgain, Again: Gap(s.Now.Sub(since), s.Lag)}
}

// Gap is how long to wait before the next look when the first was passed ago: the gaps grow, and the last look is when
// the lag is over.
func Gap(passed, lag time.Duration) time.Duration {
	gap := min(max(passed/3, min(time.Second, lag/4)), lag/4)
	return max(min(gap, lag-passed), time.Millisecond)
}

// Sort puts the models of a name that nobody owns into proven, doubtful and foreign.
func Sort(
	rec schemas.Creation, want schemas.Payload, models []gateway.Model,
) (proven, doubtful, foreign []gateway.Model) {
	for _, m := range models {
		switch {
		case m.JobID != "" && slices.Contains(rec.JobIDs, m.JobID):
			proven = append(proven, m)
		case rec.Lost > 0 && m.Payload.Same(want) && !olderThan(m, rec.Since):
			doubtful = append(doubtful, m)
		default:
			foreign = append(foreign, m)
		}
	}
	return proven, doubtful, foreign
}

// olderThan compares two readings of the platform's clock. A model without a date may be of any age.
func olderThan(m gateway.Model, since time.Time) bool {
	return !m.DateCreated.IsZero() && m.DateCreated.Before(since.Add(-clockStep))
}

// Intend is the record that has to be stored before a creation is sent: until its answer is known, it may have taken
// effect.
func Intend(rec schemas.Creation, s Sight) schemas.Creation {
	if rec.Since.IsZero() {
		rec.Since = s.Found.AsOf
	}
	rec.Sent, rec.Lost, rec.LastSent = rec.Sent+1, rec.Lost+1, s.Now
	return rec
}

// Answered is the record after the creation last intended was answered with a job.
func Answered(rec schemas.Creation, jobID string) schemas.Creation {
	rec.Lost--
	rec.JobIDs = append(slices.Clone(rec.JobIDs), jobID)
	return rec
}

// Refused is the record after the creation last intended was refused, or did not leave this process.
func Refused(rec schemas.Creation) schemas.Creation {
	rec.Sent, rec.Lost = rec.Sent-1, rec.Lost-1
	return rec
}

// LookAgainAt is when the name has to be looked up once more before an ending says what exists; zero if every creation
// that was sent has its answer.
func LookAgainAt(rec schemas.Creation, lag time.Duration) time.Time {
	if rec.Lost == 0 && rec.Sent <= 1 {
		return time.Time{}
	}
	return rec.LastSent.Add(lag)
}

// Twins sorts what is in the gateway beside the model that an operation keeps: extras that are proven to be its own are
// deleted, all others are named.
func Twins(
	rec schemas.Creation, keep string, want schemas.Payload, models []gateway.Model,
) (extras, named []gateway.Model) {
	others := slices.DeleteFunc(slices.Clone(models), func(m gateway.Model) bool { return m.ID == keep })
	proven, doubtful, foreign := Sort(rec, want, others)
	return proven, append(doubtful, foreign...)
}
