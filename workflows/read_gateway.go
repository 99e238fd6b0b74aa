package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// ReadGateway lists models of the gateway for those who have no credentials of it, such as the starter, from a page on
// and as many as fit into its result. A list that is longer takes several of them. Nothing secret is in the result.
func ReadGateway(ctx workflow.Context, in schemas.ListModelsInput) (out schemas.ListedModels, err error) {
	id, folder := workflow.GetInfo(ctx).WorkflowExecution.ID, schemas.ReadGatewayWorkflowID("")
	if !strings.HasPrefix(id, folder) {
		return out, wrongID("reading the gateway", folder+"…", id)
	}
	// A refused login is for the person who waits, and not for hours to come.
	p := patience{step: step{activity: schemas.ListModelsActivity, refused: func(error) bool { return true }}}
	for {
		o := activityTable[schemas.ListModelsActivity]
		o.Summary = fmt.Sprintf("List the models of the gateway from page %d on", max(in.Page, 1))
		began := workflow.Now(ctx)
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, withPriority(ctx, o)),
			schemas.ListModelsActivity, in).Get(ctx, &out)
		if err == nil {
			return out, answered(schemas.ListModelsActivity, in, &out)
		}
		if ctx.Err() != nil {
			return out, err
		}
		wait, final := p.after(err, began, workflow.Now(ctx))
		if final != nil {
			return out, final
		}
		workflow.SetCurrentDetails(ctx, markdown(wait.Message))
		timer := workflow.TimerOptions{Summary: unlinked(plain(wait.Message, 200))}
		if err := workflow.NewTimerWithOptions(ctx, wait.Until.Sub(workflow.Now(ctx)), timer).Get(ctx,
			nil); err != nil {
			return out, err
		}
	}
}
