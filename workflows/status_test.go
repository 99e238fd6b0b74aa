package workflows

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

func TestTheStatusTellsAtEachStageWhatIsKnown(t *testing.T) {
	s := gated(t)
	seen := map[schemas.Stage]schemas.Progress{}
	look := func() { p := s.progress(); seen[p.Stage] = p }
	for _, activity := range []string{
		schemas.ValidatePayloadActivity, schemas.SubmitRegistrationActivity, schemas.PollJobActivity,
		schemas.SyntheticProbeActivity, schemas.TriggerHealthCheckActivity, recordingTheEnding,
	} {
		s.during[activity] = func() { s.onLoop(look) }
	}
	s.at(time.Hour, look)
	s.at(2*time.Hour, func() { s.update(approve(approver)) })
	s.run()
	look()

	require.Len(t, seen, 8)
	for stage, p := range seen {
		require.Equal(t, modelName, p.Name)
		require.Equal(t, requester, p.Requester)
		require.False(t, p.StartedAt.IsZero())
		last := len(p.Stages) - 1
		require.Equal(t, stage, p.Stages[last].Stage)
		require.True(t, p.Stages[last].EndedAt.IsZero())
		for i, record := range p.Stages[:last] {
			require.Equal(t, record.EndedAt, p.Stages[i+1].StartedAt)
		}
		require.Equal(t, stage == schemas.Stage(schemas.Completed), p.Result != nil)
	}
	require.Nil(t, seen[schemas.StageValidating].Approval)
	require.Equal(t, payloadHash, seen[schemas.StageSubmitting].PayloadHash)
	require.Equal(t, schemas.ApproveAlways, seen[schemas.StageSubmitting].Approval.Policy)
	require.Equal(t, "job-1", seen[schemas.StageRegistering].JobID)
	require.Equal(t, "model-1", seen[schemas.StageProbing].ModelID)
	require.Equal(t, "COMPLETED", seen[schemas.StageProbing].JobStatus)
	require.Equal(t, 2, seen[schemas.StageProbing].Polls)
	gate := seen[schemas.StageApproval]
	require.Equal(t, passed, *gate.Validation)
	require.True(t, gate.Approval.Open)
	require.InDelta(t, (72 * time.Hour).Seconds(), gate.Approval.Deadline.Sub(gate.Stages[len(gate.Stages)-1].StartedAt).Seconds(), 1)
	require.False(t, seen[schemas.StageHealthCheck].Approval.Open)
	require.True(t, seen[schemas.StageHealthCheck].Approval.Deadline.IsZero())
	require.Equal(t, schemas.Completed, seen[schemas.Stage(schemas.Completed)].Result.Status)
}

func TestTheStatusTellsOfARollback(t *testing.T) {
	s := newStory(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	var p schemas.Progress
	s.during[schemas.DeregisterModelActivity] = func() { s.onLoop(func() { p = s.progress() }) }
	s.run()
	require.Equal(t, schemas.StageRollingBack, p.Stage)
	require.Nil(t, p.Result)
}

func attributesOnStart(t *testing.T, s *story) {
	t.Helper()
	require.NoError(t, s.env.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(
		nameKey.ValueSet(modelName), architectureKey.ValueSet("openai"),
		stageKey.ValueSet(string(schemas.StageRegistering)), hashKey.ValueSet(payloadHash),
	)))
}

func (o *observer) stagesIndexed() []string {
	var stages []string
	for _, update := range o.indexed {
		stage, _ := update.GetKeyword(stageKey)
		stages = append(stages, stage)
	}
	return stages
}

func TestAHappyRegistrationThatTheStarterIndexedIsIndexedOnceMore(t *testing.T) {
	s := newStory(t)
	attributesOnStart(t, s)
	s.run()
	require.Equal(t, []string{"COMPLETED"}, s.observed.stagesIndexed())
	for _, update := range s.observed.indexed {
		require.Equal(t, 1, update.Size(), "the stage alone: the rest is there since the start")
	}
}

func TestARegistrationStartedWithoutSearchAttributesIndexesItself(t *testing.T) {
	s := newStory(t)
	s.run()
	require.Equal(t, []string{"REGISTERING", "COMPLETED"}, s.observed.stagesIndexed())
	first := s.observed.indexed[0]
	name, _ := first.GetKeyword(nameKey)
	architecture, _ := first.GetKeyword(architectureKey)
	hash, _ := s.observed.indexed[1].GetKeyword(hashKey)
	require.Equal(t, []string{modelName, "openai", payloadHash}, []string{name, architecture, hash})
}

func TestEveryStageThatLastsAndEveryEndingIsIndexed(t *testing.T) {
	s := gated(t)
	attributesOnStart(t, s)
	s.run()
	require.Equal(t, []string{"WAITING_FOR_APPROVAL", "ROLLING_BACK", "APPROVAL_TIMED_OUT"},
		s.observed.stagesIndexed())
}

func TestWhatIsIndexedBeforeValidationIsBounded(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.Name, s.in.Manifest.ModelArchitecture = strings.Repeat("n", 900), schemas.Architecture(strings.Repeat("a", 900))
	s.run()
	name, _ := s.observed.indexed[0].GetKeyword(nameKey)
	architecture, _ := s.observed.indexed[0].GetKeyword(architectureKey)
	require.LessOrEqual(t, len([]rune(name)), 255, "the index takes no longer keyword")
	require.LessOrEqual(t, len([]rune(architecture)), 255)
}
