package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// keepLoaded loads the fleet's parts one after the other, each before the manifests of the one before it run out.
func (f *fleet) keepLoaded(ctx workflow.Context) {
	for {
		err := workflow.Await(ctx, func() bool {
			return !f.leaving && f.state.Ending == "" && f.loaded < f.in.Parts && len(f.queue) < lookAhead
		})
		if err != nil {
			return
		}
		o := activityTable[schemas.LoadFleetPartActivity]
		o.Summary = fmt.Sprintf("Load part %d of %d", f.loaded+1, f.in.Parts)
		var part schemas.FleetPart
		err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, o), schemas.LoadFleetPartActivity,
			schemas.LoadPartInput{FleetID: f.in.FleetID, Part: f.loaded}).Get(ctx, &part)
		if err != nil {
			e := explain(err)
			f.endAs(ctx, schemas.FleetFailed, e.Type, fmt.Sprintf("part %d of the fleet's manifests could not be loaded: %s",
				f.loaded+1, plain(e.Message, 400)))
			return
		}
		for i, m := range part.Manifests {
			if index := part.First + i; index >= f.state.Next {
				f.queue = append(f.queue, queued{part.Part, index, m})
			}
		}
		f.loaded++
	}
}
