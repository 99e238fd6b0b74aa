package registrar

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"

	"model-registrar/schemas"
)

// FleetEnded says that a fleet has ended, so that there is nothing left to steer or cancel.
type FleetEnded struct {
	ID     string
	Status schemas.FleetStatus
}

// Error says how it ended.
func (e *FleetEnded) Error() string {
	return fmt.Sprintf("the fleet %s has ended as %s", e.ID, e.Status)
}

func (*FleetEnded) typed() {}

// Pause has a fleet start nothing more until it is resumed; what is in flight goes on to its end. The error is a
// [*Refused] with the reason, a [*FleetEnded], a [*NotFound], or a [*NoWorker]: then whether the order counts is not
// known.
func (c *Client) Pause(ctx context.Context, id string) (schemas.FleetReceipt, error) {
	return c.order(ctx, id, schemas.PauseHandler)
}

// Resume has a paused fleet go on. Its errors are those of [Client.Pause].
func (c *Client) Resume(ctx context.Context, id string) (schemas.FleetReceipt, error) {
	return c.order(ctx, id, schemas.ResumeHandler)
}

// SetWindow sets how many registrations of a fleet run at a time, from 1 to [schemas.MaxWindow]. If more are in flight,
// they go on. Its errors are those of [Client.Pause].
func (c *Client) SetWindow(ctx context.Context, id string, size int) (schemas.FleetReceipt, error) {
	return c.order(ctx, id, schemas.WindowHandler, schemas.FleetWindow{Size: size})
}

// order sends an update to a fleet.
func (c *Client) order(ctx context.Context, id, update string, args ...any) (receipt schemas.FleetReceipt, err error) {
	if err := c.checkEncryption(ctx); err != nil {
		return receipt, err
	}
	err = c.update(ctx, schemas.RegisterFleetWorkflowID(id), "", update, &receipt, args...)
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone && ctx.Err() == nil {
		f, err := c.FindFleet(ctx, id)
		switch {
		case err != nil:
			return receipt, err
		case f.Result != nil:
			return receipt, &FleetEnded{id, f.Result.Status}
		}
	}
	return receipt, c.refused(ctx, aFleet, "the order", err)
}

// CancelFleet asks for a fleet to be cancelled, with who asks and why for its result. The fleet then starts nothing
// more, has its operations in flight cancelled, and ends after them. Where no worker answers within 10 s, and where
// why.By is empty, the fleet is cancelled through Temporal, which is plain and says neither. The error is a
// [*FleetEnded], a [*NotFound], or a [*Refused] if it is being cancelled already.
func (c *Client) CancelFleet(ctx context.Context, id string, why schemas.FleetCancel) (f Fleet, plain bool, err error) {
	if f, err = c.FindFleet(ctx, id); err != nil {
		return f, false, err
	}
	if f.Result != nil {
		return f, false, &FleetEnded{id, f.Result.Status}
	}
	if why.By != "" {
		limited, cancel := context.WithTimeout(ctx, cancelTimeout)
		defer cancel()
		_, err = c.order(limited, id, schemas.CancelHandler, why)
		_, nobody := errors.AsType[*NoWorker](err)
		if ctx.Err() != nil || !nobody && limited.Err() == nil {
			return f, false, err
		}
	}
	return f, true, c.call(ctx, func(ctx context.Context) error {
		return c.temporal.CancelWorkflow(ctx, f.WorkflowID, "")
	})
}
