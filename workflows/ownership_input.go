package workflows

import (
	"encoding/json"
	"slices"
	"time"

	"model-registrar/internal/ownership"
	"model-registrar/schemas"
)

var modelStates = []schemas.ModelState{
	schemas.ModelActive, schemas.ModelDegraded, schemas.ModelDrifted, schemas.ModelMissing, schemas.ModelPaused,
}

// statusProblem says what no earlier run of ManageModel hands on, if anything.
func statusProblem(name string, s schemas.ModelStatus, now time.Time) string {
	if problem := ownership.Problem(name, s.Ownership, now); problem != "" {
		return problem
	}
	raw, err := json.Marshal(s)
	c := s.Checks
	switch {
	case err != nil || len(raw) > 2*ownership.MaxBytes:
		return "it is too large"
	case !slices.Contains(modelStates, s.State) || c.Paused != nil && !slices.Contains(modelStates, c.Paused.State):
		return "its state is unknown"
	case s.HandOvers < 0 || c.Transitions < 0 || c.ProbeFailures < 0:
		return "it counts below nothing"
	case c.Next.After(now.Add(2 * ownership.LongestCheckEvery)):
		return "its next check is too far away"
	}
	return ""
}
