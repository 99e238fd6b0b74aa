package creation

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/gateway"
)

// step is one thing that can happen next.
type step struct {
	what string
	then world
}

// explorer goes through every state that can be reached.
type explorer struct {
	assumptions
	seen    map[world]bool
	endings map[string]int
	count   int
}

// violation is a state that breaks an invariant, and how the world came to it.
type violation struct {
	broken string
	trace  []string
}

func (v *violation) String() string {
	text := v.broken
	for _, t := range v.trace {
		text += "\n  " + t
	}
	return text
}

// explore returns the first violation that it finds, or nil.
func (e *explorer) explore(w world, trace []string) *violation {
	if e.seen[w] {
		return nil
	}
	e.seen[w] = true
	if broken := e.check(&w); broken != "" {
		return &violation{broken, append([]string(nil), trace...)}
	}
	if w.phase == ended {
		e.endings[w.ending]++
		e.count++
		return nil
	}
	for _, s := range e.steps(w) {
		if v := e.explore(s.then, append(trace, fmt.Sprintf("%2d %s", w.now, s.what))); v != nil {
			return v
		}
	}
	return nil
}

// steps are what can happen in a state: what the operation does, what the world does, and that time goes by.
func (e *explorer) steps(w world) (all []step) {
	add := func(what string, then world) { all = append(all, step{what, then}) }
	if w.now < lastTick {
		later := w
		later.now++
		// What an attempt sends leaves within its lease, which is shorter than a tick.
		if w.phase == created || w.phase == looking && w.rec.lost > 0 {
			add("time goes by", later)
		}
		if !w.handed && w.phase < sweeping {
			twin := w
			twin.handed = true
			if _, ok := twin.add(thing{by: hand, made: w.now}); ok {
				add("somebody makes a twin by hand", twin)
			}
		}
		if !w.cancel && w.phase < sweeping {
			c := w
			c.cancel = true
			add("cancelled", c)
		}
		if w.phase < created {
			t := w
			t.phase, t.ending = ended, "terminated"
			add("terminated", t)
		}
		if w.zombie {
			z := w
			z.zombie = false
			add("the frozen attempt is fenced off", z)
			if _, ok := z.add(thing{by: us, made: w.now, jobless: true}); ok && !e.fence {
				add("the frozen attempt sends its creation", z)
			}
		}
	}
	switch w.phase {
	case looking:
		e.look(w, add)
	case intending:
		e.intend(w, add)
	case sending:
		e.send(w, add)
	case created:
		e.proceed(w, add)
	case sweeping:
		e.sweep(w, add)
	case undoing:
		e.undo(w, add)
	}
	return all
}

// undoneBy begins the rollback, or ends at once if nothing was sent.
func undoneBy(w world, why string) world {
	w.ending = why
	if w.rec.sent == 0 && !w.mute && w.kept < 0 {
		w.phase = ended
		return w
	}
	w.phase, w.began = undoing, w.now
	return w
}

func (e *explorer) look(w world, add func(string, world)) {
	if w.cancel {
		add("the attempt hears of the cancellation", undoneBy(w, "cancelled"))
		quiet := w
		quiet.mute = true // between two attempts nobody says what was sent
		quiet.rec = record{}
		add("cancelled between two attempts", undoneBy(quiet, "cancelled"))
		return
	}
	if w.outages > 0 {
		failed := w
		failed.outages--
		failed.rec = w.stored
		add("the look-up fails, or is deferred by the quota", failed)
		add("the secret is wrong", undoneBy(failed, "failed"))
	}
	for _, found := range w.sights(e.assumptions) {
		d := Submit(w.rec.real(), Sight{Want: wanted, Found: found, Owner: w.owner(e.assumptions), Now: at(w.now), Lag: lag * time.Minute})
		then, what := w, fmt.Sprintf("the look-up shows %v: ", names(found.Models))
		switch d.Action {
		case Create:
			then.phase = intending
			then.rec = comparable(Intend(w.rec.real(), Sight{Found: found, Now: at(w.now)}))
			add(what+"create", then)
		case Use, Adopt:
			then.phase, then.kept, then.adopted = created, int8(index(d.Model)), d.Action == Adopt
			add(what+"use "+d.Model.ID, then)
		case LookAgain:
			if w.now < lastTick {
				then.now++
				add(what+"look again", then)
			}
		case Unchanged:
			then.phase, then.ending, then.kept = ended, "unchanged", int8(index(d.Model))
			add(what+"unchanged", then)
		case Conflict:
			add(what+"conflict", undoneBy(then, "conflict"))
		case NotOwned:
			add(what+"not owned", undoneBy(then.name(d.Models), "not owned"))
		case NotProven:
			add(what+"not proven", undoneBy(then.name(d.Models), "not proven"))
		}
	}
}

