package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// forgeProbe hands in that the probe of a registration has passed while it is under way: the endpoint answers rubbish, and
// slowly.
func (k *kit) forgeProbe(attacker client.Client, name string) schemas.Result {
	k.t.Helper()
	m := k.Manifest(name)
	m.Probe.Model = "rubbish-" + name
	k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "I am a teapot", LatencyMS: 3000})
	k.start(m)
	k.awaitCall(control.OpProvider, m.Probe.Model)
	id := schemas.RegisterModelWorkflowID(name)
	var asked schemas.Sealed[schemas.ProbeInput]
	var activityID string
	it := k.client.GetWorkflowHistory(k.ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(k.t, err)
		if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == schemas.SyntheticProbeActivity {
			activityID = a.ActivityId
			if !k.keys.On() { // else nobody without the key can read what was asked
				require.NoError(k.t, converter.GetDefaultDataConverter().FromPayloads(a.Input, &asked))
			}
		}
	}
	forged := schemas.ProbeReport{Status: schemas.ProbePass, LatencyMs: 1, ResponseCode: 200}
	forged.SetAbout(asked.Subject())
	require.NoError(k.t, attacker.CompleteActivityByID(k.ctx, client.DefaultNamespace, id, "", activityID, forged, nil))
	return k.end(name)
}

// Whoever may write to the namespace can hand in the result of a pending activity, as docs/security.md says.
func TestAttack_AProbesResultThatIsHandedInIsBelievedWithoutEncryption(t *testing.T) {
	k := onShared(t)
	name := k.name("handed-in")
	require.Equal(t, schemas.Completed, k.forgeProbe(k.client, name).Status)
}

func TestAttack_AProbesResultThatIsHandedInIsRefusedWhereEncryptionIsRequired(t *testing.T) {
	t.Parallel()
	k := onRequired(t)
	name := k.name("handed-in")
	end := k.forgeProbe(k.party("", clientSide), name)
	require.NotEqual(t, schemas.Completed, end.Status)
	require.Empty(t, k.models(name), "it is rolled back")
}

// onRequired gives a test a stack of its own whose worker requires encryption.
func onRequired(t *testing.T) *kit {
	t.Helper()
	k := onOwnStack(t, stack.Options{Keys: key1, Simulator: []string{"--job-duration", "100ms"}})
	_, err := k.StartWorkerWith(keysVariable+key1, "REGISTRAR_ENCRYPTION=required")
	require.NoError(t, err)
	require.NoError(t, k.keys.Require(time.Time{}), "replayed as the worker reads it")
	return k
}

func TestWhereEncryptionIsRequired_ARegistrationIsHandedOverInCipherText_AndASecondOneIsUnchanged(t *testing.T) {
	t.Parallel()
	k := onRequired(t)
	m := k.Manifest(k.name("required"))
	first := k.completed(m)

	d, err := k.client.DescribeWorkflowExecution(k.ctx, schemas.ManageModelWorkflowID(m.Name), "")
	require.NoError(t, err)
	memo := d.WorkflowExecutionInfo.Memo.Fields[schemas.OwnershipMemo]
	require.Equal(t, "binary/encrypted", string(memo.GetMetadata()["encoding"]))
	require.NotContains(t, string(memo.GetData()), m.AuthCredentialID)
	require.Equal(t, first.ModelID, k.owner(m.Name).ModelID, "who has the key reads it")

	second := k.register(m)
	require.Equal(t, schemas.Unchanged, second.Status, second.Reason)
	require.Len(t, k.models(m.Name), 1)
	k.replayed(schemas.ManageModelWorkflowID(m.Name))
}
