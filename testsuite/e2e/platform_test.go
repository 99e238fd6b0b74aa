package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func TestAPostCutAfterItTookEffectAndItsRetryToo_MakesOneModel(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("cut"))
	k.fault(control.OpCreate, m.Name, 2, control.Action{Cut: control.CutAfter})

	result := k.completed(m)

	require.True(t, result.Adopted)
	require.Len(t, k.models(m.Name), 1)
	require.Len(t, k.requests(control.OpCreate, m.Name), 1, "the first answer was lost; the retry looked first and adopted")
}

func TestALookUpCutAfterThePost_MakesOneModel(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("cut"))
	k.fault(control.OpCreate, m.Name, 1, control.Action{Cut: control.CutAfter})
	_, err := k.Sim.Fault(k.ctx, control.Fault{
		Match: control.Match{Op: control.OpList, Name: m.Name}, Skip: 1, Times: 1, Action: control.Action{Cut: control.CutAfter},
	})
	require.NoError(t, err)

	k.completed(m)

	require.Len(t, k.models(m.Name), 1)
}

func TestA429IsWaitedForAsRetryAfterSays(t *testing.T) {
	t.Parallel()
	for _, op := range []control.Op{control.OpList, control.OpCreate, control.OpJob, control.OpHealth} {
		t.Run(string(op), func(t *testing.T) {
			k := onShared(t)
			m := k.Manifest(k.name("limited"))
			k.fault(op, m.Name, 2, control.Action{Status: http.StatusTooManyRequests, RetryAfterSeconds: 2})

			k.completed(m)

			require.Len(t, k.models(m.Name), 1)
			requests := k.requests(op, m.Name)
			require.GreaterOrEqual(t, len(requests), 3)
			for i := range 2 {
				require.Equal(t, http.StatusTooManyRequests, requests[i].Status)
				require.GreaterOrEqual(t, requests[i+1].Time.Sub(requests[i].Time), 2*time.Second)
			}
		})
	}
}

func TestARollbackWaitsForTheRateLimitAndOutlastsAnOutage(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("rollback"))
	m.Probe.Model = "probe-of-" + m.Name
	k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "no"})
	k.fault(control.OpDelete, m.Name, 1, control.Action{Status: http.StatusTooManyRequests, RetryAfterSeconds: 2})
	k.fault(control.OpDelete, m.Name, 1, control.Action{Status: http.StatusBadGateway})
	k.fault(control.OpDelete, m.Name, 1, control.Action{Cut: control.CutAfter})

	result := k.register(m)

	require.Equal(t, schemas.RolledBack, result.Status, result.Reason)
	require.True(t, result.Rollback.Deregistered)
	require.Empty(t, k.models(m.Name))
	requests := k.requests(control.OpDelete, m.Name)
	require.GreaterOrEqual(t, requests[1].Time.Sub(requests[0].Time), 2*time.Second)
}

func TestA5xxIsRetriedByPolicy(t *testing.T) {
	t.Parallel()
	for _, op := range []control.Op{control.OpList, control.OpCreate, control.OpJob, control.OpHealth} {
		t.Run(string(op), func(t *testing.T) {
			k := onShared(t)
			m := k.Manifest(k.name("flaky"))
			k.fault(op, m.Name, 2, control.Action{Status: http.StatusServiceUnavailable})
			k.completed(m)
			require.Len(t, k.models(m.Name), 1)
		})
	}
}

func TestARefusalIsNotRetried_AndThePersonReadsThePlatformsReason(t *testing.T) {
	t.Parallel()
	cases := map[int]struct {
		code string
		want schemas.ErrorType
	}{
		http.StatusBadRequest:          {"invalid.value", schemas.ErrBadRequest},
		http.StatusForbidden:           {"missing.any.permissions", schemas.ErrForbidden},
		http.StatusConflict:            {"general.conflict", schemas.ErrConflict},
		http.StatusUnprocessableEntity: {"invalid.value", schemas.ErrBadRequest},
	}
	for status, c := range cases {
		t.Run(http.StatusText(status), func(t *testing.T) {
			k := onShared(t)
			m := k.Manifest(k.name("refused"))
			k.fault(control.OpCreate, m.Name, 0, control.Action{Status: status, Code: c.code, Message: "this cannot be"})

			result, stderr, code := k.byStarter("register", k.file(m))

			require.Equal(t, 1, code)
			require.Equal(t, schemas.Failed, result.Status)
			require.Equal(t, c.want, result.ErrorType)
			requests := k.requests(control.OpCreate, m.Name)
			require.Len(t, requests, 1)
			for _, said := range []string{"this cannot be", c.code, requests[0].CorrelationID} {
				require.Contains(t, result.Reason, said)
				require.Contains(t, stderr, said)
			}
			require.Empty(t, k.models(m.Name))
			k.requireRecordedOnce(m.Name)
		})
	}
}

