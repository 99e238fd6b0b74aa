package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestWhateverComesToAFleetInItsFirstWorkflowTaskIsObeyed(t *testing.T) {
	for what, c := range map[string]struct {
		send func(*voyage) *ordered
		ends schemas.FleetStatus
	}{
		"a pause":                  {func(v *voyage) *ordered { return v.tell(schemas.PauseHandler, struct{}{}) }, schemas.FleetCompleted},
		"a resumption":             {func(v *voyage) *ordered { return v.tell(schemas.ResumeHandler, struct{}{}) }, schemas.FleetCompleted},
		"a window":                 {func(v *voyage) *ordered { return v.tell(schemas.WindowHandler, schemas.FleetWindow{Size: 1}) }, schemas.FleetCompleted},
		"a cancellation by update": {func(v *voyage) *ordered { return v.tell(schemas.CancelHandler, schemas.FleetCancel{Reason: "no"}) }, schemas.FleetCancelled},
		"a plain cancellation":     {func(v *voyage) *ordered { v.env.CancelWorkflow(); return nil }, schemas.FleetCancelled},
		"news of nothing": {func(v *voyage) *ordered {
			v.env.SignalWorkflow(schemas.NewsSignal, schemas.FleetNews{Number: 1, Waiting: true})
			return nil
		}, schemas.FleetCompleted},
		"rubbish": {func(v *voyage) *ordered { v.env.SignalWorkflow(schemas.NewsSignal, 42); return nil }, schemas.FleetCompleted},
	} {
		t.Run(what, func(t *testing.T) {
			v := newVoyage(t, 1, names(2)...)
			var o *ordered
			v.at(0, func() { o = c.send(v) })
			v.at(time.Millisecond, func() { require.Equal(t, 2, v.progress().Total) })
			v.at(time.Hour, func() { v.tell(schemas.ResumeHandler, struct{}{}) })
			require.Equal(t, c.ends, v.run().Status)
			if o != nil {
				require.NoError(t, o.err)
			}
		})
	}
}

func TestWhateverComesToAnOperationInItsFirstWorkflowTaskIsTaken(t *testing.T) {
	operations := map[string]struct {
		run      func(*story) ending
		approved schemas.Decision
	}{
		schemas.ChangeModelWorkflow: {func(s *story) ending {
			own := ownedBefore(s.in.Manifest)
			s.world.read = inTurn(gatewayHas(own, limitRaised), gatewayHas(own, nil))
			s.world.update = answers[schemas.UpdateInput](schemas.Update{JobID: "job-2"})
			return s.change()
		}, schemas.Decision{PayloadHash: payloadHash, PreviousHash: formerHash}},
		schemas.RetireModelWorkflow: {func(s *story) ending {
			own := ownedBefore(s.in.Manifest)
			own.Manifest.Approval.Policy = schemas.ApproveAlways
			s.world.read = gatewayHas(own, nil)
			return s.retire(schemas.RetireModelInput{})
		}, schemas.Decision{PayloadHash: formerHash}},
		schemas.AdoptModelWorkflow: {func(s *story) ending {
			s.world.read = gatewayHas(nil, nil)
			return s.adopt()
		}, schemas.Decision{PayloadHash: payloadHash}},
	}
	for operation, o := range operations {
		approval := o.approved
		approval.Decision, approval.Approver, approval.Reason, approval.Operation = schemas.Approve, approver, "fine", operation
		rejection := schemas.Decision{Decision: schemas.Reject, Approver: approver, Reason: "no"}
		for what, c := range map[string]struct {
			send func(*story) *answer
			ends schemas.Outcome
		}{
			"an approval by update":    {func(s *story) *answer { return s.update(approval) }, schemas.Completed},
			"a rejection by update":    {func(s *story) *answer { return s.update(rejection) }, schemas.Rejected},
			"an approval by signal":    {func(s *story) *answer { s.signal(approval); return nil }, schemas.Completed},
			"a rejection by signal":    {func(s *story) *answer { s.signal(rejection); return nil }, schemas.Rejected},
			"a cancellation":           {func(s *story) *answer { s.cancel(); return nil }, schemas.Cancelled},
			"a cancellation by update": {func(s *story) *answer { return s.cancelBy(schemas.CancelRequest{By: "ann", Reason: "no"}) }, schemas.Cancelled},
		} {
			t.Run(operation+": "+what, func(t *testing.T) {
				s := gated(t)
				// A retirement learns whom to tell from the record that it reads.
				s.uncalled = operation == schemas.RetireModelWorkflow && c.ends == schemas.Cancelled
				var a *answer
				s.at(0, func() { a = c.send(s) })
				s.at(time.Millisecond, func() { require.Equal(t, operation, s.progress().Operation) })
				e := o.run(s)
				require.Equal(t, c.ends, e.Status, e.Reason)
				if a != nil {
					require.NoError(t, a.err)
				}
				if c.ends != schemas.Completed {
					require.Empty(t, s.times(schemas.UpdateModelActivity))
					require.Empty(t, s.times(schemas.DeleteModelActivity))
				}
			})
		}
	}
}
