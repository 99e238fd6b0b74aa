package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// wrongSecret is a mistyped secret of the worker's OAuth client.
const wrongSecret = "GENESYS_OAUTH_CLIENT_SECRET=mistyped"

// healthOf waits until a worker's log names the address of its health since its length was from, and returns that.
func (k *kit) healthOf(p *stack.Process, from int) string {
	k.t.Helper()
	var base string
	k.eventually(func() bool {
		found := healthURL.FindStringSubmatch(p.Log()[from:])
		if found != nil {
			base = found[1]
		}
		return found != nil
	}, "the worker should say where it is watched")
	return base
}

func TestWrongCredentialsInTheMiddleOfAnOperationAreWaitedFor(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	kill := k.startWorker()
	var waiting []string
	decisions := map[string]schemas.Decision{}
	for range 3 {
		m := k.Manifest(k.name("rotated"))
		m.Approval.Policy = schemas.ApproveAlways
		k.start(m)
		waiting = append(waiting, m.Name)
	}
	for _, name := range waiting {
		k.awaitStage(name, schemas.StageApproval)
		decisions[name] = k.approval(name)
	}
	kill()

	mistyped, err := k.StartWorkerWith(wrongSecret)
	require.NoError(t, err)
	k.eventually(func() bool { return strings.Contains(mistyped.Log(), "the worker's login is refused") }, "the worker should say so")
	for _, name := range waiting {
		k.decideBySignal(name, decisions[name])
	}
	base := refusedHealth(k, mistyped)
	state := get(t, base+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, state.status)
	require.Contains(t, state.body, "the worker's login is refused since")
	require.Contains(t, state.body, "check the worker's OAuth client")
	require.Contains(t, get(t, base+"/metrics").body, "registrar_login_refused{")
	require.NotContains(t, mistyped.Log()[strings.Index(mistyped.Log(), "login is refused"):], "the worker is ready")
	mistyped.Kill()

	k.startWorker()
	for _, name := range waiting {
		result := k.end(name)
		require.Equal(t, schemas.Completed, result.Status, result.Reason)
		require.Len(t, k.models(name), 1)
		k.requireRecordedOnce(name)
	}
}

var refusedURL = regexp.MustCompile(`login is refused.*"health":"(http://[^"]+)/readyz"|"health":"(http://[^"]+)/readyz".*login is refused`)

// refusedHealth is where a worker whose login is refused is watched.
func refusedHealth(k *kit, p *stack.Process) string {
	k.t.Helper()
	found := refusedURL.FindStringSubmatch(p.Log())
	require.NotNil(k.t, found, p.Log())
	return found[1] + found[2]
}

func TestAWorkerWhoseLoginIsRefusedWhileItWorksStopsPollingUntilItIsAccepted(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	p, err := k.StartWorker()
	require.NoError(t, err)
	base := k.healthOf(p, 0)
	m := k.Manifest(k.name("disabled"))
	disabled, err := k.Sim.Fault(k.ctx, control.Fault{Match: control.Match{Op: control.OpToken}, Action: control.Action{
		Status: http.StatusUnauthorized, Code: "invalid_client", Message: "the client is disabled"}})
	require.NoError(t, err)
	k.fault(control.OpHealth, m.Name, 1, control.Action{RevokeToken: true})
	k.start(m)
	k.eventually(func() bool { return get(t, base+"/readyz").status == http.StatusServiceUnavailable }, "the worker should not be ready")
	require.Contains(t, get(t, base+"/readyz").body, "the client is disabled")
	k.eventually(func() bool { return strings.Contains(p.Log(), "the worker has stopped") }, "the worker should stop polling")

	require.NoError(t, k.Sim.ClearFault(k.ctx, disabled))
	result := k.end(m.Name)
	require.Equal(t, schemas.Completed, result.Status, result.Reason)
	require.Len(t, k.models(m.Name), 1)
	require.Equal(t, http.StatusOK, get(t, base+"/readyz").status)
}

