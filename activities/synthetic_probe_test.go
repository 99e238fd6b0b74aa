package activities

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func (w *world) probed(options ...option) (schemas.ProbeReport, error) {
	w.Helper()
	return run(w.T, w.SyntheticProbe, sealedProbe(probeInput(w.url+"/providers/openai")), options...)
}

func probeInput(endpoint string) schemas.ProbeInput {
	return schemas.ProbeInput{
		Name: "production-llm-v2", EndpointURL: endpoint, AuthCredentialID: "cred_abc123xyz", Architecture: schemas.OpenAI,
		Spec: schemas.ProbeSpec{Samples: 1, Timeout: schemas.Duration(20 * time.Second)},
	}
}

func TestAHealthyEndpointPassesWithItsFigures(t *testing.T) {
	report, err := newWorld(t).probed()
	require.NoError(t, err)
	require.Equal(t, schemas.ProbePass, report.Status, report.Error)
	require.Equal(t, http.StatusOK, report.ResponseCode)
	require.Positive(t, report.LatencyMs)
	require.Positive(t, report.PayloadSizeBytes)
	require.Len(t, report.Details.Warm, 1)
}

func TestABadAnswerIsAResultAndNotAnError(t *testing.T) {
	for name, action := range map[string]control.Action{
		"another answer":  {Answer: "Hello!"},
		"a web page":      {HTML: true},
		"no permission":   {Status: http.StatusForbidden},
		"no quota":        {InsufficientQuota: true},
		"an empty answer": {Empty: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.order(control.OpProvider, 0, action)
			report, err := w.probed()
			require.NoError(t, err)
			require.Equal(t, schemas.ProbeFail, report.Status)
			require.NotEmpty(t, report.ErrorCode)
			require.NotEmpty(t, report.Error)
		})
	}
}

func TestAnEndpointThatMayBeStartingIsRetriedWhenItAsks(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpProvider, 0, control.Action{Status: http.StatusServiceUnavailable, RetryAfterSeconds: 9})
	_, err := w.probed()
	app := wantRetried(t, err, schemas.ErrEndpointUnready, 9*time.Second)
	require.Equal(t, temporal.ApplicationErrorCategoryBenign, app.Category())
	var report *schemas.ProbeReport
	require.NoError(t, app.Details(&report))
	require.Equal(t, schemas.ProbeFail, report.Status)
	require.Equal(t, http.StatusServiceUnavailable, report.ResponseCode)
	require.NotEmpty(t, report.ErrorCode)
	require.Equal(t, app.Message(), report.Error)
}

func TestAnEndpointThatIsDownIsRetried(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	a := activitiesFor(t, server.URL)
	server.Close()
	_, err := run(t, a.SyntheticProbe, sealedProbe(probeInput(server.URL)))
	app := wantRetried(t, err, schemas.ErrEndpointUnready, 0)
	var report *schemas.ProbeReport
	require.NoError(t, app.Details(&report))
	require.Equal(t, schemas.ReasonConnectionRefused, report.ErrorCode)
	require.Zero(t, report.ResponseCode)
}

func TestAnEndpointThatComesUpPassesInALaterAttempt(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpProvider, 2, control.Action{Status: http.StatusBadGateway})
	report, errs := attempts(t, w.SyntheticProbe, sealedProbe(probeInput(w.url+"/providers/openai")))
	require.Len(t, errs, 3)
	require.Equal(t, schemas.ProbePass, report.Status)
}

func TestACancelledProbeIsNoVerdict(t *testing.T) {
	asked, cancelled := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server only notices that its client is gone once it has read the request
		close(asked)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	a := activitiesFor(t, server.URL)
	go func() { <-asked; close(cancelled) }()
	_, err := run(t, a.SyntheticProbe, sealedProbe(probeInput(server.URL)), cancelledBy(t, cancelled))
	require.Equal(t, context.Canceled, err)
}