func (w world) name(found []gateway.Model) world {
	for _, m := range found {
		w.named[index(m)] = true
	}
	return w
}

func names(found []gateway.Model) (ids []string) {
	for _, m := range found {
		ids = append(ids, m.ID)
	}
	return ids
}

func (e *explorer) intend(w world, add func(string, world)) {
	kept := w
	kept.phase = sending
	if e.recorded {
		kept.stored = w.rec
	}
	add("the record is accepted", kept)
	refused := w
	refused.phase, refused.rec = looking, w.stored
	add("the record is not accepted", refused)
	lost := refused
	lost.stored, lost.rec = w.rec, w.rec
	if e.recorded {
		add("the record is stored, and its answer lost", lost)
	}
	crashed := refused
	add("the worker dies before the record", crashed)
}

func (e *explorer) send(w world, add func(string, world)) {
	dead := w
	dead.phase, dead.rec = looking, w.stored
	add("the worker dies before the creation", dead)
	frozen := dead
	frozen.zombie = true
	add("the worker freezes before the creation, and is overtaken", frozen)

	no := w
	no.phase, no.rec = looking, comparable(Refused(w.rec.real()))
	forgotten := no
	forgotten.rec = w.stored // the new record did not get through
	no.stored = no.rec
	add("the creation is refused, and again", undoneBy(no, "refused"))
	if w.outages > 0 {
		no.outages--
		add("the creation is refused for now", no)
		forgotten.outages--
		add("the creation is refused for now, and the record of it is lost", forgotten)
	}

	for late := 0; late <= e.onTheWay; late++ {
		made := w
		i, ok := made.add(thing{by: us, made: w.now + int8(late), jobless: true})
		if !ok || w.now+int8(late) >= lastTick {
			continue
		}
		made.phase, made.rec = looking, w.stored
		add(fmt.Sprintf("the creation takes effect after %d ticks as %s, its answer is lost", late, id(i)), made)
	}
	vanished := dead
	add("the creation is lost on its way", vanished)

	made := w
	i, ok := made.add(thing{by: us, made: w.now})
	if !ok {
		return
	}
	died := made
	died.phase, died.rec = looking, w.stored
	died.things[i].jobless = true
	add("the creation is answered, and the worker dies", died)
	rec := w.rec.real()
	made.rec = comparable(Answered(rec, "job-"+id(i)))
	made.stored, made.phase, made.kept = made.rec, created, int8(i)
	add("the creation is answered: "+id(i), made)
}

func (e *explorer) proceed(w world, add func(string, world)) {
	if w.cancel {
		add("cancelled", undoneBy(w, "cancelled"))
		return
	}
	add("the probe fails, somebody rejects it, or nobody decides in time", undoneBy(w, "not wanted"))
	done := w
	done.phase, done.ending = ended, "completed"
	if again := LookAgainAt(w.rec.real(), lag*time.Minute); !again.IsZero() {
		done.phase = sweeping
		done.now = max(w.now, tick(again))
	}
	add("all is well", done)
}

func (e *explorer) sweep(w world, add func(string, world)) {
	for _, found := range w.sights(e.assumptions) {
		then := w
		extras, named := Twins(w.rec.real(), id(int(w.kept)), wanted, found.Models)
		for _, m := range extras {
			then.remove(m)
		}
		then = then.name(named)
		then.phase, then.ending = ended, "completed"
		add(fmt.Sprintf("the sweep shows %v", names(found.Models)), then)
	}
}

func (w *world) remove(m gateway.Model) {
	i := index(m)
	w.deleted[i] = true
	if w.things[i].gone == 0 {
		w.things[i].gone = w.now
	}
}

func (e *explorer) remains(w world) Remains {
	r := Remains{Want: wanted, Rec: w.rec.real(), Owner: w.owner(e.assumptions), Begun: at(w.began), Asked: map[string]bool{}}
	if w.mute {
		r.Rec.Sent, r.Rec.Lost, r.Rec.LastSent, r.Rec.Since = 1, 1, at(w.began), at(start) // from the workflow's start on
	}
	if w.kept >= 0 && w.adopted {
		r.AdoptedID = id(int(w.kept))
	} else if w.kept >= 0 {
		r.ModelID = id(int(w.kept))
	}
	for i, asked := range w.asked {
		if asked > 0 {
			r.Asked[id(i)] = asked == 2
		}
	}
	return r
}

