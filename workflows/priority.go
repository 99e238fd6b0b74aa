package workflows

import (
	"crypto/sha256"
	"encoding/hex"

	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// PriorityOf is the priority of an operation that a person waits for. Its tasks go before those of fleets and of checks,
// and requesters share what there is, where the server knows fairness. Activities have the priority of their workflow.
func PriorityOf(requester string) temporal.Priority {
	return temporal.Priority{PriorityKey: schemas.PriorityOfPerson, FairnessKey: fairnessKey(requester)}
}

// PriorityOfFleet is the priority of a fleet and of its operations.
func PriorityOfFleet(requester string) temporal.Priority {
	return temporal.Priority{PriorityKey: schemas.PriorityOfFleet, FairnessKey: fairnessKey(requester)}
}

// priorityOfCheck is that of what a scheduled check asks for. ManageModel itself has the server's default, since operations
// wait for its answer to a hand-over.
var priorityOfCheck = temporal.Priority{PriorityKey: schemas.PriorityOfCheck}

// fairnessKey tells requesters apart without naming them: Temporal keeps the key unencrypted, and takes 64 bytes.
func fairnessKey(requester string) string {
	if requester == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(requester))
	return "requester-" + hex.EncodeToString(sum[:8])
}
