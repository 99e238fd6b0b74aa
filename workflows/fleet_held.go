package workflows

import "slices"

// An operation that comes after another one begins once that is done, and is skipped if it is not done. Meanwhile it is
// held beside the queue, where it takes no place of the window and is in nobody's way. The state has the indexes of
// what is held, so that a later run of the fleet loads it again.

// waits reports whether an operation comes after one that has not ended.
func (f *fleet) waits(q queued) bool {
	after := q.item.After
	if after == nil {
		return false
	}
	is := func(other queued) bool { return other.index == after.Index }
	return after.Index >= f.state.Next || slices.Contains(f.state.Held, after.Index) ||
		slices.ContainsFunc(f.queue, is) ||
		slices.ContainsFunc(f.flights, func(fl *flight) bool { return fl.Index == after.Index })
}

// isDone reports whether the operation with this index has ended well.
func (f *fleet) isDone(index int) bool {
	return index/8 < len(f.state.Registered) && f.state.Registered[index/8]>>(index%8)&1 == 1
}

// hold keeps an operation until the one that it comes after has ended.
func (f *fleet) hold(q queued) {
	f.held = append(f.held, q)
	if !slices.Contains(f.state.Held, q.index) {
		f.state.Held = append(f.state.Held, q.index)
	}
}

// unhold has those that wait no longer take their turn next.
func (f *fleet) unhold() {
	var ready, held []queued
	for _, q := range f.held {
		if f.waits(q) {
			held = append(held, q)
		} else {
			ready = append(ready, q)
		}
	}
	f.held, f.queue = held, append(ready, f.queue...)
}

// letGo takes an operation off those that are held, if it was.
func (f *fleet) letGo(q queued) {
	f.state.Held = slices.DeleteFunc(f.state.Held, func(index int) bool { return index == q.index })
}
