package schemas

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/invopop/jsonschema"
)

// Duration is a time span that is written as text in JSON and YAML, in Go's form: "90s", "1h30m".
type Duration time.Duration

// Std returns the duration as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Or returns d, or the default when d is zero.
func (d Duration) Or(def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return time.Duration(d)
}

// String returns the duration in Go's form.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalJSON writes the duration in Go's form.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads a duration in Go's form.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("a duration is text such as \"90s\": %w", err)
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("a duration is text such as \"90s\" or \"1h30m\"")
	}
	*d = Duration(v)
	return nil
}

// JSONSchema describes the text form.
func (Duration) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", MaxLength: new(uint64(32)),
		Pattern:     `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`,
		Not:         &jsonschema.Schema{Type: "string", Pattern: `[^0-9.nuµmsh]`},
		Description: "A time span such as 90s or 1h30m."}
}

// JSONSchema lists the architectures.
func (Architecture) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Enum: enum(Architectures)}
}

// JSONSchema lists the policies.
func (Gate) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Enum: []any{GateAfterProbe, GateBeforeSubmission}}
}

// JSONSchema lists the values.
func (ApprovalPolicy) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Enum: enum(ApprovalPolicies)}
}

// JSONSchema lists the verdicts of a person.
func (Verdict) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Enum: []any{Approve, Reject}}
}

// JSONSchema lists the verdicts of a probe.
func (ProbeStatus) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Enum: []any{ProbePass, ProbeFail, ProbeNone}}
}

// JSONSchema lists the endings.
func (Outcome) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string",
		Enum: []any{Completed, Failed, Rejected, RolledBack, ApprovalTimedOut, Cancelled}}
}

// JSONSchema lists where a fleet can stand, and its endings.
func (FleetStatus) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Enum: []any{FleetRunning, FleetPaused, FleetStopping, FleetCancelling,
		FleetCompleted, FleetStopped, FleetCancelled, FleetFailed}}
}

// JSONSchema lists the outcomes that are counted.
func (FleetTally) JSONSchema() *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties()}
	for _, o := range FleetOutcomes {
		s.Properties.Set(string(o), &jsonschema.Schema{Type: "integer", Minimum: "0"})
	}
	return s
}

// JSONSchemaExtend allows the outcomes that only fleets know.
func (FleetFailure) JSONSchemaExtend(s *jsonschema.Schema) {
	all := make([]any, len(FleetOutcomes))
	for i, o := range FleetOutcomes {
		all[i] = o
	}
	s.Properties.Set("outcome", &jsonschema.Schema{Type: "string", Enum: all})
}

// StopSequences is one stop sequence or a list of them. It remembers nothing of how it was written: one sequence and
// a list of one are the same, and are sent as a list.
type StopSequences []string

// UnmarshalJSON accepts a string or a list of strings.
func (s *StopSequences) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*s = StopSequences{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return fmt.Errorf("stop_sequences is a text or a list of texts")
	}
	*s = many
	return nil
}

// JSONSchema allows both forms.
func (StopSequences) JSONSchema() *jsonschema.Schema {
	one := &jsonschema.Schema{Type: "string", MinLength: new(uint64(1)), MaxLength: new(uint64(256))}
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
		one, {Type: "array", Items: one, MinItems: new(uint64(1)), MaxItems: new(uint64(16))},
	}}
}

// UnmarshalJSON accepts the block, or a bare policy.
func (a *ApprovalSpec) UnmarshalJSON(b []byte) error {
	var p ApprovalPolicy
	if json.Unmarshal(b, &p) == nil {
		*a = ApprovalSpec{Policy: p}
		return nil
	}
	type block ApprovalSpec
	return json.Unmarshal(b, (*block)(a))
}

// JSONSchemaExtend allows both forms.
func (ApprovalSpec) JSONSchemaExtend(s *jsonschema.Schema) {
	block := *s
	*s = jsonschema.Schema{
		Description: block.Description,
		OneOf:       []*jsonschema.Schema{{Ref: "#/$defs/ApprovalPolicy"}, &block},
	}
	block.Description = ""
	block.MinProperties = new(uint64(1))
}

// enum is a list of names as the values that a schema allows.
func enum[T ~string](names []T) []any {
	values := make([]any, len(names))
	for i, name := range names {
		values[i] = name
	}
	return values
}
