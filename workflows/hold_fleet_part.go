package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// partLife is how long a part is held at most: a fleet that was never started, or was terminated, leaves nothing for
// ever.
const partLife = 30 * 24 * time.Hour

// HoldFleetPart holds some of a fleet's manifests, in its input, until the fleet has no more need of them. A closed workflow
// is forgotten after the namespace's retention time, a running one never.
func HoldFleetPart(ctx workflow.Context, part schemas.FleetPart) error {
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Holds %d manifests, from number %d on, for the fleet **%s**.\n",
		len(part.Manifests), part.First+1, markdown(part.FleetID)))
	released := workflow.GetSignalChannelWithOptions(ctx, schemas.ReleaseSignal, workflow.SignalChannelOptions{
		Description: "Sent by the fleet when it has ended: the manifests are not needed any more",
	})
	done := false
	workflow.GoNamed(ctx, "release", func(ctx workflow.Context) {
		released.Receive(ctx, nil)
		done = true
	})
	_, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout:      partLife,
		TimerOptions: workflow.TimerOptions{Summary: "Hold the manifests for " + span(partLife) + " at most"},
	}, func() bool { return done })
	return err
}