func TestARefusalInTheMiddleOfAnOperationIsSeenAndWaitedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		op     control.Op
		status int
		times  int
		want   schemas.Outcome
	}{
		{control.OpJob, http.StatusForbidden, 1, schemas.Completed},
		{control.OpHealth, http.StatusUnauthorized, 2, schemas.Completed}, // a new token is fetched once
		{control.OpDelete, http.StatusForbidden, 1, schemas.RolledBack},
	} {
		t.Run(string(c.op), func(t *testing.T) {
			k := onShared(t)
			m := k.Manifest(k.name("parked"))
			if c.op == control.OpDelete {
				m.Probe.Model = "probe-of-" + m.Name
				k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "no"})
			}
			k.fault(c.op, m.Name, c.times, control.Action{Status: c.status})
			k.start(m)
			var seen schemas.Progress
			k.eventually(func() bool {
				p, err := k.progress(m.Name)
				seen = p
				return err == nil && p.Waiting != nil
			}, "%s should wait", m.Name)
			require.Equal(t, schemas.WaitLogin, seen.Waiting.For)
			require.Contains(t, seen.Waiting.Message, "operator action required")
			result := k.end(m.Name)
			require.Equal(t, c.want, result.Status, result.Reason)
			k.requireRecordedOnce(m.Name)
		})
	}
}

func TestAWaitThatThePlatformAsksForDoesNotEndARegistration(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	k.startWorker()
	var inFlight []string
	for i := range 6 {
		m := k.Manifest(k.name("asked"))
		m.JobTimeout = schemas.Duration(2 * time.Second)
		if i == 0 {
			k.fault(control.OpJob, m.Name, 1, control.Action{Status: http.StatusTooManyRequests, RetryAfterSeconds: 7})
		}
		k.start(m)
		inFlight = append(inFlight, m.Name)
	}
	k.eventually(func() bool {
		p, err := k.progress(inFlight[0])
		return err == nil && p.Waiting != nil && p.Waiting.For == schemas.WaitAsked
	}, "%s should say that it waits", inFlight[0])
	for _, name := range inFlight {
		result := k.end(name)
		require.Equal(t, schemas.Completed, result.Status, result.Reason)
		require.Len(t, k.models(name), 1)
	}
	looks := k.requests(control.OpJob, inFlight[0])
	require.GreaterOrEqual(t, looks[1].Time.Sub(looks[0].Time), 7*time.Second)
}

func TestARegistrationCancelledWhileTheWorkerOfItsSubmissionIsDeadIsCancelled(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	kill := k.startWorker()
	m := k.Manifest(k.name("cancelled"))
	k.fault(control.OpList, m.Name, 1, control.Action{LatencyMS: held.Milliseconds()})
	k.start(m)
	k.awaitCall(control.OpList, m.Name)
	kill()
	k.startWorker()
	require.NoError(t, k.client.CancelWorkflow(k.ctx, schemas.RegisterModelWorkflowID(m.Name), ""))
	result := k.end(m.Name)
	require.Equal(t, schemas.Cancelled, result.Status, result.Reason)
	require.Contains(t, result.Reason, "cancelled at SUBMITTING, while this went wrong: ")
	require.Empty(t, result.ErrorType)
	require.Empty(t, k.models(m.Name))
	k.requireRecordedOnce(m.Name)
}

func TestAWorkerThatWritesAnotherTrailThanTheOthersSaysSo(t *testing.T) {
	t.Parallel()
	k := onOwn(t)
	first, err := k.StartWorker()
	require.NoError(t, err)
	k.healthOf(first, 0)
	k.awaitActivityPoller()
	_, err = k.StartWorker() // of the same trail
	require.NoError(t, err)
	k.eventually(func() bool { return strings.Count(first.Log(), "the worker is ready") == 2 }, "the second worker should be ready")
	require.NotContains(t, first.Log(), "writes another audit trail")

	_, err = k.StartWorkerWith("REGISTRAR_AUDIT=file:another.log")
	require.NoError(t, err)
	k.eventually(func() bool { return strings.Contains(first.Log(), "writes another audit trail") }, "the third worker should say so")
}

// awaitActivityPoller waits until the server knows of a worker that takes activities.
func (k *kit) awaitActivityPoller() {
	k.t.Helper()
	k.eventually(func() bool {
		reply, err := k.client.DescribeTaskQueue(k.ctx, "model-registrar", enumspb.TASK_QUEUE_TYPE_ACTIVITY)
		return err == nil && len(reply.GetPollers()) > 0
	}, "a worker should poll for activities")
}
