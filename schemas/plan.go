package schemas

import "time"

// PlanAction is what an apply does about one model, or what a plan says of one that it leaves alone.
type PlanAction string

// The actions of a plan.
const (
	// PlanCreate: the model is in no gateway and nobody's; RegisterModel registers it.
	PlanCreate PlanAction = "create"
	// PlanChange: the model is ours as it was approved, and the manifest says something else; ChangeModel changes it.
	PlanChange PlanAction = "change"
	// PlanAdopt: the model is in the gateway exactly as the manifest says, and nobody's; AdoptModel makes it ours.
	PlanAdopt PlanAction = "adopt"
	// PlanRestore: the model is ours and drifted from what was approved, which the manifest still says; ChangeModel
	// puts the approved payload back.
	PlanRestore PlanAction = "restore"
	// PlanRecreate: the model is ours and missing from the gateway; RegisterModel registers it anew.
	PlanRecreate PlanAction = "recreate"
	// PlanRetire: the model is ours and in no manifest; RetireModel deletes it. Only with prune.
	PlanRetire PlanAction = "retire"
	// PlanConflict: the model is in the gateway otherwise than the manifest says, and nobody's. Nothing is done about
	// it.
	PlanConflict PlanAction = "conflict"
	// PlanBusy: an operation runs on the model, and what the plan would say may be otherwise once it has ended. Nothing
	// is done about it; see [PlanItem.Running].
	PlanBusy PlanAction = "busy"
	// PlanUnchanged: the model is ours and is as the manifest says. Nothing is done about it.
	PlanUnchanged PlanAction = "unchanged"
)

// PlanActions lists the actions in the order in which they are shown.
var PlanActions = []PlanAction{
	PlanCreate, PlanChange, PlanAdopt, PlanRestore, PlanRecreate, PlanRetire, PlanConflict, PlanBusy, PlanUnchanged,
}

// Applies reports whether an apply does something about a model with this action.
func (a PlanAction) Applies() bool { return a != PlanConflict && a != PlanBusy && a != PlanUnchanged }

// Plan is what an apply would do, and what it saw: an apply of a saved plan refuses each model that has moved since.
type Plan struct {
	Version int       `json:"version"` // of this format: 1
	At      time.Time `json:"at"`      // when the gateway was read
	// Items are the models that the manifests are about, and with prune those that are to be retired, by name.
	Items  []PlanItem         `json:"items"`
	Counts map[PlanAction]int `json:"counts"`
	// Unowned are the models in the gateway that are nobody's and in no manifest, by name.
	Unowned []UnownedModel `json:"unowned,omitempty"`
	// Forgotten are the names of owned models that are in no manifest, where prune was not asked for.
	Forgotten []string `json:"forgotten,omitempty"`
}

// PlanVersion is the version of the format of plans.
const PlanVersion = 1

// Work is the number of models that an apply does something about.
func (p Plan) Work() (n int) {
	for _, i := range p.Items {
		if i.Action.Applies() {
			n++
		}
	}
	return n
}

// Undone is the number of models that are otherwise than the manifests say and that an apply leaves alone: conflicts,
// and those on which an operation runs that makes something else of them.
func (p Plan) Undone() (n int) {
	for _, i := range p.Items {
		if i.Action == PlanConflict || i.Action == PlanBusy && (i.Running == nil || !i.Running.Wanted) {
			n++
		}
	}
	return n
}

// RunningOperation is an operation that runs on a model.
type RunningOperation struct {
	Operation string    `json:"operation"` // its workflow type
	Stage     Stage     `json:"stage"`
	Requester string    `json:"requester,omitempty"` // empty where it was not looked up
	StartedAt time.Time `json:"startedAt"`
	RunID     string    `json:"runId"`
	// Wanted: it makes of the model what the manifests say.
	Wanted bool `json:"wanted"`
	// PayloadHash and Manifest are what it makes of the model; nil where that is not known. A retirement has neither.
	PayloadHash string    `json:"-"`
	Manifest    *Manifest `json:"-"`
}

// PlanItem is one model in a plan.
type PlanItem struct {
	Name   string     `json:"name"`
	Action PlanAction `json:"action"`
	// Manifest is what is wanted; nil for a model that is to be retired.
	Manifest *Manifest `json:"manifest,omitempty"`
	// Changes are the differences that the action is about, old to new: for a change and a conflict from what is in the
	// gateway to what the manifest says, for a restore from what is in the gateway to what was approved.
	Changes []Change `json:"changes,omitempty"`
	// Settings are the blocks of the manifest that changed and are not sent to the gateway, such as monitor.
	Settings []string `json:"settings,omitempty"`
	// Drift are the differences between what was approved and what is in the gateway, where there are any.
	Drift []Change `json:"drift,omitempty"`
	// NoticedAt is when a check first found the model drifted or missing. CheckedAt, where none has, is when one last
	// found it as it was approved.
	NoticedAt time.Time `json:"noticedAt,omitzero"`
	CheckedAt time.Time `json:"checkedAt,omitzero"`
	// RenamedFrom is the model that is to be retired whose payload this one has, but for the name.
	RenamedFrom string `json:"renamedFrom,omitempty"`
	Seen        Seen   `json:"seen"`
	// Running is the operation that the model is busy with; nil for every other action.
	Running *RunningOperation `json:"running,omitempty"`
	// Note says what a person has to know of the model beside that, as a sentence; empty for most.
	Note string `json:"note,omitempty"`
}

// UnownedModel is a model in the gateway that is nobody's.
type UnownedModel struct {
	Name    string `json:"name"`
	ModelID string `json:"modelId"`
}

// ListedModel is a model as the gateway lists it.
type ListedModel struct {
	ID      string  `json:"id"`
	State   string  `json:"state,omitempty"`
	Payload Payload `json:"payload"`
	// Hash is that of the payload as the gateway has it; empty if it has none.
	Hash string `json:"hash,omitempty"`
	// Hidden are the keys of the manifest whose values hold a secret in the gateway. The payload has them without it.
	Hidden []string `json:"hidden,omitempty"`
}

// ListModelsInput is the input of the activity ListModels, and of the workflow ReadGateway: the page, from 1, to begin
// with.
type ListModelsInput struct {
	Page int `json:"page"`
}

// ListedModels is the result of both: the models of as many pages as fit into a payload.
type ListedModels struct {
	Answer

	Models []ListedModel `json:"models"`
	// Next is the page that follows; 0: there is none.
	Next int `json:"next,omitempty"`
	// Pages is how many pages were read, which is how many calls the gateway got.
	Pages int `json:"pages"`
	// Unreadable is how many models are of a form that is not known, and left out.
	Unreadable int `json:"unreadable,omitempty"`
}
