package polling

import (
	"slices"
	"time"
)

// remembered is how many ends are kept.
const remembered = 16

// span is when a job ended, counted from its creation: after the last look that saw it run, and by the look that saw
// its end.
type span struct{ after, by time.Duration }

// sharp reports whether the span says where the end was, and not just that it was sometime before a late look.
func (s span) sharp() bool { return s.by-s.after <= max(time.Second, s.by/3) }

func (s span) overlaps(o span) bool { return s.after < o.by && o.after < s.by }

// memory is the latest ends, newest last.
type memory struct{ ends []span }

// add takes in an end, and reports whether it taught anything: the end of a job that was first looked at long
// afterwards counts only while nothing better is known, unless it was the scout's, which was looked at before it was
// due.
func (m *memory) add(s span, scout bool) bool {
	if !s.sharp() && !scout && len(m.ends) > 0 && m.likely().by <= s.by {
		return false
	}
	m.ends = append(m.ends, s)
	if n := len(m.ends); n > 2 && m.ends[n-2].overlaps(s) && !m.ends[n-3].overlaps(s) {
		m.ends = slices.Delete(m.ends, 0, n-2)
	}
	if len(m.ends) > remembered {
		m.ends = slices.Delete(m.ends, 0, 1)
	}
	return true
}

func (m *memory) known() bool { return len(m.ends) > 0 }

// likely is where the end of the next job is expected: what the newest ends agree on, as many of them as do.
func (m *memory) likely() span {
	var common span
	for i, s := range slices.Backward(m.ends) {
		if i == len(m.ends)-1 {
			common = s
			continue
		}
		narrower := span{max(common.after, s.after), min(common.by, s.by)}
		if narrower.after >= narrower.by {
			break
		}
		common = narrower
	}
	return common
}

// surely is the age by which nine of ten of the remembered jobs had ended.
func (m *memory) surely() time.Duration {
	by := make([]time.Duration, 0, len(m.ends))
	for _, s := range m.ends {
		by = append(by, s.by)
	}
	slices.Sort(by)
	return by[(len(by)*9-1)/10]
}
