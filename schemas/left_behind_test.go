package schemas

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatAnOperationLeavesIsItsTwinsAndWhatItsRollbackDidNotDelete(t *testing.T) {
	twin, kept := FoundModel{ID: "model-2"}, FoundModel{ID: "model-1", State: "ACTIVE"}
	for name, c := range map[string]struct {
		result Result
		left   []FoundModel
	}{
		"nothing":                       {Result{ModelID: "model-1"}, nil},
		"a twin":                        {Result{ModelID: "model-1", Twins: []FoundModel{twin}}, []FoundModel{twin}},
		"a rollback that worked":        {Result{ModelID: "model-1", Rollback: &RollbackReport{Deregistered: true}}, nil},
		"a rollback that says what is":  {Result{Rollback: &RollbackReport{Remaining: []FoundModel{kept}}, Twins: []FoundModel{twin}}, []FoundModel{twin, kept}},
		"one that does not":             {Result{ModelID: "model-1", JobID: "job-1", Rollback: &RollbackReport{}}, []FoundModel{{ID: "model-1", JobID: "job-1"}}},
		"one that knows the job alone":  {Result{JobID: "job-1", Rollback: &RollbackReport{}}, []FoundModel{{JobID: "job-1"}}},
		"one that knows nothing at all": {Result{Rollback: &RollbackReport{}}, []FoundModel{{}}},
	} {
		require.Equal(t, c.left, c.result.LeftBehind(), name)
		for _, m := range c.left {
			require.Contains(t, m.Removal("mine"), "DELETE {gateway}/models/")
		}
	}
	require.Equal(t, "model model-1 (ACTIVE); it is removed by the platform's DELETE {gateway}/models/model-1", kept.Removal("mine"))
}
