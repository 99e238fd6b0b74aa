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

// Cancellation says what became of a request to cancel.
type Cancellation struct {
	RunID string
	// Plain says that no worker answered, or that the request did not say who: the workflow was cancelled through
	// Temporal, and who did so and why is not in the audit trail.
	Plain   bool
	Receipt schemas.CancelReceipt // of a worker; empty for a plain cancellation
}

// cancelTimeout is how long a cancellation waits for a worker before it is left with Temporal, where the next one finds
// it.
const cancelTimeout = 10 * time.Second

// Cancel asks for the newest registration of a name to be cancelled, with who asks and why for the audit trail. The
// registration then removes its model, if there is one, and ends as CANCELLED. Where no worker answers within 10 s, and
// where why.By is empty, the workflow is cancelled through Temporal, which says neither. The error is an [*Ended] if it
// has ended, a [*NotFound] if there is none, and a [*Refused] if it is ending already.
func (c *Client) Cancel(ctx context.Context, name string, why schemas.CancelRequest) (Cancellation, error) {
	if err := c.checkEncryption(ctx); err != nil {
		return Cancellation{}, err
	}
	t, err := c.Find(ctx, name)
	if err != nil {
		return Cancellation{}, err
	}
	if t.Ending == nil {
		out := Cancellation{RunID: t.RunID, Plain: why.By == ""}
		if !out.Plain {
			limited, cancel := context.WithTimeout(ctx, cancelTimeout)
			id := updateID(schemas.CancelHandler, t.RunID, why)
			err = c.updateAs(limited, id, t.WorkflowID, t.RunID, schemas.CancelHandler, &out.Receipt, why)
			cancel()
			out.Plain = ctx.Err() == nil && undelivered(err)
		}
		if out.Plain {
			err = c.call(ctx, func(ctx context.Context) error {
				return c.temporal.CancelWorkflow(ctx, t.WorkflowID,
					t.RunID)
			})
		}
		if _, gone := errors.AsType[*serviceerror.NotFound](err); !gone {
			return out, c.refused(ctx, aRegistration, "the cancellation", err)
		}
		if t, err = c.Find(ctx, name); err != nil {
			return Cancellation{}, err
		}
	}
	if t.Ending == nil {
		return Cancellation{}, &Moved{name}
	}
	return Cancellation{}, &Ended{t.Name(), t.Ending.At, t.Ending.Outcome()}
}
