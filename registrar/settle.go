package registrar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"
)

// settleTries is how often a start is made whose answer is lost. Each takes up to [CallTimeout].
const settleTries = 3

// Unsettled says that it is not known whether a workflow was started: its start was sent, and Temporal did not answer.
type Unsettled struct {
	WorkflowID string
	Err        error
}

// Error names the workflow, and what to do.
func (e *Unsettled) Error() string {
	return fmt.Sprintf("whether %s was started is not known, since Temporal did not answer: %v; start it again, "+
		"which changes nothing "+
		"if it was", e.WorkflowID, e.Err)
}

// Unwrap returns the error of the last call.
func (e *Unsettled) Unwrap() error { return e.Err }

func (*Unsettled) typed() {}

// settle starts a workflow and does not leave open whether it was started. A start whose answer is lost is made again,
// which finds a workflow of that id if the first one arrived; mine reports whether that is what was to be started. It
// is asked after the first try too where starts are repeatable.
func (c *Client) settle(
	ctx context.Context, id string, repeatable bool, start func(context.Context) error,
	mine func(context.Context) (bool, error),
) error {
	lost := false
	for try := 1; ; try++ {
		err := c.call(ctx, start)
		_, taken := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err)
		if taken && (lost || repeatable) {
			own, mineErr := mine(ctx)
			if own {
				return nil
			}
			if _, unanswered := errors.AsType[*Unreachable](mineErr); !unanswered {
				return err
			}
			err = mineErr
		}
		_, unanswered := errors.AsType[*Unreachable](err)
		switch {
		case !unanswered:
			return err
		case try == settleTries || ctx.Err() != nil:
			return &Unsettled{id, err}
		}
		lost = true
	}
}

// startInput decodes what the newest run of a workflow was started with.
func (c *Client) startInput(
	ctx context.Context, id string, in any,
) (*historypb.WorkflowExecutionStartedEventAttributes, error) {
	started, err := c.startOf(ctx, id, "")
	if err != nil {
		return nil, err
	}
	data := converter.WithDataConverterSerializationContext(c.data(),
		converter.WorkflowSerializationContext{Namespace: c.namespace, WorkflowID: id})
	return started, data.FromPayloads(started.GetInput(), in)
}

// startOf reads how a run of a workflow was started, the newest one by default.
func (c *Client) startOf(
	ctx context.Context, id, runID string,
) (started *historypb.WorkflowExecutionStartedEventAttributes, err error) {
	err = c.call(ctx, func(ctx context.Context) error {
		events := c.temporal.GetWorkflowHistory(ctx, id, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		e, err := events.Next()
		if err == nil {
			started = e.GetWorkflowExecutionStartedEventAttributes()
		}
		return err
	})
	return started, err
}

// same reports whether two values are written alike.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
