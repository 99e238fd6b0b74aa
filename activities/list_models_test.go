package activities

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func TestTheGatewayIsListedByPagesOfAHundredWithoutSecrets(t *testing.T) {
	w := newWorld(t)
	for i := range 120 {
		p := payload()
		p.Name = fmt.Sprintf("model-%03d", i)
		jobID, err := w.Gateway.CreateModel(t.Context(), sealed(p))
		require.NoError(t, err)
		_, err = w.sim.FinishJob(t.Context(), jobID)
		require.NoError(t, err)
	}
	models, err := w.sim.Models(t.Context(), "model-007")
	require.NoError(t, err)
	require.NoError(t, w.sim.EditModel(t.Context(), models[0].ID, map[string]any{"endpointUrl": "https://h.example.com/v1?api_key=hunter2"}))

	out, err := run(t, w.ListModels, schemas.ListModelsInput{Page: 1})

	require.NoError(t, err)
	require.Len(t, out.Models, 120)
	require.Equal(t, 2, out.Pages)
	require.Zero(t, out.Next)
	require.Len(t, w.requests(control.OpList), 2)
	for _, m := range out.Models {
		require.Len(t, m.Hash, 64)
		if m.ID == models[0].ID {
			require.Equal(t, []string{"endpoint_url"}, m.Hidden)
			require.NotContains(t, m.Payload.EndpointURL, "hunter2")
		} else {
			require.Empty(t, m.Hidden)
		}
	}

	out, err = run(t, w.ListModels, schemas.ListModelsInput{Page: 2})
	require.NoError(t, err)
	require.Len(t, out.Models, 20)
}
