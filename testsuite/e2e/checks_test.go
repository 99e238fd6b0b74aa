package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"

	"model-registrar/activities"
	"model-registrar/schemas"
	"model-registrar/testsuite/cost"
	"model-registrar/testsuite/simulator/control"
)

// check has a model checked now.
func (k *kit) check(name string) schemas.ModelCheck {
	k.t.Helper()
	seen, err := k.registrar.CheckModel(k.ctx, name, schemas.CheckRequest{By: "somebody"})
	require.NoError(k.t, err)
	return seen
}

// states are the changes of a model's state in the trail.
func (k *kit) states(name string) (out []string) {
	for _, e := range k.trail(name) {
		if e.Event == schemas.AuditModelState {
			out = append(out, fmt.Sprintf("%s → %s", e.StateBefore, e.State))
		}
	}
	return out
}

// toldStates are the changes of a model's state that its receiver was told.
func (k *kit) toldStates(name string) (out []string) {
	k.t.Helper()
	messages, err := k.Sim.Webhooks(k.ctx, control.WebhookFilter{Path: "/webhooks/" + name, Event: schemas.ModelStateChanged})
	require.NoError(k.t, err)
	known := map[string]bool{} // a delivery whose worker was killed is repeated under the same id
	for _, w := range messages {
		if known[w.Headers["webhook-id"]] {
			continue
		}
		known[w.Headers["webhook-id"]] = true
		var e schemas.Event
		require.NoError(k.t, json.Unmarshal([]byte(w.Body), &e))
		out = append(out, fmt.Sprintf("%s → %s", e.StateBefore, e.Status))
	}
	return out
}

func TestAModelThatWasEditedOrDeletedFromOutsideIsReportedOnceAndSoIsItsRecovery(t *testing.T) {
	k := onShared(t)
	m, result := k.registered("edited")
	last := k.owner(m.Name).LastCheck
	require.Zero(t, last.At, "it was not checked yet")
	require.Equal(t, schemas.ModelActive, k.check(m.Name).State)
	require.True(t, k.owner(m.Name).LastCheck.At.After(last.StateSince))
	require.Equal(t, last.StateSince, k.owner(m.Name).LastCheck.StateSince)
	limits := func(requests int) map[string]any {
		return map[string]any{"rateLimits": schemas.RateLimits{
			MaxRequestsPerMinute: requests, MaxTokensPerMinute: m.MaxTokensPerMinute}}
	}

	require.NoError(t, k.Sim.EditModel(k.ctx, result.ModelID, limits(m.MaxRequestsPerMinute+1)))
	for range 2 {
		seen := k.check(m.Name)
		require.Equal(t, schemas.ModelDrifted, seen.State, seen)
		require.Equal(t, "max_requests_per_minute", seen.Drift[0].Key)
	}
	plan, _ := k.order("plan", k.file(m))
	require.Contains(t, plan, "has drifted, and will be restored")
	require.Regexp(t, `found by a check at \d{4}-`, plan)
	listed, _ := k.order("models", "--state", "DRIFTED")
	require.Regexp(t, `LAST CHECK +OURS FOR +MODEL\n(?s:.*)`+m.Name+` .* ago  `, listed)
	require.NoError(t, k.Sim.EditModel(k.ctx, result.ModelID, limits(m.MaxRequestsPerMinute)))
	require.Equal(t, schemas.ModelActive, k.check(m.Name).State)
	require.NoError(t, k.Sim.DropModel(k.ctx, result.ModelID))
	require.Equal(t, schemas.ModelMissing, k.check(m.Name).State)

	want := []string{"ACTIVE → DRIFTED", "DRIFTED → ACTIVE", "ACTIVE → MISSING"}
	k.eventually(func() bool { return len(k.toldStates(m.Name)) == len(want) }, "the changes of state are announced")
	require.Equal(t, want, k.toldStates(m.Name))
	require.Equal(t, want, k.states(m.Name))
	require.Equal(t, schemas.ModelMissing, k.owner(m.Name).State)
	k.replayed(schemas.ManageModelWorkflowID(m.Name))
}

func TestADriftIsRestoredWithoutApprovalAndAuditedAsThat(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("restored"))
	m.Monitor.OnDrift = schemas.DriftRestore
	result := k.completed(m)
	approved := k.owner(m.Name)
	require.NoError(t, k.Sim.EditModel(k.ctx, result.ModelID, map[string]any{
		"rateLimits": schemas.RateLimits{MaxRequestsPerMinute: m.MaxRequestsPerMinute + 1, MaxTokensPerMinute: m.MaxTokensPerMinute}}))

	require.Equal(t, schemas.ModelDrifted, k.check(m.Name).State)

	want := []string{"ACTIVE → DRIFTED", "DRIFTED → ACTIVE"}
	k.eventually(func() bool { return len(k.toldStates(m.Name)) == len(want) }, "it is put back")
	require.Equal(t, want, k.states(m.Name))
	owner := k.owner(m.Name)
	require.Equal(t, schemas.ChangeModelWorkflow, owner.Operation)
	require.Equal(t, approved.PayloadHash, owner.PayloadHash)
	k.eventually(func() bool { return len(k.audited(m.Name)) == 2 }, "the restore is audited")
	restore := k.audited(m.Name)[1]
	require.Equal(t, schemas.ChangeModelWorkflow, restore.Operation)
	require.Equal(t, schemas.ManageModelWorkflowID(m.Name), restore.Requester)
	require.Len(t, restore.Changes, 1)
	require.Equal(t, schemas.ModelActive, k.check(m.Name).State)
	k.replayed(schemas.ManageModelWorkflowID(m.Name))
}

// A scheduled check without a probe costs a timer and an activity, and is the least important of all.
func TestACheckCostsAtMost12EventsAnd3Actions(t *testing.T) {
	k := onShared(t)
	m, _ := k.registered("cheap")
	k.check(m.Name) // the first check of a run has the markers of the run as well
	often := *k.owner(m.Name)
	often.Manifest.Monitor.Every, often.RunID, often.Since = schemas.Duration(time.Minute), "another", time.Now().UTC() // the shortest
	_, err := activities.HandOver(k.ctx, k.client, schemas.DefaultTaskQueue, k.name("often"),
		schemas.HandOverInput{Label: m.Name, Ownership: often})
	require.NoError(t, err)

	var events []*historypb.HistoryEvent
	var checks []int // where each begins
	k.eventually(func() bool {
		events, checks = k.replayed(schemas.ManageModelWorkflowID(m.Name)).Events, nil
		for i, e := range events {
			a := e.GetActivityTaskScheduledEventAttributes()
			if a.GetActivityType().GetName() == schemas.CheckModelActivity && a.GetPriority().GetPriorityKey() == schemas.PriorityOfCheck {
				checks = append(checks, i)
			}
		}
		return len(checks) >= 2
	}, "it is checked every minute")
	one := events[checks[0]:checks[1]]
	require.LessOrEqual(t, len(one), 12, "%v", one)
	require.LessOrEqual(t, cost.Actions(one), 3, "%v", one)
	k.done(giveUp(m.Name))
}
