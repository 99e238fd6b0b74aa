package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"

	"model-registrar/schemas"
	"model-registrar/testsuite/cost"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

func TestARegistrationIsProvenAnnouncedAndAudited(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("happy"))

	result, stderr, code := k.byStarter("register", k.file(m))

	require.Equal(t, 0, code, stderr)
	require.Equal(t, schemas.Completed, result.Status)
	require.Equal(t, schemas.ProbePass, result.Validation.Status)
	require.Positive(t, result.Validation.LatencyMs)
	require.Equal(t, http.StatusOK, result.Validation.ResponseCode)
	require.Positive(t, result.JobDurationMs)
	hash, err := m.Payload().Hash()
	require.NoError(t, err)
	require.Equal(t, hash, result.PayloadHash)
	models := k.models(m.Name)
	require.Len(t, models, 1)
	require.Equal(t, models[0].ID, result.ModelID)
	require.Equal(t, control.ModelActive, models[0].State)
	require.Equal(t, 1, models[0].HealthChecks)

	announced := k.announcements(m.Name)
	require.Len(t, announced, 1)
	requireSigned(t, announced[0])
	var event schemas.Event
	require.NoError(t, json.Unmarshal([]byte(announced[0].Body), &event))
	require.Equal(t, string(schemas.Completed), event.Status)
	require.Equal(t, result.ModelID, event.ModelID)
	require.Equal(t, result.JobDurationMs, event.Metrics.JobDurationMs)
	require.True(t, result.Webhook.Delivered)

	entries := k.audited(m.Name)
	require.Len(t, entries, 1)
	require.Equal(t, schemas.Completed, entries[0].Outcome)
	require.Equal(t, schemas.RecordStored, entries[0].Compliance)
	require.Equal(t, hash, entries[0].PayloadHash)
	require.Equal(t, requester, entries[0].Requester)

	k.eventually(func() bool { return k.listed(m.Name, string(schemas.Completed)) == 1 },
		"the list filtered by stage should show it")
}

// listed counts the workflows that the list shows for a model and a stage.
func (k *kit) listed(name, stage string) int {
	answer, err := k.client.ListWorkflow(k.ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: fmt.Sprintf(`%s = "%s" AND %s = "%s"`, schemas.ModelNameAttribute, name, schemas.RegistrationStageAttribute, stage),
	})
	if err != nil {
		return -1
	}
	return len(answer.Executions)
}

// requireSigned checks a delivery with the verifier of the Standard Webhooks project.
func requireSigned(t *testing.T, w control.Webhook) {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(stack.WebhookSecret)
	require.NoError(t, err)
	header := http.Header{}
	for name, value := range w.Headers {
		header.Set(name, value)
	}
	require.NoError(t, verifier.Verify([]byte(w.Body), header))
}

// A happy registration is to cost at most 55 history events of 19 KiB and 13 Temporal Cloud actions, and the workflow
// that owns the model from then on begins with 5 and 2; the README has the table.
func TestAHappyRegistrationCostsAtMost55EventsAnd13Actions(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("cost"))
	k.completed(m)

	events := k.replay(m.Name)
	// The creation is recorded by a heartbeat, and a job that takes longer than 6.5 s costs another.
	actions := cost.Actions(events) + 2
	described, err := k.client.DescribeWorkflowExecution(k.ctx, schemas.RegisterModelWorkflowID(m.Name), "")
	require.NoError(t, err)
	size := described.WorkflowExecutionInfo.HistorySizeBytes
	t.Logf("%d history events, %d bytes, %d actions", len(events), size, actions)
	require.LessOrEqual(t, len(events), 55)
	require.LessOrEqual(t, size, int64(19<<10))
	require.LessOrEqual(t, actions, 13)

	var owner []*historypb.HistoryEvent
	k.eventually(func() bool {
		owner = k.replayed(schemas.ManageModelWorkflowID(m.Name)).Events
		return owner[len(owner)-1].EventType == enumspb.EVENT_TYPE_TIMER_STARTED
	}, "the owner should sleep until its first check")
	require.LessOrEqual(t, len(owner), 5)
	require.LessOrEqual(t, cost.Actions(owner), 2)
}
