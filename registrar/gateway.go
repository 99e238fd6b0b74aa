package registrar

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
	"model-registrar/workflows"
)

// readingTime is how long one workflow may read the gateway: some pages, and the waits that the gateway asks for.
const readingTime = time.Hour

// Unlisted says that a worker could not list the models of the gateway.
type Unlisted struct {
	Type   schemas.ErrorType
	Reason string // in the worker's words
}

// Error says why.
func (e *Unlisted) Error() string { return "the gateway's models could not be listed: " + e.Reason }

func (*Unlisted) typed() {}

// GatewayModels is what the gateway had when a worker listed it.
type GatewayModels struct {
	Models     []schemas.ListedModel
	Calls      int // that the gateway got
	Unreadable int // models of a form that is not known, which are left out
}

// GatewayModels lists all models of the gateway, owned or not. A worker reads them page by page, so that the caller
// needs no credentials of the gateway. Secrets that somebody may have written into a model are left out. The error is
// an [*Unlisted], a [*NoWorker] if none begins within [AnswerTimeout], or one of those of every call.
func (c *Client) GatewayModels(ctx context.Context) (all GatewayModels, err error) {
	seen := map[string]bool{}
	for page := 1; page > 0; {
		part, err := c.listPages(ctx, page)
		if err != nil {
			return all, err
		}
		for _, m := range part.Models {
			// A model that is created or deleted meanwhile moves others to another page.
			if !seen[m.ID] {
				seen[m.ID] = true
				all.Models = append(all.Models, m)
			}
		}
		all.Calls += part.Pages
		all.Unreadable += part.Unreadable
		if part.Next != 0 && part.Next <= page {
			return all, &Unlisted{schemas.ErrAnswer, fmt.Sprintf("after page %d came page %d", page, part.Next)}
		}
		page = part.Next
	}
	return all, nil
}

// listPages has a worker list models from a page on.
func (c *Client) listPages(ctx context.Context, page int) (out schemas.ListedModels, err error) {
	options := c.unique(schemas.ReadGatewayWorkflowID(strings.ToLower(rand.Text()[:12])),
		"List the models of the gateway")
	// a person waits for a plan
	options.WorkflowExecutionTimeout, options.Priority = readingTime, workflows.PriorityOf("")
	var run client.WorkflowRun
	err = c.call(ctx, func(ctx context.Context) (err error) {
		run, err = c.temporal.ExecuteWorkflow(ctx, options, schemas.ReadGatewayWorkflow,
			schemas.ListModelsInput{Page: page})
		return err
	})
	if err != nil {
		return out, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err = run.Get(ctx, &out)
	}()
	idle := time.NewTimer(AnswerTimeout)
	defer idle.Stop()
	for {
		select {
		case <-ended:
			return out, c.unlisted(ctx, err)
		case <-idle.C:
			if c.begun(ctx, run) {
				continue
			}
			c.stopReading(run)
			return schemas.ListedModels{}, &NoWorker{TaskQueue: c.taskQueue, Waited: AnswerTimeout}
		}
	}
}

// begun reports whether a worker has taken a workflow up, as far as can be found out.
func (c *Client) begun(ctx context.Context, run client.WorkflowRun) bool {
	var length int64
	err := c.call(ctx, func(ctx context.Context) error {
		d, err := c.temporal.DescribeWorkflowExecution(ctx, run.GetID(), run.GetRunID())
		length = d.GetWorkflowExecutionInfo().GetHistoryLength()
		return err
	})
	return err != nil || length > 2 // started, and a task scheduled
}

// stopReading ends a workflow whose result nobody waits for any more.
func (c *Client) stopReading(run client.WorkflowRun) {
	ctx, cancel := context.WithTimeout(context.Background(), CallTimeout)
	defer cancel()
	// One that cannot be ended ends by itself.
	_ = c.temporal.TerminateWorkflow(ctx, run.GetID(), run.GetRunID(), "no worker answered, and nobody waits any more")
}

func (c *Client) unlisted(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return c.Explain(ctx, err)
	}
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return &Unlisted{schemas.ErrorType(app.Type()), app.Message()}
	}
	if failed, ok := errors.AsType[*temporal.WorkflowExecutionError](err); ok && !follow.TimedOut(err) {
		return &Unlisted{schemas.ErrInternal, failed.Error()}
	}
	return c.Explain(ctx, err)
}
