package simulator

import (
	"slices"
	"time"
)

// remembered is how long a deleted model is kept for replicas that lag behind.
const remembered = 10 * time.Minute

// asOf is the moment as of which a request is answered; zero: now.
func (c *call) asOf() time.Time {
	if c.action.LagMS == 0 {
		return time.Time{}
	}
	return c.arrived.Add(-milliseconds(c.action.LagMS))
}

// isAfter reports whether the model was made after a moment.
func (m *model) isAfter(asOf time.Time) bool { return !asOf.IsZero() && m.created.After(asOf) }

// remember keeps a model that is being deleted. The caller holds the lock.
func (s *store) remember(m *model) {
	m.goneAt = time.Now()
	old := 0
	for old < len(s.gone) && m.goneAt.Sub(s.gone[old].goneAt) > remembered {
		old++
	}
	s.gone = append(s.gone[old:], m)
}

// pastOf is a list of models, all or those of one name, as it was. The caller holds the lock.
func (s *store) pastOf(present []*model, name string, asOf time.Time) []*model {
	var past []*model
	for _, m := range present {
		if !m.isAfter(asOf) {
			past = append(past, m)
		}
	}
	for _, m := range s.gone {
		if (name == "" || m.name == name) && !m.isAfter(asOf) && m.goneAt.After(asOf) {
			past = append(past, m)
		}
	}
	slices.SortFunc(past, func(a, b *model) int { return a.number - b.number })
	return past
}
