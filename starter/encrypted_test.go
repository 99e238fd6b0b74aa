package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/internal/codec"
	"model-registrar/registrar"
	"model-registrar/schemas"
)

const someKey = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// encryptedInstallation is one whose newest registration was started with a key.
func encryptedInstallation(t *testing.T) *frontend {
	f := waiting(t)
	id := schemas.RegisterModelWorkflowID("llm")
	f.listed = []*workflowpb.WorkflowExecutionInfo{{Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run-1"}}}
	keys, err := codec.ParseKeys(someKey)
	require.NoError(t, err)
	sealed, err := keys.Client().Data.ToPayloads(schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: "llm"}, Requester: "alice"})
	require.NoError(t, err)
	f.runs[id].Events[0].GetWorkflowExecutionStartedEventAttributes().Input = sealed
	return f
}

// clientOf is a client of the frontend with the keys of the environment. It counts the executions that are listed.
func clientOf(t *testing.T, f *frontend, env ...string) (*registrar.Client, *listings) {
	options, err := registrar.FromEnvironment(append(f.env(), env...))
	require.NoError(t, err)
	temporal, err := client.Dial(options.Temporal)
	require.NoError(t, err)
	l := &listings{Client: temporal}
	c := registrar.New(l, options)
	t.Cleanup(c.Close)
	return c, l
}

type listings struct {
	client.Client
	requests []*workflowservice.ListWorkflowExecutionsRequest
	err      error
}

func (l *listings) ListWorkflow(ctx context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	l.requests = append(l.requests, r)
	if l.err != nil {
		return nil, l.err
	}
	return l.Client.ListWorkflow(ctx, r)
}

func TestAClientWithoutKeysWritesNothingIntoAnEncryptedInstallation(t *testing.T) {
	f := encryptedInstallation(t)
	c, _ := clientOf(t, f)
	f.decide = func(schemas.Decision) (*schemas.DecisionReceipt, error) { panic("a decision was sent") }
	f.order = func(string, *commonpb.Payloads) (*schemas.FleetReceipt, error) { panic("an order was sent") }
	other := schemas.Manifest{Name: "other"}
	for name, write := range map[string]func() error{
		"start": func() error {
			_, err := c.Start(t.Context(), registrar.Request{Manifest: other, Requester: "alice"})
			return err
		},
		"start a fleet": func() error {
			_, err := c.StartFleet(t.Context(), registrar.FleetRequest{Manifests: []schemas.Manifest{other}, Requester: "alice"})
			return err
		},
		"decide": func() error {
			_, err := c.Decide(t.Context(), "llm", schemas.Decision{Decision: schemas.Approve, Approver: "bob"})
			return err
		},
		"cancel": func() error {
			_, err := c.Cancel(t.Context(), "llm", schemas.CancelRequest{By: "bob"})
			return err
		},
		"steer": func() error { _, err := c.SetWindow(t.Context(), "some-fleet", 3); return err },
	} {
		t.Run(name, func(t *testing.T) {
			err := write()
			var refused *registrar.Encrypted
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "register-model/llm", refused.WorkflowID)
		})
	}
	require.Empty(t, f.started)
	require.Empty(t, f.cancelled)

	r := starter(t, "", f.env(), "approve", "llm", "--reason", "fine", "--approver", "bob", "-o", "json")
	require.Equal(t, exitFailed, r.code, r.errors)
	require.Contains(t, r.errors, "encrypts its payloads")
	require.Contains(t, r.errors, "Set REGISTRAR_ENCRYPTION_KEYS")
	require.Equal(t, "Encrypted", documents[errorDocument](t, r)[0].Error.Type)
}

func TestWhetherTheInstallationIsEncryptedIsAskedOnce_AndOnlyWithoutKeys(t *testing.T) {
	f := waiting(t)
	f.listed = encryptedInstallation(t).listed // of which this one's input is plain text
	f.decide = func(schemas.Decision) (*schemas.DecisionReceipt, error) { return &schemas.DecisionReceipt{}, nil }
	decide := func(c *registrar.Client) error {
		_, err := c.Decide(t.Context(), "llm", schemas.Decision{Decision: schemas.Approve, Approver: "bob"})
		return err
	}
	c, asked := clientOf(t, f)
	require.NoError(t, decide(c))
	require.NoError(t, decide(c))
	require.Len(t, asked.requests, 1)
	require.EqualValues(t, 1, asked.requests[0].PageSize)

	c, asked = clientOf(t, f, "REGISTRAR_ENCRYPTION_KEYS="+someKey)
	_ = decide(c) // the frontend of these tests cannot read it
	require.Empty(t, asked.requests)
}

func TestAClientThatMayNotLookGoesOn(t *testing.T) {
	f := encryptedInstallation(t)
	f.decide = func(schemas.Decision) (*schemas.DecisionReceipt, error) { return &schemas.DecisionReceipt{}, nil }
	for name, err := range map[string]error{
		"it is not supported": serviceerror.NewUnimplemented("no visibility"),
		"it is denied":        serviceerror.NewPermissionDenied("no right to list", ""),
		"it is gone":          serviceerror.NewNotFound("no such workflow"),
	} {
		t.Run(name, func(t *testing.T) {
			c, asked := clientOf(t, f)
			asked.err = err
			_, err := c.Decide(t.Context(), "llm", schemas.Decision{Decision: schemas.Approve, Approver: "bob"})
			require.NoError(t, err)
			require.Len(t, asked.requests, 1)
		})
	}
}
