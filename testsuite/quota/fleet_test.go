// Package quota_test measures how fast a fleet of registrations goes under the platform's request quota, with the real
// client, pacer and polling against the simulator, and without Temporal: what the platform's calls alone cost.
package quota_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/internal/genesys"
	"model-registrar/internal/polling"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

// callsPerModel is what a registration needs: look-up, creation, one look at the job, health check.
const callsPerModel = 4

// fleet is an experiment: this many models, by this many processes, this many at a time in all.
type fleet struct {
	models, processes, window int
	quota                     int
	quotaWindow               time.Duration
	job                       time.Duration
	jitter                    float64 // of the job's duration, to both sides
}

// outcome is what came of it.
type outcome struct {
	took       time.Duration
	calls      control.Count
	byOp       control.Counts
	registered int
}

// ratio is the time that it took, over the time that the calls needed take at the quota's rate.
func (o outcome) ratio(f fleet) float64 {
	ideal := float64(f.models*callsPerModel) / float64(f.quota) * f.quotaWindow.Seconds()
	return o.took.Seconds() / ideal
}

// process is a worker process's share of the state: each has a token, a pacer and a memory of its own.
type process struct {
	platform *genesys.Client
	jobs     *polling.Jobs
}

func (f fleet) run(tb testing.TB) outcome {
	tb.Helper()
	sim := simulator.New(simulator.Options{Quota: f.quota, QuotaWindow: f.quotaWindow, JobDuration: f.job})
	server := httptest.NewServer(sim)
	defer func() { server.Close(); sim.Close() }()
	ctx, cancel := context.WithTimeout(tb.Context(), 10*time.Minute)
	defer cancel()
	ctl := control.New(server.URL)
	f.shape(tb, ctx, ctl)

	var processes []*process
	for range f.processes {
		pacer := quota.New(0, genesys.QuotaHeaders)
		platform, err := genesys.New(genesys.Config{APIBaseURL: server.URL, LoginBaseURL: server.URL, Pacer: pacer,
			ClientID: simulator.DefaultClientID, ClientSecret: simulator.DefaultClientSecret})
		if err != nil {
			tb.Fatal(err)
		}
		processes = append(processes, &process{platform, polling.New(pacer)})
	}
	began := time.Now()
	slots := make(chan struct{}, f.window)
	var wg sync.WaitGroup
	for i := range f.models {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := processes[i%f.processes].register(ctx, name(i)); err != nil {
				tb.Errorf("%s: %v", name(i), err)
			}
		})
	}
	wg.Wait()
	o := outcome{took: time.Since(began)}
	var err error
	if o.byOp, err = ctl.Counts(ctx); err != nil {
		tb.Fatal(err)
	}
	o.calls = o.byOp.Genesys()
	models, err := ctl.Models(ctx, "")
	if err != nil {
		tb.Fatal(err)
	}
	for _, m := range models {
		if m.HealthChecks > 0 {
			o.registered++
		}
	}
	return o
}

// shape gives each job a duration of its own.
func (f fleet) shape(tb testing.TB, ctx context.Context, ctl *control.Client) {
	tb.Helper()
	if f.jitter == 0 {
		return
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range f.models {
		ms := float64(f.job.Milliseconds()) * (1 + f.jitter*(2*random.Float64()-1))
		_, err := ctl.Fault(ctx, control.Fault{
			Match:  control.Match{Op: control.OpCreate, Name: name(i)},
			Action: control.Action{JobDurationMS: int64(ms)},
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func name(i int) string { return fmt.Sprintf("model-%04d", i) }

// register is what a registration asks of the platform; each step is retried as its activity would be.
func (p *process) register(ctx context.Context, name string) error {
	var jobID, modelID string
	err := retried(ctx, func() error {
		ctx, done := quota.Reserve(ctx, 2)
		defer done()
		found, err := p.platform.FindModels(ctx, name)
		if err != nil {
			return err
		}
		if len(found.Models) > 0 {
			jobID = found.Models[0].JobID
			return nil
		}
		payload, err := schemas.Payload{
			Name: name, EndpointURL: "https://llm.example.com", AuthCredentialID: "cred_abc", ModelArchitecture: schemas.OpenAI,
			RateLimits: schemas.RateLimits{MaxRequestsPerMinute: 500, MaxTokensPerMinute: 100000},
		}.Seal()
		if err != nil {
			return err
		}
		jobID, err = p.platform.CreateModel(ctx, payload)
		return err
	})
	if err != nil {
		return err
	}
	if modelID, err = p.wait(ctx, jobID); err != nil {
		return err
	}
	return retried(ctx, func() error {
		_, err := p.platform.TriggerHealthCheck(ctx, modelID)
		return err
	})
}

func (p *process) wait(ctx context.Context, jobID string) (modelID string, err error) {
	job := p.jobs.Watch(0, 0)
	defer job.Leave()
	for {
		gap, news := job.Next()
		select {
		case <-time.After(gap):
		case <-news:
			continue
		case <-ctx.Done():
			return "", ctx.Err()
		}
		var seen gateway.Job
		err := retried(ctx, func() (err error) { seen, err = p.platform.GetJob(ctx, jobID); return err })
		if err != nil {
			return "", err
		}
		if seen.Succeeded() {
			job.Ended()
			return seen.ModelID, nil
		}
		job.Looked()
	}
}

func retried(ctx context.Context, call func() error) error {
	for {
		err := call()
		var e *gateway.Error
		if !errors.As(err, &e) || !e.Retryable() {
			return err
		}
		select {
		case <-time.After(max(e.RetryAfter, 100*time.Millisecond)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// BenchmarkFleetUnderQuota prints the time over the ideal one, the 429s in a hundred calls, and the calls that a model
// took. 300 models at 1,200 calls a minute.
func BenchmarkFleetUnderQuota(b *testing.B) {
	for _, processes := range []int{1, 3} {
		for _, jitter := range []float64{0, 0.3} {
			f := fleet{models: 300, processes: processes, window: 100, quota: 300, quotaWindow: 15 * time.Second,
				job: 2 * time.Second, jitter: jitter}
			b.Run(fmt.Sprintf("processes=%d/jitter=%v", processes, jitter), func(b *testing.B) {
				for range b.N {
					o := f.run(b)
					if o.registered != f.models {
						b.Fatalf("%d of %d registered", o.registered, f.models)
					}
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(o.ratio(f), "time÷ideal")
					b.ReportMetric(100*float64(o.calls.RateLimited)/float64(o.calls.Requests), "%429s")
					b.ReportMetric(float64(o.calls.Requests)/float64(f.models), "calls/model")
					b.ReportMetric(float64(o.byOp[control.OpJob].Requests)/float64(f.models), "looks/model")
					b.Log(o.took, o.byOp)
				}
			})
		}
	}
}
