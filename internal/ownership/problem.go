package ownership

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
	MaxBytes = 256 << 10 // of a record in JSON: a memo has room for it
	MaxWord  = 1000      // characters of an id or a name; the server has this bound for a workflow id

	LongestCheckEvery  = 720 * time.Hour
	shortestCheckEvery = time.Minute
)

// Problem says what no operation hands over as the record of the model of this name; empty: nothing.
func Problem(name string, o schemas.Ownership, now time.Time) string {
	raw, err := json.Marshal(o)
	every, shown := o.Manifest.Monitor.Every.Std(), schemas.Plain(name, 80)
	switch {
	case o.Name != name:
		return fmt.Sprintf("this workflow owns %s, not %s", shown, schemas.Plain(o.Name, 80))
	case o.ModelID == "" || o.Operation == "" || o.RunID == "" || o.Since.IsZero():
		return "a hand-over names the model's id, the operation, its run and its time"
	case o.Since.After(now.Add(24 * time.Hour)): // no later operation could take it over
		return fmt.Sprintf("%s was handed over in the future, at %s", shown,
			o.Since.UTC().Format("2006-01-02 15:04 MST"))
	case err != nil || len(raw) > MaxBytes:
		return fmt.Sprintf("the record of %s has more than %d KiB, or cannot be written", shown,
			MaxBytes>>10)
	case slices.ContainsFunc([]string{o.ModelID, o.Operation, o.WorkflowID, o.RunID, o.JobID, o.Requester}, isTooLong):
		return fmt.Sprintf("an id or a name in the record of %s has more than %d characters", shown,
			MaxWord)
	case errors.Is(o.Payload.Check(), schemas.ErrSealBroken) || o.Payload.Hash != o.PayloadHash:
		return fmt.Sprintf("the payload of %s does not have the hash that the hand-over names", shown)
	case every != 0 && (every < shortestCheckEvery || every > LongestCheckEvery):
		return fmt.Sprintf("%s cannot be checked every %s", shown, every)
	}
	return ""
}

func isTooLong(word string) bool { return utf8.RuneCountInString(word) > MaxWord }
