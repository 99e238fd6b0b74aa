package e2e

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"model-registrar/schemas"
	"model-registrar/testsuite/stack"
)

func TestAWorkerSaysWhatTheNamespaceLacks_AndSetupMendsIt(t *testing.T) {
	t.Parallel()
	k := onOwnWith(t, []string{"TEMPORAL_NAMESPACE=bare"})
	p, err := k.StartWorker()
	require.NoError(t, err)
	require.Equal(t, 1, p.Wait(k.ctx))
	require.Contains(t, p.Log(), "the Temporal namespace bare does not exist")

	_, err = k.client.WorkflowService().RegisterNamespace(k.ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: "bare", WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	require.NoError(t, err)
	k.eventually(func() bool { // the server takes a moment to notice
		_, err := k.client.OperatorService().ListSearchAttributes(k.ctx, &operatorservice.ListSearchAttributesRequest{Namespace: "bare"})
		return err == nil
	}, "the namespace should be there")
	p, err = k.StartWorker()
	require.NoError(t, err)
	require.Equal(t, 1, p.Wait(k.ctx))
	require.Contains(t, p.Log(), "lacks the search attributes ModelName, ModelArchitecture, RegistrationStage, PayloadHash, ModelState")
	require.Contains(t, p.Log(), "starter setup")

	stdout, stderr, code := k.RunWith(k.ctx, []string{"TEMPORAL_NAMESPACE=bare"}, "setup")
	require.Equal(t, 0, code, stdout+stderr)
	p, err = k.StartWorker()
	require.NoError(t, err)
	k.eventually(func() bool { return healthURL.MatchString(p.Log()) }, "the worker should be ready after setup:\n%s", p.Log())
}

var healthURL = regexp.MustCompile(`"health":"(http://[^"]+)/readyz"`)

func TestAWorkerIsReadyOnlyWhileTemporalAnswers_AndServesMetrics(t *testing.T) {
	t.Parallel()
	k := onDisk(t, stack.Options{Simulator: []string{"--job-duration", "300ms"}})
	p, err := k.StartWorker()
	require.NoError(t, err)
	k.eventually(func() bool { return healthURL.MatchString(p.Log()) }, "the worker should say where it is watched")
	base := healthURL.FindStringSubmatch(p.Log())[1]
	require.Equal(t, http.StatusOK, get(t, base+"/healthz").status)
	require.Equal(t, http.StatusOK, get(t, base+"/readyz").status)
	m := k.Manifest(k.name("metrics"))
	k.start(m)
	require.Equal(t, schemas.Completed, k.end(m.Name).Status)
	require.Contains(t, get(t, base+"/metrics").body, `activity_type="SyntheticProbe"`)

	k.KillDevserver()
	require.Equal(t, http.StatusServiceUnavailable, get(t, base+"/readyz").status)
	require.Equal(t, http.StatusOK, get(t, base+"/healthz").status)
	require.NoError(t, k.StartDevserver(k.ctx))
	k.eventually(func() bool { return get(t, base+"/readyz").status == http.StatusOK }, "the worker should be ready again")
}

type answer struct {
	status int
	body   string
}

func get(t *testing.T, url string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, string(body)}
}
