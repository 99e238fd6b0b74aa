package schemas

import (
	"fmt"
	"slices"
)

// LeftBehind are the models that an operation has left in the gateway, or may have, beside the one that it registered:
// those whose deletion failed or is not confirmed, and twins. An element without an id is a model that nobody has seen.
func (r Result) LeftBehind() []FoundModel {
	left := slices.Clone(r.Twins)
	if r.Rollback == nil || r.Rollback.Deregistered {
		return left
	}
	if len(r.Rollback.Remaining) > 0 {
		return append(left, r.Rollback.Remaining...)
	}
	return append(left, FoundModel{ID: r.ModelID, JobID: r.JobID})
}

// Removal says what is left of the operation on a name, and which call of the platform removes it or shows what it is.
func (m FoundModel) Removal(name string) string {
	switch {
	case m.ID != "":
		state := ""
		if m.State != "" {
			state = " (" + m.State + ")"
		}
		return fmt.Sprintf("model %s%s; it is removed by the platform's DELETE {gateway}/models/%s", m.ID, state, m.ID)
	case m.JobID != "":
		return fmt.Sprintf("what job %s makes; the platform's GET {jobs}/%s names the model, and DELETE "+
			"{gateway}/models/ID removes it", m.JobID, m.JobID)
	}
	return fmt.Sprintf("a model named %s, if its creation took effect; the platform's GET {gateway}/models shows it, "+
		"and DELETE {gateway}/models/ID removes it", name)
}
