package genesys

import (
	"net/http/httptest"
	"testing"
	"time"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

// platform is the strict simulator and a client of it.
type platform struct {
	*Client
	sim *control.Client
}

func newPlatform(t *testing.T, options simulator.Options) platform {
	t.Helper()
	server := simulator.New(options)
	t.Cleanup(server.Close)
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	c, err := New(Config{APIBaseURL: web.URL, LoginBaseURL: web.URL, ClientID: simulator.DefaultClientID, ClientSecret: simulator.DefaultClientSecret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.http.CloseIdleConnections)
	return platform{c, control.New(web.URL)}
}

func (p platform) order(t *testing.T, f control.Fault) {
	t.Helper()
	if _, err := p.sim.Fault(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func TestStrictPlatformAcceptsAModelsWholeLife(t *testing.T) {
	p := newPlatform(t, simulator.Options{JobDuration: time.Minute})
	jobID, err := p.CreateModel(t.Context(), sealed(t, testPayload()))
	if err != nil {
		t.Fatal(err)
	}
	if job, err := p.GetJob(t.Context(), jobID); err != nil || job.Succeeded() || job.Failed() {
		t.Fatalf("%+v, %v; want a job that runs", job, err)
	}
	if _, err := p.sim.FinishJob(t.Context(), jobID); err != nil {
		t.Fatal(err)
	}
	job, err := p.GetJob(t.Context(), jobID)
	if err != nil || !job.Succeeded() || job.ModelID == "" {
		t.Fatalf("%+v, %v", job, err)
	}
	found, err := p.FindModels(t.Context(), testPayload().Name)
	if err != nil || len(found.Models) != 1 || found.AsOf.IsZero() {
		t.Fatalf("%+v, %v", found, err)
	}
	if m := found.Models[0]; m.ID != job.ModelID || m.JobID != jobID || m.DateCreated.IsZero() || !m.Payload.Same(testPayload()) {
		t.Fatalf("%+v, %v", found, err)
	}
	if hc, err := p.TriggerHealthCheck(t.Context(), job.ModelID); err != nil || hc.ID == "" || hc.Status == "" {
		t.Fatalf("%+v, %v", hc, err)
	}
	for range 2 {
		if _, err := p.DeleteModel(t.Context(), job.ModelID); err != nil {
			t.Fatal(err)
		}
	}
	if found, err = p.FindModels(t.Context(), testPayload().Name); err != nil || len(found.Models) != 0 {
		t.Errorf("%+v, %v; want none after the deletion", found, err)
	}
}

func TestStrictPlatformsRefusalsAreTyped(t *testing.T) {
	bad := testPayload()
	bad.RateLimits.MaxRequestsPerMinute = 0
	p := newPlatform(t, simulator.Options{})
	_, err := p.CreateModel(t.Context(), sealed(t, bad))
	e := failure(t, err, schemas.ErrBadRequest)
	if e.CorrelationID == "" || len(e.Fields) == 0 {
		t.Errorf("%+v, want fields and a correlation id", e)
	}

	p = newPlatform(t, simulator.Options{Quota: 1})
	if _, err = p.FindModels(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	_, err = p.FindModels(t.Context(), "x")
	if e := failure(t, err, schemas.ErrRateLimited); e.RetryAfter <= 0 {
		t.Errorf("%+v, want Retry-After", e)
	}

	p = newPlatform(t, simulator.Options{Scopes: []string{"ai:jobs:read"}})
	_, err = p.CreateModel(t.Context(), sealed(t, testPayload()))
	contains(t, failure(t, err, schemas.ErrForbidden).Error(), "the login lacks ai:llm-gateway:write")
}

func TestTokenThatThePlatformRevokesOrLetsExpireIsReplaced(t *testing.T) {
	for name, action := range map[string]control.Action{"revoked": {RevokeToken: true}, "expired": {ExpireToken: true}} {
		p := newPlatform(t, simulator.Options{})
		p.order(t, control.Fault{Match: control.Match{Op: control.OpCreate}, Times: 1, Action: action})
		if _, err := p.CreateModel(t.Context(), sealed(t, testPayload())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if models, err := p.sim.Models(t.Context(), testPayload().Name); err != nil || len(models) != 1 {
			t.Errorf("%s: %d models, %v; want one", name, len(models), err)
		}
	}
}

func TestCreationWhoseAnswerIsLostIsUnavailableAndFoundByItsName(t *testing.T) {
	p := newPlatform(t, simulator.Options{})
	p.order(t, control.Fault{Match: control.Match{Op: control.OpCreate}, Times: 1, Action: control.Action{Cut: control.CutAfter}})
	_, err := p.CreateModel(t.Context(), sealed(t, testPayload()))
	failure(t, err, schemas.ErrUnavailable)
	found, err := p.FindModels(t.Context(), testPayload().Name)
	if err != nil || len(found.Models) != 1 {
		t.Errorf("%+v, %v; want the one model that the lost call made", found, err)
	}
}
