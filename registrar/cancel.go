package registrar

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"

	"model-registrar/schemas"
)

// Ended says that a registration has ended, so that there is nothing left to cancel or decide.
type Ended struct {
	Name    string
	At      time.Time
	Outcome schemas.Outcome
}

// Error says when and how it ended.
func (e *Ended) Error() string {
	return fmt.Sprintf("the registration of %s has ended at %s as %s", e.Name, e.At.Format(time.RFC3339), e.Outcome)
}

// Moved says that the run that was meant ended, and another was started, during a call. Nothing was done to that one.
type Moved struct{ Name string }

// Error says whose run it was.
func (e *Moved) Error() string {
	return fmt.Sprintf("the registration of %s ended and was started anew just now", e.Name)
}

func (*Ended) typed() {}
func (*Moved) typed() {}

// Cancel asks for the newest registration of a name to be cancelled, and returns its run as soon as Temporal has taken
// the request. The registration then removes its model, if there is one, and ends as CANCELLED. The error is an
// [*Ended] if it has ended, and a [*NotFound] if there is none.
func (c *Client) Cancel(ctx context.Context, name string) (runID string, err error) {
	t, err := c.Find(ctx, name)
	if err != nil {
		return "", err
	}
	if t.Ending == nil {
		err = c.call(ctx, func(ctx context.Context) error { return c.temporal.CancelWorkflow(ctx, t.WorkflowID, t.RunID) })
		if _, gone := errors.AsType[*serviceerror.NotFound](err); !gone {
			return t.RunID, err
		}
		if t, err = c.Find(ctx, name); err != nil {
			return "", err
		}
	}
	if t.Ending == nil {
		return "", &Moved{name}
	}
	return "", &Ended{t.Name(), t.Ending.At, t.Ending.Outcome()}
}
