package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// partLife is how long a part is held after its start or its last renewal: a fleet that was never started, or was
// terminated, leaves nothing for ever.
const partLife = 30 * 24 * time.Hour

// maxRenewals bounds the history of a part; ten years of renewals are far below it.
const maxRenewals = 1000

// HoldFleetPart holds some of a fleet's manifests, in its input, until the fleet has no more need of them. A closed
// workflow is forgotten after the namespace's retention time, a running one never. A fleet that goes on renews its
// parts.
func HoldFleetPart(ctx workflow.Context, part schemas.FleetPart) error {
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	if want := schemas.FleetPartWorkflowID(part.FleetID, part.Part); id != want {
		return wrongID("a part of the fleet "+part.FleetID, want, id)
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Holds what is to be done about %d models, from number %d on, for "+
		"the fleet **%s**.\n",
		part.Len(), part.First+1, markdown(part.FleetID)))
	released := workflow.GetSignalChannelWithOptions(ctx, schemas.ReleaseSignal, workflow.SignalChannelOptions{
		Description: "Sent by the fleet when it has ended: the manifests are not needed any more",
	})
	renewed := workflow.GetSignalChannelWithOptions(ctx, schemas.RenewSignal, workflow.SignalChannelOptions{
		Description: "Sent by the fleet now and then while it goes on: the manifests are needed for longer",
	})
	done, renewals := false, 0
	workflow.GoNamed(ctx, "release", func(ctx workflow.Context) {
		released.Receive(ctx, nil)
		done = true
	})
	workflow.GoNamed(ctx, "renewals", func(ctx workflow.Context) {
		for renewed.Receive(ctx, nil); renewals < maxRenewals; renewed.Receive(ctx, nil) {
			renewals++
		}
	})
	for {
		seen := renewals
		_, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
			Timeout: partLife,
			TimerOptions: workflow.TimerOptions{Summary: "Hold the manifests for " + words.Exactly(partLife) +
				" at most, unless they are renewed"},
		}, func() bool { return done || renewals > seen })
		if err != nil || done || renewals == seen {
			return err
		}
	}
}
