package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// star is the registration whose page is shown, and which is approved in the browser.
const star = "production-llm-v2"

var decision = schemas.Decision{Decision: schemas.Approve, Approver: "model-owner", Reason: "looks good"}

// actor is one registration of the scene.
type actor struct {
	name         string
	architecture schemas.Architecture
	approval     schemas.ApprovalPolicy
	fault        *control.Fault // what goes wrong with it; the name to match is filled in
	rejected     string         // why a person rejects it
	until        schemas.Stage  // where it is when the pictures are taken
}

// cast fills the list with registrations of every kind, in the order of their start.
var cast = []actor{
	{name: "support-summaries", architecture: schemas.Anthropic, until: schemas.Stage(schemas.Completed)},
	{
		name: "billing-questions", architecture: schemas.Cohere, until: schemas.Stage(schemas.RolledBack),
		fault: &control.Fault{Match: control.Match{Op: control.OpProvider},
			Action: control.Action{Answer: "I cannot help with that."}},
	},
	{
		name: "translation-beta", architecture: schemas.Custom, until: schemas.Stage(schemas.Failed),
		fault: &control.Fault{Match: control.Match{Op: control.OpCreate}, Action: control.Action{
			JobOutcome: control.OutcomeFailed,
			JobError: &control.ErrorBody{Code: "invalid.value",
				Message: "The credential cannot be used from this region."},
		}},
	},
	{
		name: "intent-router-small", architecture: schemas.OpenAI, approval: schemas.ApproveAlways,
		rejected: "no data processing agreement yet", until: schemas.Stage(schemas.Rejected),
	},
	{
		name: "speech-analytics", architecture: schemas.OpenAI, until: schemas.StageRegistering,
		fault: &control.Fault{Match: control.Match{Op: control.OpCreate}, Action: control.Action{JobStuck: true}},
	},
	{name: "knowledge-search", architecture: schemas.Anthropic, approval: schemas.ApproveAlways,
		until: schemas.StageApproval},
	{name: star, architecture: schemas.OpenAI, approval: schemas.ApproveAlways, until: schemas.StageApproval},
}

// waiting lists the workflows of those who wait for approval.
func waiting() (ids []string) {
	for _, a := range cast {
		if a.until == schemas.StageApproval {
			ids = append(ids, schemas.RegisterModelWorkflowID(a.name))
		}
	}
	return ids
}

// setScene starts the whole cast, and waits until everyone is where the pictures want them.
func setScene(ctx context.Context, s *stack.Stack, c *registrar.Client) error {
	for _, a := range cast {
		if err := a.enter(ctx, s, c); err != nil {
			return err
		}
	}
	// A provider that takes as long as a real one does.
	if _, err := s.Sim.Fault(ctx, control.Fault{
		Match: control.Match{Op: control.OpProvider}, Action: control.Action{FirstTokenMS: 180, BetweenTokensMS: 20},
	}); err != nil {
		return err
	}
	for _, a := range cast {
		if err := a.await(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// enter starts the registration, and rejects it if that is its part: a decision may come before the gate opens.
func (a actor) enter(ctx context.Context, s *stack.Stack, c *registrar.Client) error {
	if a.fault != nil {
		f := *a.fault
		f.Match.Name = a.name
		if _, err := s.Sim.Fault(ctx, f); err != nil {
			return err
		}
	}
	_, err := c.Start(ctx, registrar.Request{Manifest: a.manifest(s), Requester: "platform-engineer"})
	if err != nil || a.rejected == "" {
		return err
	}
	_, err = c.Decide(ctx, a.name, schemas.Decision{
		Decision: schemas.Reject, Approver: "data-protection", Reason: a.rejected,
	})
	return err
}

func (a actor) manifest(s *stack.Stack) schemas.Manifest {
	m := s.Manifest(a.name)
	m.ModelArchitecture = a.architecture
	m.EndpointURL = s.SimURL + "/providers/" + string(a.architecture)
	m.Approval.Policy = a.approval
	m.JobTimeout = schemas.Duration(time.Hour)
	m.Probe = schemas.ProbeSpec{} // so that the provider is asked for a model of the registration's name
	return m
}

// await waits until the registration is where the scene wants it.
func (a actor) await(ctx context.Context, c *registrar.Client) error {
	following, stop := context.WithCancel(ctx)
	defer stop()
	var at schemas.Stage
	_, err := c.Follow(following, a.name, "", func(v registrar.View) {
		if at = v.Progress().Stage; at == a.until {
			stop()
		}
	})
	if at == a.until {
		return nil
	}
	return errors.Join(fmt.Errorf("%s should be at %s, but is at %s", a.name, a.until, at), err)
}
