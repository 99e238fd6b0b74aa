package manifest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestTheInputOfARetirementIsReadStrictly(t *testing.T) {
	whole, err := json.Marshal(schemas.RetireModelInput{
		Name: "model-a", Requester: "ann", Reason: "replaced", Keep: true, ModelID: "m-1",
		Approval: schemas.ApprovalSpec{Policy: schemas.ApproveAlways, Required: 2, Timeout: schemas.Duration(time.Hour)},
		Seen:     &schemas.Seen{ModelID: "m-1", LiveHash: "a", OwnedHash: "b"},
	})
	require.NoError(t, err)
	for input, want := range map[string]string{
		string(whole): "",
		`{"name": "model-a", "requester": "ann", "reason": "replaced", "approval": "always"}`: "",
		`{"name": "model-a", "aproval": "always"}`:                                            "aproval: is not a known key; did you mean approval?",
		`{"name": "model-a", "Keep": true}`:                                                   "Keep: is not a known key; did you mean keep?",
		`{"name": "model-a", "keep": false, "keep": true}`:                                    "keep: is written twice, first on line 1; keep one",
		`{"name": "model-a", "keep": "yes"}`:                                                  "keep: must be true or false",
		`{"name": "model-a", "approval": {"polcy": "always"}}`:                                "approval.polcy: is not a known key; did you mean policy?",
		`{"name": "model-a", "approval": null}`:                                               "approval: is empty; write never, on_failure or always, or leave the key out",
		`{"name": "model-a", "approval": {"required": 1000}}`:                                 "approval.required: must be between 1 and 10",
		`{"name": "model-a", "seen": {"hash": "x"}}`:                                          "seen.hash: is not a known key; known here are modelId, liveHash, ownedHash",
		`{"name": 7}`: "name: must be text",
		`"model-a"`:   `the input must be an object: {"name": "…", "requester": "…", "reason": "…"}`,
		`{"name": `:   "the input cannot be read: the JSON ends in the middle of a value; a bracket, brace or quote is missing",
	} {
		var got []string
		for _, v := range ReadRetirement([]byte(input)) {
			got = append(got, v.String())
		}
		require.Equal(t, want, strings.Join(got, "|"), input)
	}
}
