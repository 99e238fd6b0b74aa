package polling

import (
	"slices"
	"time"
)

// remembered is how many ends are kept. Few, so that a platform that becomes slower or faster is soon believed.
const remembered = 16

// span is when a job ended, counted from its creation: after the last look that saw it run, and not after the look that
// saw its end.
type span struct{ after, by time.Duration }

// sharp tells whether a span says where the end was, and not just that it was sometime before.
func (s span) sharp() bool { return s.after >= s.by/3 }

// memory is the latest ends, newest last.
type memory struct{ ends []span }

// add takes in an end, and tells whether it taught anything: a job that was first looked at long after its end says
// little, and counts only while nothing better is known.
func (m *memory) add(s span) bool {
	if !s.sharp() && len(m.ends) > 0 && m.likely().by <= s.by {
		return false
	}
	m.ends = append(m.ends, s)
	if len(m.ends) > remembered {
		m.ends = slices.Delete(m.ends, 0, 1)
	}
	return true
}

func (m *memory) known() bool { return len(m.ends) > 0 }

// likely is where the end of the next job is to be expected: what the newest ends agree on, as many of them as do.
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

// surely is when nearly all jobs have ended, nine of ten of those remembered.
func (m *memory) surely() time.Duration {
	by := make([]time.Duration, 0, len(m.ends))
	for _, s := range m.ends {
		by = append(by, s.by)
	}
	slices.Sort(by)
	return by[(len(by)*9-1)/10]
}
