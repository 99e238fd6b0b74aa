package workflows

import (
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// RegisterFleet registers many models, each by a RegisterModel child, as many at a time as its window allows. It goes
// on after failures unless it is told not to, and completes with a summary; stopped by a failure it completes as well.
// A cancelled fleet cancels what runs, waits until all of it has been rolled back, and is cancelled; one whose
// manifests cannot be read any more fails. Both carry the summary as their details.
//
// Its history never grows long: it continues as new when the server suggests so, without waiting for what is in flight.
func RegisterFleet(ctx workflow.Context, in schemas.RegisterFleetInput) (schemas.FleetResult, error) {
	f, err := newFleet(ctx, in)
	if err != nil {
		return schemas.FleetResult{}, err
	}
	if err := f.listen(ctx); err != nil {
		return schemas.FleetResult{}, err
	}
	f.obeyCancellation(ctx)
	// From here on a cancellation of the workflow is an order like others: what runs has to be seen to its end.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	f.begin(ctx)
	for {
		err := workflow.Await(ctx, func() bool { return f.hasRoom() || f.isOver() || f.isLong(ctx) })
		switch {
		case err != nil:
			return f.result(ctx), err
		case f.isOver():
			return f.finish(ctx)
		case f.isLong(ctx):
			return f.result(ctx), f.continueAsNew(ctx)
		}
		f.startNext(ctx)
	}
}
