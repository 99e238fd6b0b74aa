package registrar

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
)

// checkTimeout is how long a check may take that somebody waits for.
const checkTimeout = 90 * time.Second

// aModel is who answers an update of a model that is ours.
const aModel = "the model's owner"

// CheckModel has a model that is ours checked now, and returns what was seen. The error is a [*NotOwned] if the model
// is nobody's, a [*Refused], or a [*NoWorker].
func (c *Client) CheckModel(ctx context.Context, name string, why schemas.CheckRequest) (schemas.ModelCheck, error) {
	return c.steer(ctx, name, schemas.CheckHandler, why)
}

// PauseChecks has a model checked no more until its checks are resumed. Its errors are those of [Client.CheckModel].
func (c *Client) PauseChecks(ctx context.Context, name string, why schemas.CheckRequest) (schemas.ModelCheck, error) {
	return c.steer(ctx, name, schemas.PauseHandler, why)
}

// ResumeChecks has a model checked again, for the first time at once. Its errors are those of [Client.CheckModel].
func (c *Client) ResumeChecks(ctx context.Context, name string, why schemas.CheckRequest) (schemas.ModelCheck, error) {
	return c.steer(ctx, name, schemas.ResumeHandler, why)
}

// NotOwned says that a model is nobody's: no operation has handed it over, or it was retired.
type NotOwned struct {
	Name string
	Like string // a name that is known, and differs in case alone; empty for none
}

// Error says whose model it is not, and what to do.
func (e *NotOwned) Error() string {
	if e.Like != "" {
		return fmt.Sprintf("no model named %q is owned; did you mean %q?", e.Name, e.Like)
	}
	return fmt.Sprintf("no model named %q is owned, so that there is nothing to check; `starter register` or "+
		"`starter adopt` makes it ours", e.Name)
}

func (*NotOwned) typed() {}

func (c *Client) steer(
	ctx context.Context, name, handler string, why schemas.CheckRequest,
) (out schemas.ModelCheck, err error) {
	limited, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	handle, err := c.temporal.UpdateWorkflow(limited, client.UpdateWorkflowOptions{
		WorkflowID: schemas.ManageModelWorkflowID(name), UpdateName: handler, Args: []any{why},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(limited, &out)
	}
	if _, none := errors.AsType[*serviceerror.NotFound](err); none && ctx.Err() == nil {
		return out, &NotOwned{name, c.like(ctx, name)}
	}
	return out, c.refused(ctx, aModel, "the request", err)
}
