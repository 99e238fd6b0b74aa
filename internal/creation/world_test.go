package creation

import (
	"fmt"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

// The explorer's world: one operation, the platform, and somebody who makes a model of the same name by hand. Time goes
// by in ticks. Everything that the world may do, it does, in every order; the operation does what this package decides.

const (
	lag      = 3  // ticks that the operation waits: the documented GENESYS_READ_LAG
	lastTick = 12 // when no event happens any more and everything runs to its end
	models   = 4
	start    = 4 // when the operation begins
)

// assumptions are what docs/genesys-api.md assumes about the platform and about us, in ticks.
type assumptions struct {
	onTheWay int  // a call may take effect that late
	readLag  int  // a read may show what was that long ago
	fence    bool // an attempt that was overtaken sends nothing
	recorded bool // the record is stored before the creation is sent
	oneOwner bool // ManageModel knows every model that an operation completed
}

var assumed = assumptions{onTheWay: 1, readLag: 2, fence: true, recorded: true, oneOwner: true}

// by says who made a model.
type by uint8

const (
	nobody by = iota
	us        // the operation that is explored
	hand      // somebody, by hand
	before    // an operation before this one, which completed
)

// thing is a model in the platform.
type thing struct {
	by      by
	other   bool // another payload
	made    int8 // tick; one that is on its way has made > now
	gone    int8 // tick of its deletion; 0: it is there
	jobless bool // its creation's answer was lost, so that nobody knows its job
}

// phase is where the operation stands.
type phase uint8

const (
	looking   phase = iota // before the look-up
	intending              // decided to create; the record is not stored yet
	sending                // the record is stored; the creation may be sent
	created                // an answer named the job, or a model was adopted: the job, the probe and people follow
	sweeping               // all went well; the look for twins is due
	undoing                // rolling back
	ended
)

// world is a state. It is comparable, so that states that were seen before are not explored again.
type world struct {
	now    int8
	phase  phase
	things [models]thing

	rec     record // what the attempt knows
	stored  record // what Temporal has
	zombie  bool   // an attempt before this one is frozen at its creation, and may wake up
	owns    bool   // the model of before is owned
	mute    bool   // the submission ended without a word about its record
	cancel  bool
	handed  bool // the hand has made its model
	outages int8 // how many look-ups may still fail

	kept    int8 // index of the model that is used; -1
	adopted bool
	began   int8 // tick of the rollback
	asked   [models]uint8
	ending  string
	named   [models]bool
	deleted [models]bool
}

// record is schemas.Creation in a comparable form. Models stand for their jobs.
type record struct {
	since, lastSent int8
	sent, lost      int8
	jobs            [models]bool
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// at is a tick as time; a tick is long enough for clockStep not to matter.
func at(tick int8) time.Time { return epoch.Add(time.Duration(tick) * time.Minute) }

func id(i int) string { return fmt.Sprintf("m%d", i) }

var (
	wanted  = schemas.Payload{Name: "n", AuthCredentialID: "wanted"}
	another = schemas.Payload{Name: "n", AuthCredentialID: "another"}
)

func (r record) real() schemas.Creation {
	c := schemas.Creation{Sent: int(r.sent), Lost: int(r.lost)}
	if r.sent > 0 || r.since > 0 {
		c.Since, c.LastSent = at(r.since), at(r.lastSent)
	}
	for i, ours := range r.jobs {
		if ours {
			c.JobIDs = append(c.JobIDs, "job-"+id(i))
		}
	}
	return c
}

func comparable(c schemas.Creation) record {
	var r record
	r.sent, r.lost = int8(c.Sent), int8(c.Lost)
	if !c.Since.IsZero() {
		r.since, r.lastSent = tick(c.Since), tick(c.LastSent)
	}
	for i := range models {
		for _, job := range c.JobIDs {
			r.jobs[i] = r.jobs[i] || job == "job-"+id(i)
		}
	}
	return r
}

func tick(t time.Time) int8 { return int8(t.Sub(epoch) / time.Minute) }

// exists reports whether a model is in the platform now, and mayAppear whether it is or will be.
func (w *world) exists(i int) bool {
	t := w.things[i]
	return t.by != nobody && t.gone == 0 && t.made <= w.now
}

func (w *world) mayAppear(i int) bool { return w.things[i].by != nobody && w.things[i].gone == 0 }

// sights are all the lists that the platform may answer with: what is younger than the read lag may be missing, what was
// deleted since then may still be shown.
func (w *world) sights(a assumptions) (all []gateway.Found) {
	var certain, unsure []int
	for i, t := range w.things {
		switch {
		case t.by == nobody || t.made > w.now:
		case t.gone != 0:
			if int(w.now-t.gone) < a.readLag {
				unsure = append(unsure, i)
			}
		case int(w.now-t.made) < a.readLag:
			unsure = append(unsure, i)
		default:
			certain = append(certain, i)
		}
	}
	for set := range 1 << len(unsure) {
		f := gateway.Found{AsOf: at(w.now)}
		for _, i := range certain {
			f.Models = append(f.Models, w.model(i))
		}
		for n, i := range unsure {
			if set&(1<<n) != 0 {
				f.Models = append(f.Models, w.model(i))
			}
		}
		all = append(all, f)
	}
	return all
}

func (w *world) model(i int) gateway.Model {
	t := w.things[i]
	m := gateway.Model{ID: id(i), JobID: "job-" + id(i), Payload: wanted, DateCreated: at(t.made)}
	if t.other {
		m.Payload = another
	}
	return m
}

func index(m gateway.Model) int {
	var i int
	_, _ = fmt.Sscanf(m.ID, "m%d", &i)
	return i
}

func (w *world) owner(a assumptions) *Owner {
	if !w.owns || !a.oneOwner {
		return nil
	}
	return &Owner{ModelID: id(0), Since: at(0)}
}

func (w *world) add(t thing) (int, bool) {
	for i := range w.things {
		if w.things[i].by == nobody {
			w.things[i] = t
			return i, true
		}
	}
	return 0, false
}
