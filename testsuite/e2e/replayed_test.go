package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// otherVersion is a RegisterModel whose steps are not those of the present code: it sleeps first.
func otherVersion(ctx workflow.Context, _ schemas.RegisterModelInput) (schemas.Result, error) {
	return schemas.Result{}, workflow.NewTimer(ctx, time.Hour).Get(ctx, nil)
}

func TestAWorkerThatCannotReplayARegistrationSaysSo(t *testing.T) {
	t.Parallel()
	k := onOwn(t)
	other := worker.New(k.client, "model-registrar", worker.Options{})
	other.RegisterWorkflowWithOptions(otherVersion, workflow.RegisterOptions{Name: schemas.RegisterModelWorkflow})
	require.NoError(t, other.Start())
	m := k.Manifest(k.name("released"))
	id := schemas.RegisterModelWorkflowID(m.Name)
	run, err := k.client.ExecuteWorkflow(k.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: "model-registrar"},
		schemas.RegisterModelWorkflow, schemas.RegisterModelInput{Manifest: m, Requester: requester})
	require.NoError(t, err)
	k.eventually(func() bool { return k.historyHas(id, "TimerStarted") }, "the other version should have begun")
	other.Stop()

	p, err := k.StartWorker()
	require.NoError(t, err)
	base := k.healthOf(p, 0)
	require.NoError(t, k.client.SignalWorkflow(k.ctx, id, run.GetRunID(), "anything", nil))
	k.eventually(func() bool { return get(t, base+"/readyz").status == http.StatusServiceUnavailable }, "the worker should not be ready")
	require.Contains(t, get(t, base+"/readyz").body, "this worker's version cannot replay "+id)
	require.Contains(t, p.Log(), "a workflow cannot be replayed by this worker")
	require.Contains(t, p.Log(), `"workflowId":"`+id+`"`)
	require.Contains(t, get(t, base+"/metrics").body, "registrar_unreplayable_workflows{")
}

// historyHas reports whether a workflow's history has an event of that type.
func (k *kit) historyHas(id, event string) bool {
	it := k.client.GetWorkflowHistory(k.ctx, id, "", false, 0)
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			return false
		}
		if strings.Contains(e.GetEventType().String(), event) {
			return true
		}
	}
	return false
}