func (e *explorer) undo(w world, add func(string, world)) {
	for _, found := range w.sights(e.assumptions) {
		c := RollBack(e.remains(w), found, at(w.now), lag*time.Minute)
		for _, reply := range []uint8{2, 1} { // a deletion is acknowledged, or a replica answers 404
			then, what := w, fmt.Sprintf("the rollback sees %v", names(found.Models))
			fresh := false
			for _, m := range c.Delete {
				i := index(m)
				if reply == 2 || w.things[i].gone != 0 {
					then.remove(m)
				} else if int(w.now-w.things[i].made) >= e.readLag {
					continue // a replica knows by then
				}
				fresh = fresh || then.asked[i] < reply
				then.asked[i] = max(then.asked[i], reply)
			}
			what += fmt.Sprintf(", deletes %v", names(c.Delete))
			switch {
			case fresh: // look after the deletion
			case c.Again > 0 && w.now < lastTick+2*lag:
				then.now++
			default:
				then = then.name(c.Named).name(c.Kept)
				then.phase = ended
				if len(c.Named)+len(c.Kept) > 0 {
					then.ending += ", and named"
				} else {
					then.ending += ", and gone"
				}
			}
			add(what, then)
			if len(c.Delete) == 0 {
				break
			}
		}
	}
}

// check returns the invariant that a state breaks.
func (e *explorer) check(w *world) string {
	alive := 0
	for i, t := range w.things {
		if w.deleted[i] && t.by != us {
			return fmt.Sprintf("%s was deleted, which this operation did not make", id(i))
		}
		if t.by == us && w.mayAppear(i) {
			alive++
		}
	}
	if alive > 1 {
		return "there are two models by us"
	}
	if w.phase != ended || w.ending == "terminated" {
		return ""
	}
	seen := w.kept >= 0 && (w.ending == "completed" || w.ending == "unchanged")
	if seen && !w.exists(int(w.kept)) && w.things[w.kept].gone == 0 {
		return w.ending + " was said of a model that was never there"
	}
	if w.ending == "unchanged" && w.things[w.kept].by != before {
		return "unchanged was said of a model that no operation completed"
	}
	for i, t := range w.things {
		ours := t.by == us && w.mayAppear(i)
		if ours && !(seen && int(w.kept) == i) && !w.named[i] {
			return fmt.Sprintf("%s is ours and the ending (%s) does not name it", id(i), w.ending)
		}
	}
	return ""
}

// starts are the worlds in which an operation may begin.
func starts() (all []world) {
	for _, outages := range []int8{0, 1} {
		base := world{now: start, kept: -1, outages: outages}
		all = append(all, base)
		for _, who := range []by{before, hand} {
			for _, other := range []bool{false, true} {
				for _, made := range []int8{1, start - 1} {
					w := base
					w.things[0] = thing{by: who, other: other, made: made}
					w.owns = who == before
					all = append(all, w)
				}
			}
		}
		gone := base
		gone.things[0], gone.owns = thing{by: before, made: 1, gone: 2}, true
		all = append(all, gone)
	}
	return all
}

func exploreAll(a assumptions) (*explorer, *violation) {
	e := &explorer{assumptions: a, seen: map[world]bool{}, endings: map[string]int{}}
	for _, w := range starts() {
		if v := e.explore(w, nil); v != nil {
			return e, v
		}
	}
	return e, nil
}

func TestEveryOrderOfEventsKeepsTheInvariants(t *testing.T) {
	e, v := exploreAll(assumed)
	if v != nil {
		t.Fatal(v)
	}
	t.Logf("%d states, %d endings: %v", len(e.seen), e.count, e.endings)
	for _, ending := range []string{
		"completed", "unchanged", "conflict", "not owned", "not proven, and named", "refused", "cancelled, and gone",
		"cancelled, and named", "not wanted, and gone", "not wanted, and named", "failed", "terminated",
	} {
		require.NotZero(t, e.endings[ending], "%s should be among the endings that were reached", ending)
	}
}

func TestEachAssumptionIsNeeded(t *testing.T) {
	for name, c := range map[string]struct {
		without func(*assumptions)
		breaks  string
	}{
		"reads lag behind for longer than is waited":  {func(a *assumptions) { a.readLag = lag + 2 }, "two models by us"},
		"a call is on its way for longer than that":   {func(a *assumptions) { a.onTheWay = lag + 2 }, "two models by us"},
		"a frozen attempt sends what it was about to": {func(a *assumptions) { a.fence = false }, "ours and the ending"},
		"the creation is sent before it is recorded":  {func(a *assumptions) { a.recorded = false }, "ours and the ending"},
	} {
		t.Run(name, func(t *testing.T) {
			a := assumed
			c.without(&a)
			_, v := exploreAll(a)
			require.NotNil(t, v, "a counterexample should be found")
			t.Log(v)
		})
	}
}
