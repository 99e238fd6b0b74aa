package schemas

import (
	"time"

	"github.com/invopop/jsonschema"
)

// OnDrift says what follows when a model is found otherwise than it was approved.
type OnDrift string

// What can follow.
const (
	DriftReport  OnDrift = "report"  // it is audited and announced; the default
	DriftRestore OnDrift = "restore" // beside that, what was approved is put back by a ChangeModel
)

// JSONSchema lists what can follow.
func (OnDrift) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Enum: []any{DriftReport, DriftRestore}}
}

// MonitorSpec is a manifest's monitor block. Zero values mean the defaults stated here.
type MonitorSpec struct {
	// How often the registered model is checked (default 24h, 1m to 720h).
	Every Duration `json:"every,omitzero"`
	// Whether a check sends the endpoint one prompt as well, which costs tokens (default false).
	Probe bool `json:"probe,omitempty"`
	// After how many failed probes in a row the model counts as DEGRADED (default 3).
	FailuresBeforeDegraded int `json:"failures_before_degraded,omitempty" jsonschema:"minimum=1,maximum=100"`
	// What follows when the gateway has the model otherwise than approved. report (default): it is audited and
	// announced. restore: what was approved is put back as well.
	OnDrift OnDrift `json:"on_drift,omitempty"`
}

// JSONSchemaExtend allows null wherever a key may be absent.
func (MonitorSpec) JSONSchemaExtend(s *jsonschema.Schema) { allOrNull(s) }

// The defaults of a monitor block.
const (
	DefaultCheckEvery             = 24 * time.Hour
	DefaultFailuresBeforeDegraded = 3
)

// Failures is after how many failed probes in a row a model counts as degraded.
func (m MonitorSpec) Failures() int {
	if m.FailuresBeforeDegraded == 0 {
		return DefaultFailuresBeforeDegraded
	}
	return m.FailuresBeforeDegraded
}

// CheckInput is the input of the activity CheckModel.
type CheckInput struct {
	Name string `json:"name"`
	// RunID is the operation that handed the model over. If another has since, there is nothing to judge.
	RunID string `json:"runId"`
}

// Subject is the model, as one operation has handed it over.
func (in CheckInput) Subject() string { return in.Name + " " + in.RunID }

// CheckResult is the result of the activity CheckModel: how the gateway has a model, compared with what was approved.
type CheckResult struct {
	Answer

	At time.Time `json:"at"`
	// Busy says why the model cannot be judged now: an operation works on it. Empty: it was judged.
	Busy    string   `json:"busy,omitempty"`
	Missing bool     `json:"missing,omitempty"`
	Drift   []Change `json:"drift,omitempty"` // from what was approved to what the gateway has
}

// Checks is what ManageModel knows of its checks.
type Checks struct {
	At   time.Time `json:"at,omitzero"`   // when the model was last seen
	Next time.Time `json:"next,omitzero"` // when it is looked at next; zero while checks are paused
	// Trouble says why the last check found nothing out, which changes no state; empty if it did.
	Trouble       string        `json:"trouble,omitempty"`
	Drift         []Change      `json:"drift,omitempty"`         // from what was approved to what the gateway has
	Probe         *AuditedProbe `json:"probe,omitempty"`         // the last one
	ProbeFailures int           `json:"probeFailures,omitempty"` // in a row
	Paused        *Pause        `json:"paused,omitempty"`
	Transitions   int           `json:"transitions,omitempty"` // of the model's state so far
}

// Pause says who paused a model's checks, and how the model was then.
type Pause struct {
	By     string     `json:"by"`
	Reason string     `json:"reason,omitempty"`
	At     time.Time  `json:"at"`
	State  ModelState `json:"state"`
	Why    string     `json:"why,omitempty"` // why it was in that state
}

// CheckRequest is the argument of ManageModel's updates `check`, `pause` and `resume`.
type CheckRequest struct {
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
}

// ModelCheck answers the update `check`: what was seen.
type ModelCheck struct {
	Name   string     `json:"name"`
	State  ModelState `json:"state"` // of the model, after the check
	Reason string     `json:"reason,omitempty"`
	At     time.Time  `json:"at,omitzero"` // when it was last seen
	// Trouble says why the check found nothing out, so that the state is that of an earlier one; empty if it did.
	Trouble string        `json:"trouble,omitempty"`
	Drift   []Change      `json:"drift,omitempty"`
	Probe   *AuditedProbe `json:"probe,omitempty"`
}