func TestTokensAreReplacedAndTheTokenEndpointsLimitIsWaitedFor(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	k.startWorker()
	m := k.Manifest(k.name("token"))
	k.fault(control.OpToken, "", 2, control.Action{Status: http.StatusBadRequest, Code: "invalid_request", Message: "rate limit exceeded"})
	k.fault(control.OpCreate, m.Name, 1, control.Action{RevokeToken: true})
	k.fault(control.OpHealth, m.Name, 1, control.Action{ExpireToken: true})
	k.start(m)
	result := k.end(m.Name)
	require.Equal(t, schemas.Completed, result.Status, result.Reason)
	require.Len(t, k.models(m.Name), 1)
	state, err := k.Sim.State(k.ctx)
	require.NoError(t, err)
	require.Equal(t, 3, state.TokensIssued, "one at first, one after each 401")
}

func TestATokenThatIsRefusedAgainAndAgainEndsTheRegistration(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	k.startWorker()
	m := k.Manifest(k.name("token"))
	k.fault(control.OpCreate, m.Name, 0, control.Action{Status: http.StatusUnauthorized, Code: "bad.credentials"})
	k.start(m)
	result := k.end(m.Name)
	require.Equal(t, schemas.ErrUnauthorized, result.ErrorType, result.Reason)
	requests := k.requests(control.OpCreate, m.Name)
	require.Len(t, requests, 2, "a new token is fetched once")
	require.Contains(t, result.Reason, requests[1].CorrelationID)
}

func TestAJobThatDoesNotSucceedIsRolledBack(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		job    control.Action
		on     control.Op
		within schemas.Duration
		want   schemas.ErrorType
		says   string
	}{
		{"that fails", control.Action{JobOutcome: control.OutcomeFailed, JobError: &control.ErrorBody{
			Code: "invalid.value", Message: "the endpoint refuses the gateway"}}, control.OpCreate, 0, schemas.ErrJobFailed,
			"the endpoint refuses the gateway"},
		{"that never ends", control.Action{JobStuck: true}, control.OpCreate, schemas.Duration(3 * time.Second), schemas.ErrJobTimeout,
			"did not end within 3s"},
		{"with a status nobody knows", control.Action{JobStuck: true, JobStatus: "PONDERING"}, control.OpCreate,
			schemas.Duration(3 * time.Second), schemas.ErrJobTimeout, "PONDERING"},
		{"whose result has no id", control.Action{JobNoResultID: true}, control.OpCreate, 0, schemas.ErrJobWithoutModel, "names no model"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			k := onShared(t)
			m := k.Manifest(k.name("job"))
			m.JobTimeout = c.within
			k.fault(c.on, m.Name, 0, c.job)

			result := k.register(m)

			require.Equal(t, c.want, result.ErrorType)
			require.Contains(t, result.Reason, c.says)
			require.True(t, result.Rollback.Deregistered)
			require.Empty(t, k.models(m.Name))
			k.requireRecordedOnce(m.Name)
		})
	}
}

func TestAJobThatSpeaksOfSucceededIsUnderstood(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("job"))
	k.fault(control.OpCreate, m.Name, 0, control.Action{JobSpelling: control.SpellingPascal})
	k.completed(m)
}

func TestAFailedProbeIsRolledBack_ModelStaysAfterAFailIsGone(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("bad-answer"))
	m.Probe.Model = "probe-of-" + m.Name
	k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "I am a teapot"})

	result := k.register(m)

	require.Equal(t, schemas.RolledBack, result.Status)
	require.Equal(t, schemas.ProbeFail, result.Validation.Status)
	require.NotEmpty(t, result.Validation.ErrorCode)
	require.Empty(t, k.models(m.Name))
	k.requireRecordedOnce(m.Name)
}

func TestANameTakenByAnotherPayloadIsAConflict_AndTheOtherModelStays(t *testing.T) {
	k := onShared(t)
	m, first := k.registered("taken")
	m.MaxRequestsPerMinute++

	result := k.register(m)

	require.Equal(t, schemas.ErrNameConflict, result.ErrorType)
	require.Contains(t, result.Reason, "max_requests_per_minute: 500 → 501")
	require.Equal(t, first.ModelID, k.models(m.Name)[0].ID)

	// The failed attempt changes nothing for the manifest that is registered.
	m.MaxRequestsPerMinute--
	stdout, stderr := k.order("register", k.file(m), "--requester", requester)
	require.Contains(t, stdout+stderr, "registered already as model "+first.ModelID)
}
