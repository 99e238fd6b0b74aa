package e2e

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// show runs `starter show`.
func (k *kit) show(environ []string, args ...string) (story schemas.ModelStory, stderr string) {
	k.t.Helper()
	stdout, stderr, code := k.RunWith(k.ctx, environ, append([]string{"show", "-o", "json"}, args...)...)
	require.Equal(k.t, 0, code, stdout+stderr)
	require.NoError(k.t, json.Unmarshal([]byte(stdout), &story), stdout)
	return story, stderr
}

// told are the operations of a story, with their outcomes.
func told(s schemas.ModelStory) (out []string) {
	for _, o := range s.Operations {
		out = append(out, o.Operation+" "+string(o.Outcome)+string(o.Stage))
	}
	return out
}

func TestTheWholeStoryOfAModelIsToldFromTemporalAndTheTrailAndFromEitherAlone(t *testing.T) {
	t.Parallel()
	k := onOwn(t)
	worker, err := k.StartWorker()
	require.NoError(t, err)
	m := k.Manifest("storied")
	stdout, stderr, code := k.Run(k.ctx, "show", m.Name)
	require.Equal(t, 1, code, stdout)
	require.Contains(t, stderr, "nothing is known of a model named")

	made := k.completed(m)
	m.MaxRequestsPerMinute, m.Approval.Policy = m.MaxRequestsPerMinute+100, schemas.ApproveAlways
	k.begin(change(m))
	k.awaitStage(m.Name, schemas.StageApproval)
	trail := "REGISTRAR_AUDIT=file:" + k.AuditFile
	story, _ := k.show([]string{trail}, m.Name)
	require.Equal(t, []string{"RegisterModel COMPLETED", "ChangeModel WAITING_FOR_APPROVAL"}, told(story))
	require.Equal(t, schemas.RegisterModelWorkflow, story.Model.Operation)
	require.Error(t, k.decide(schemas.Approve, m.Name, requester), "the requester cannot approve")
	require.NoError(t, k.decide(schemas.Approve, m.Name, "bob"))
	changed := k.end(m.Name)
	require.NoError(t, k.Sim.DropModel(k.ctx, made.ModelID))
	require.Equal(t, schemas.ModelMissing, k.check(m.Name).State)
	k.eventually(func() bool { return len(k.states(m.Name)) == 1 }, "the change of state is in the trail")

	complete := func(story schemas.ModelStory) {
		t.Helper()
		require.Equal(t, []string{"RegisterModel COMPLETED", "ChangeModel COMPLETED"}, told(story))
		change := story.Operations[1]
		require.Equal(t, []schemas.Change{{Key: "max_requests_per_minute", Old: "500", New: "600"}}, change.Changes)
		require.Equal(t, made.PayloadHash, change.PreviousHash)
		require.Equal(t, requester, change.Requester)
		require.False(t, change.EndedAt.Before(change.StartedAt))
		require.Len(t, change.Decisions, 2)
		require.False(t, change.Decisions[0].Accepted)
		require.Equal(t, "bob", change.Decisions[1].Approver)
		require.Len(t, story.Transitions, 1)
		require.Equal(t, schemas.ModelMissing, story.Transitions[0].After)
	}
	story, _ = k.show([]string{trail}, m.Name)
	complete(story)
	require.Equal(t, schemas.ModelMissing, story.Model.State)
	require.Equal(t, changed.RunID, story.Model.RunID)
	require.Equal(t, changed.PayloadHash, story.Model.PayloadHash)
	require.Equal(t, "bob", story.Model.Approvals[0].Approver)
	require.NotZero(t, story.Model.Checks.At)
	require.Equal(t, schemas.StorySource{Name: "Temporal, namespace default", Read: true}, story.Sources.Temporal)

	alone, _ := k.show([]string{"REGISTRAR_AUDIT=file:" + filepath.Join(t.TempDir(), "none.log")}, m.Name)
	complete(alone)
	require.False(t, alone.Sources.Trail.Read)
	alone, _ = k.show([]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, m.Name, "--audit", k.AuditFile)
	complete(alone)
	require.Nil(t, alone.Model)

	k.begin(retire(m.Name, "replaced"))
	k.awaitStage(m.Name, schemas.StageApproval)
	k.approve(m.Name)
	require.Equal(t, schemas.Completed, k.end(m.Name).Status)
	k.eventually(func() bool { return k.owner(m.Name) == nil }, "it is given up")
	worker.Stop()
	story, _ = k.show([]string{trail}, m.Name)
	require.Nil(t, story.Model)
	require.Equal(t, made.ModelID, story.Former.ModelID)
	require.Equal(t, "replaced", story.Operations[2].AskedFor)
	text, stderr, code := k.RunWith(k.ctx, []string{trail}, "show", m.Name)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, text, "storied is nobody's any more")
	require.Contains(t, text, "retire  COMPLETED")
	require.Contains(t, text, "max_requests_per_minute: 500 → 600")
}

func TestAStoryIsToldWithoutAWorkerAndOfATerminatedRegistration(t *testing.T) {
	t.Parallel()
	k := onOwn(t)
	worker, err := k.StartWorker()
	require.NoError(t, err)
	m := k.Manifest("told-without-worker")
	k.completed(m)
	orphan := k.Manifest("terminated")
	orphan.Approval.Policy = schemas.ApproveAlways
	k.start(orphan)
	k.awaitStage(orphan.Name, schemas.StageApproval)
	require.NoError(t, k.client.TerminateWorkflow(k.ctx, schemas.RegisterModelWorkflowID(orphan.Name), "",
		"by an operator"))
	worker.Stop()

	story, _ := k.show(nil, m.Name)
	require.Equal(t, schemas.ModelActive, story.Model.State)
	require.Contains(t, story.Sources.Temporal.Problem, "no worker answered")
	require.Equal(t, []string{"RegisterModel COMPLETED"}, told(story))

	story, _ = k.show(nil, orphan.Name)
	require.Nil(t, story.Model)
	require.Equal(t, []string{"RegisterModel FAILED"}, told(story))
	require.Contains(t, story.Operations[0].Reason, "terminated by an operator")
	require.NotEmpty(t, story.Operations[0].ModelID)
}
