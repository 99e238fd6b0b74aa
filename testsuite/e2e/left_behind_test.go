package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func TestWhatIsLeftBehindIsNamedOnTheScreenInTheResultAndInTheFleetsSummary(t *testing.T) {
	k := onShared(t)
	left := func() (file, name string) {
		m := k.Manifest(k.name("left"))
		m.Probe.Model = "probe-of-" + m.Name
		k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "no"})
		k.fault(control.OpDelete, m.Name, 0, control.Action{Status: http.StatusBadRequest, Message: "it is in use"})
		file, err := k.WriteManifest(m)
		require.NoError(t, err)
		return file, m.Name
	}
	file, name := left()
	stdout, stderr, code := k.Run(k.ctx, "register", file, "--requester", requester)
	require.Equal(t, 1, code, stdout+stderr)
	id := k.models(name)[0].ID
	require.Contains(t, stdout, "DELETE {gateway}/models/"+id)
	result := k.end(name)
	require.Equal(t, schemas.ErrRollbackFailed, result.ErrorType)
	require.False(t, result.Rollback.Deregistered)
	require.Equal(t, id, result.LeftBehind()[0].ID)

	file, name = left()
	stdout, stderr, code = k.Run(k.ctx, "fleet", file, "--requester", requester)
	require.Equal(t, 1, code, stdout+stderr)
	require.Contains(t, stdout, "Left behind in the gateway:")
	require.Contains(t, stdout, "DELETE {gateway}/models/"+k.models(name)[0].ID)
}
