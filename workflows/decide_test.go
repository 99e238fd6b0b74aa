package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"model-registrar/schemas"
)

// answer is what whoever sent an update was told.
type answer struct {
	accepted bool
	done     bool
	receipt  schemas.DecisionReceipt

	cancelled schemas.CancelReceipt
	err       error
}

func approve(who string) schemas.Decision {
	return schemas.Decision{Decision: schemas.Approve, Approver: who, Reason: "the figures are good", PayloadHash: payloadHash}
}

func reject(who string) schemas.Decision {
	return schemas.Decision{Decision: schemas.Reject, Approver: who, Reason: "it is too slow"}
}

// update sends a decision, or rubbish, as an update; the answer is there once the story goes on.
func (s *story) update(decision any) *answer { return s.updateOf(schemas.DecideHandler, decision) }

func (s *story) updateOf(handler string, argument any) *answer {
	a := &answer{}
	s.env.UpdateWorkflow(handler, "", &testsuite.TestUpdateCallback{
		OnAccept: func() { a.accepted = true },
		OnReject: func(err error) { a.err, a.done = err, true },
		OnComplete: func(result any, err error) {
			a.err, a.done = err, true
			switch receipt := result.(type) {
			case schemas.DecisionReceipt:
				a.receipt = receipt
			case schemas.CancelReceipt:
				a.cancelled = receipt
			}
		},
	}, argument)
	return a
}

func (s *story) signal(decision any) { s.env.SignalWorkflow(schemas.DecideHandler, decision) }

// withoutPayload signals with no argument at all, as the UI can; the test environment would send a null.
type withoutPayload struct{}

type sendsNoPayload struct{ converter.DataConverter }

func (c sendsNoPayload) ToPayloads(values ...any) (*commonpb.Payloads, error) {
	if len(values) == 1 && values[0] == (withoutPayload{}) {
		return nil, nil
	}
	return c.DataConverter.ToPayloads(values...)
}

// wantRefused checks that a decision was refused for a reason, and named as refused for machines.
func (a *answer) wantRefused(t *testing.T, reason string) {
	t.Helper()
	require.ErrorContains(t, a.err, reason)
	require.Equal(t, schemas.ErrDecisionRefused, explain(a.err).Type)
}

// wantRefusedSignals checks the reasons for which signals were refused, oldest first.
func (s *story) wantRefusedSignals(reasons ...string) {
	s.t.Helper()
	refused := s.progress().Refused
	require.Len(s.t, refused, len(reasons))
	for i, reason := range reasons {
		require.Contains(s.t, refused[i].Reason, reason)
	}
}
