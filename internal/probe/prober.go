package probe

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"model-registrar/internal/credentials"
	"model-registrar/internal/netguard"
	"model-registrar/schemas"
)

// Config is what a prober works with.
type Config struct {
	Guard       *netguard.Guard    // through which every call goes
	Credentials *credentials.Store // tokens by credential id and host
	Logger      *slog.Logger       // default: none
}

// Prober runs probes. It is safe for concurrent use; each run has connections of its own.
type Prober struct {
	guard       *netguard.Guard
	credentials *credentials.Store
	log         *slog.Logger
}

// New makes a prober. Guard and Credentials must be set.
func New(cfg Config) *Prober {
	p := &Prober{guard: cfg.Guard, credentials: cfg.Credentials, log: cfg.Logger}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	return p
}

// Run probes an endpoint: one cold sample and then the warm ones, one after another, within TimeLimit. What it finds is
// the report, PASS or FAIL. The error is a [*RetryableError] when the endpoint may only be starting, or the context's
// error when the caller cancelled.
func (p *Prober) Run(ctx context.Context, in schemas.ProbeInput) (*schemas.ProbeReport, error) {
	limited, cancel := context.WithTimeout(ctx, TimeLimit(in.Spec))
	defer cancel()
	started := time.Now()
	details, f := p.run(limited, in)
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, ctx.Err()
	}
	report := newReport(details, f)
	p.log.DebugContext(ctx, "probe ended", "name", in.Name, "url", details.URL, "architecture", in.Architecture,
		"status", report.Status, "errorCode", report.ErrorCode, "latencyMs", report.LatencyMs,
		"tokensUsed", details.TokensUsed, "took", time.Since(started))
	if f != nil && f.transient && len(details.Warm) == 0 {
		return nil, &RetryableError{Code: f.code, Message: f.sentence, RetryAfter: f.retryAfter, report: report}
	}
	return report, nil
}

func (p *Prober) run(ctx context.Context, in schemas.ProbeInput) (*schemas.ProbeDetails, *failure) {
	plan, f := newPlan(in)
	details := &schemas.ProbeDetails{Model: plan.target.Model, Streamed: plan.stream, TokenBudget: plan.budget}
	if f != nil {
		return details, f
	}
	details.URL = shown(plan.target.URL)
	credential, err := p.credentials.Lookup(in.AuthCredentialID, plan.target.URL)
	if err != nil {
		return details, credentialFailure(err)
	}
	client := p.guard.Client(netguard.Options{
		MaxResponseBytes: plan.maxResponse(),
		Proxy:            credential.Proxy,
		RootCAs:          credential.RootCAs,
		Certificate:      credential.Certificate,
	})
	defer client.CloseIdleConnections()
	s := series{
		exchanger: exchanger{client: client, credential: credential, plan: plan},
		shape:     plan.firstShape(), left: plan.budget, details: details,
	}
	return details, s.run(ctx)
}

func credentialFailure(err error) *failure {
	code := schemas.ReasonCredentialMissing
	if _, ok := errors.AsType[*credentials.HostNotAllowedError](err); ok {
		code = schemas.ReasonCredentialHost
	} else if _, ok := errors.AsType[*credentials.UnreadableError](err); ok {
		code = schemas.ReasonCredentialUnusable
	}
	return failedForGood(code, "%v", err)
}

// newReport sums up a series. A FAIL's figures are those of the sample that it is about, so that none is ever unset.
func newReport(d *schemas.ProbeDetails, f *failure) *schemas.ProbeReport {
	r := &schemas.ProbeReport{Status: schemas.ProbePass, Details: d}
	last := d.Cold
	if n := len(d.Warm); n > 0 {
		last = &d.Warm[n-1]
	}
	if last != nil {
		r.LatencyMs, r.ResponseCode, r.PayloadSizeBytes = last.LatencyMs, last.ResponseCode, last.Bytes
	}
	if d.Latency != nil {
		r.LatencyMs = d.Latency.Median
	}
	if f != nil {
		r.Status, r.ErrorCode, r.Error = schemas.ProbeFail, f.code, f.sentence
		if f.status != 0 {
			r.ResponseCode = f.status
		}
	}
	return r
}
