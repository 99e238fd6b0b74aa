package schemas

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestADurationIsTextInJSON(t *testing.T) {
	raw, err := json.Marshal(Duration(90 * time.Second))
	require.NoError(t, err)
	require.Equal(t, `"1m30s"`, string(raw))
	var d Duration
	require.NoError(t, json.Unmarshal([]byte(`"1h30m"`), &d))
	require.Equal(t, 90*time.Minute, d.Std())
	require.ErrorContains(t, json.Unmarshal([]byte(`90`), &d), "a duration is text")
	require.ErrorContains(t, json.Unmarshal([]byte(`"soon"`), &d), "a duration is text")
	require.Equal(t, 5*time.Second, Duration(0).Or(5*time.Second))
	require.Equal(t, time.Minute, Duration(time.Minute).Or(5*time.Second))
}

func TestStopSequencesAreOneTextOrAList(t *testing.T) {
	for text, want := range map[string]StopSequences{`"END"`: {"END"}, `["a","b"]`: {"a", "b"}} {
		var got StopSequences
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		require.Equal(t, want, got)
	}
	require.ErrorContains(t, json.Unmarshal([]byte(`{}`), new(StopSequences)), "a text or a list of texts")
}

func TestAnApprovalIsAWordOrABlock(t *testing.T) {
	for text, want := range map[string]ApprovalSpec{
		`"always"`:                               {Policy: ApproveAlways},
		`{"policy":"on_failure","timeout":"1h"}`: {Policy: ApproveOnFailure, Timeout: Duration(time.Hour)},
		`{}`:                                     {},
	} {
		var got ApprovalSpec
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		require.Equal(t, want, got)
	}
}

func TestTheStricterOfTwoApprovalPoliciesWins(t *testing.T) {
	ranked := []ApprovalPolicy{"", ApproveNever, ApproveOnFailure, ApproveAlways}
	for i, p := range ranked {
		for j, q := range ranked {
			require.Equal(t, ranked[max(i, j, 1)], p.Stricter(q), "%q and %q", p, q)
		}
	}
}
