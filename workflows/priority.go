package workflows

import (
	"crypto/sha256"
	"encoding/hex"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// PriorityOf is the priority of an operation that a person waits for. Its tasks go before those of fleets and of
// checks, and requesters share what there is, where the server knows fairness.
func PriorityOf(requester string) temporal.Priority {
	return temporal.Priority{PriorityKey: schemas.PriorityOfPerson, FairnessKey: fairnessKey(requester)}
}

// PriorityOfFleet is the priority of a fleet and of its operations.
func PriorityOfFleet(requester string) temporal.Priority {
	return temporal.Priority{PriorityKey: schemas.PriorityOfFleet, FairnessKey: fairnessKey(requester)}
}

// withPriority gives an activity the priority of its workflow, unless it has one of its own. The server does so too
// when it hands out a task, but not for an activity that starts eagerly: that would not know how important its calls
// are.
func withPriority(ctx workflow.Context, o workflow.ActivityOptions) workflow.ActivityOptions {
	if o.Priority == (temporal.Priority{}) {
		o.Priority = workflow.GetInfo(ctx).Priority
	}
	return o
}

// priorityOfCheck is that of what a scheduled check asks for. ManageModel itself has the server's default, since
// operations wait for its answer to a hand-over.
var priorityOfCheck = temporal.Priority{PriorityKey: schemas.PriorityOfCheck}

// fairnessKey tells requesters apart without naming them: Temporal keeps the key unencrypted, and takes 64 bytes.
func fairnessKey(requester string) string {
	if requester == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(requester))
	return "requester-" + hex.EncodeToString(sum[:8])
}
