package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"model-registrar/schemas"
)

// Bounds of what any program that reaches Temporal may hand to ManageModel. What operations hand over stays far below
// them.
const (
	maxOwnershipBytes  = 256 << 10 // of JSON: a memo has room for it
	maxOwnershipWord   = 1000      // characters of an id or a name; the server has this bound for a workflow id
	shortestCheckEvery = time.Minute
	longestCheckEvery  = 720 * time.Hour
)

// ownershipProblem says what no operation hands over as the record of the model of this name; empty: nothing.
func ownershipProblem(name string, o schemas.Ownership, now time.Time) string {
	raw, err := json.Marshal(o)
	every := o.Manifest.Monitor.Every.Std()
	switch {
	case o.Name != name:
		return fmt.Sprintf("this workflow owns %s, not %s", plain(name, 80), plain(o.Name, 80))
	case o.ModelID == "" || o.Operation == "" || o.RunID == "" || o.Since.IsZero():
		return "a hand-over names the model's id, the operation, its run and its time"
	case o.Since.After(now.Add(24 * time.Hour)): // no later operation could take it over
		return fmt.Sprintf("%s was handed over in the future, at %s", plain(name, 80), day(o.Since))
	case err != nil || len(raw) > maxOwnershipBytes:
		return fmt.Sprintf("the record of %s has more than %d KiB, or cannot be written", plain(name, 80),
			maxOwnershipBytes>>10)
	case slices.ContainsFunc([]string{o.ModelID, o.Operation, o.WorkflowID, o.RunID, o.JobID, o.Requester}, isTooLong):
		return fmt.Sprintf("an id or a name in the record of %s has more than %d characters", plain(name, 80),
			maxOwnershipWord)
	case errors.Is(o.Payload.Check(), schemas.ErrSealBroken) || o.Payload.Hash != o.PayloadHash:
		return fmt.Sprintf("the payload of %s does not have the hash that the hand-over names", plain(name, 80))
	case every != 0 && (every < shortestCheckEvery || every > longestCheckEvery):
		return fmt.Sprintf("%s cannot be checked every %s", plain(name, 80), every)
	}
	return ""
}

var modelStates = []schemas.ModelState{
	schemas.ModelActive, schemas.ModelDegraded, schemas.ModelDrifted, schemas.ModelMissing, schemas.ModelPaused,
}

func isTooLong(word string) bool { return utf8.RuneCountInString(word) > maxOwnershipWord }

// statusProblem says what no earlier run of ManageModel hands on, if anything.
func statusProblem(name string, s schemas.ModelStatus, now time.Time) string {
	if problem := ownershipProblem(name, s.Ownership, now); problem != "" {
		return problem
	}
	raw, err := json.Marshal(s)
	c := s.Checks
	switch {
	case err != nil || len(raw) > 2*maxOwnershipBytes:
		return "it is too large"
	case !slices.Contains(modelStates, s.State) || c.Paused != nil && !slices.Contains(modelStates, c.Paused.State):
		return "its state is unknown"
	case s.HandOvers < 0 || c.Transitions < 0 || c.ProbeFailures < 0:
		return "it counts below nothing"
	case c.Next.After(now.Add(2 * longestCheckEvery)):
		return "its next check is too far away"
	}
	return ""
}
