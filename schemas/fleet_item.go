package schemas

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// FleetItem asks for one operation on one model.
type FleetItem struct {
	// Operation is the workflow type, one of [Operations].
	Operation string `json:"operation"`
	// Manifest is what the model is to be; nil for a retirement, which needs a name alone.
	Manifest *Manifest `json:"manifest,omitempty"`
	// Seen is what the plan saw of the model. Not for a registration: what it finds decides.
	Seen *Seen `json:"seen,omitempty"`
	// Restore puts back what was approved. Only for a change.
	Restore bool `json:"restore,omitempty"`

	// What follows is a retirement's; see [RetireModelInput].

	Name     string        `json:"name,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	Keep     bool          `json:"keep,omitempty"`
	ModelID  string        `json:"modelId,omitempty"`
	Approval *ApprovalSpec `json:"approval,omitempty"`
	// After is the operation of the same fleet that has to have been done before the model is retired. If it is not
	// done, the retirement is skipped.
	After *FleetPlace `json:"after,omitempty"`
}

// FleetPlace says which operation of a fleet is meant.
type FleetPlace struct {
	Name  string `json:"name"`  // of its model
	Index int    `json:"index"` // within the fleet, before that of the operation that says so
}

// ModelName is the name of the model that the operation is about.
func (i FleetItem) ModelName() string {
	if i.Manifest != nil {
		return i.Manifest.Name
	}
	return i.Name
}

// Input is the input of the operation's workflow.
func (i FleetItem) Input(requester string) any {
	var m Manifest
	if i.Manifest != nil {
		m = *i.Manifest
	}
	switch i.Operation {
	case ChangeModelWorkflow:
		return ChangeModelInput{Manifest: m, Requester: requester, Seen: i.Seen, Restore: i.Restore}
	case AdoptModelWorkflow:
		return AdoptModelInput{Manifest: m, Requester: requester, Seen: i.Seen}
	case RetireModelWorkflow:
		in := RetireModelInput{
			Name: i.Name, Requester: requester, Reason: i.Reason, Keep: i.Keep, ModelID: i.ModelID, Seen: i.Seen,
		}
		if i.Approval != nil {
			in.Approval = *i.Approval
		}
		return in
	}
	return RegisterModelInput{Manifest: m, Requester: requester}
}

// Bounds of an item's texts, in characters.
const (
	MaxRetireReason = 1000
	maxSeenText     = 256
)

// Problem says what is wrong with the item, whatever its manifest says, as what it has or is; empty: nothing.
func (i FleetItem) Problem() string {
	seen := Seen{}
	if i.Seen != nil {
		seen = *i.Seen
	}
	switch n := utf8.RuneCountInString(i.ModelName()); {
	case !slices.Contains(Operations, i.Operation):
		return "is none of " + strings.Join(Operations, ", ")
	case i.Operation != RetireModelWorkflow && i.Manifest == nil:
		return "has no manifest"
	case n < 3 || n > 64:
		return "has a name that no model can have"
	case i.Operation == RetireModelWorkflow && i.Manifest != nil:
		return "retires a model, and has a manifest of one"
	case i.Operation == RetireModelWorkflow &&
		(strings.TrimSpace(i.Reason) == "" || utf8.RuneCountInString(i.Reason) > MaxRetireReason):
		return fmt.Sprintf("retires a model, and has no reason of 1 to %d characters", MaxRetireReason)
	case i.Operation != RetireModelWorkflow && i.hasRetirement():
		return "has what only a retirement has"
	case i.Restore && i.Operation != ChangeModelWorkflow:
		return "restores, which only a change does"
	case i.Seen != nil && i.Operation == RegisterModelWorkflow:
		return "is bound to what a plan saw, which no registration is"
	case i.After != nil && (utf8.RuneCountInString(i.After.Name) > MaxName || i.After.Index < 0):
		return "is to follow an operation that no fleet can have"
	case max(len(i.ModelID), len(seen.ModelID), len(seen.LiveHash), len(seen.OwnedHash)) > maxSeenText:
		return fmt.Sprintf("has an id or a hash of more than %d characters", maxSeenText)
	}
	return ""
}

// hasRetirement reports whether anything is said that only a retirement has.
func (i FleetItem) hasRetirement() bool {
	return i.Name != "" || i.Reason != "" || i.Keep || i.ModelID != "" || i.Approval != nil || i.After != nil
}
