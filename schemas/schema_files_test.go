package schemas

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	generator "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the schema files anew from the types")

// published lists the schemas. What people, other programs and the platform write is closed; what the registrar writes is
// open, so that a field can be added without breaking those who check it.
var published = []struct {
	name, title string
	of          any
	open        bool
}{
	{"manifest", "Manifest of a model registration", Manifest{}, false},
	{"payload", "Payload that creates a model in the Genesys Cloud LLM Gateway", Payload{}, false},
	{"register-model-input", "Input of the workflow RegisterModel", RegisterModelInput{}, false},
	{"decision", "Decision on a registration that waits for approval", Decision{}, false},
	{"decision-receipt", "Answer of the update decide", DecisionReceipt{}, true},
	{"progress", "Progress of a registration, as the query status answers", Progress{}, true},
	{"result", "Result of a registration", Result{}, true},
	{"cancel", "Argument of a registration's update cancel", CancelRequest{}, false},
	{"cancel-receipt", "Answer of a registration's update cancel", CancelReceipt{}, true},
	{"register-fleet-input", "Input of the workflow RegisterFleet", RegisterFleetInput{}, false},
	{"fleet-part", "Input of the workflow HoldFleetPart, which holds some of a fleet's manifests", FleetPart{}, false},
	{"fleet-window", "Argument of a fleet's update window", FleetWindow{}, false},
	{"fleet-cancel", "Argument of a fleet's update cancel", FleetCancel{}, false},
	{"fleet-receipt", "Answer of a fleet's updates pause, resume, window and cancel", FleetReceipt{}, true},
	{"fleet-progress", "Progress of a fleet, as its query status answers", FleetProgress{}, true},
	{"fleet-result", "Result of a fleet", FleetResult{}, true},
	{"event", "Webhook body that announces how a registration ended", Event{}, true},
	{"audit-entry", "Entry of the audit trail", AuditEntry{}, true},
	{"model-story", "Story of a model, as `starter show` tells it", ModelStory{}, true},
}

func TestCommittedSchemasAreThoseOfTheTypes(t *testing.T) {
	comments := &generator.Reflector{}
	require.NoError(t, comments.AddGoComments("model-registrar/schemas", "."))
	for path, text := range comments.CommentMap {
		comments.CommentMap[path] = strings.Join(strings.Fields(text), " ")
	}
	for _, p := range published {
		t.Run(p.name, func(t *testing.T) {
			r := &generator.Reflector{ExpandedStruct: true, Anonymous: true, AllowAdditionalProperties: p.open,
				CommentMap: comments.CommentMap, Namer: plainName}
			schema := r.ReflectFromType(reflect.TypeOf(p.of))
			schema.ID, schema.Title = generator.ID("urn:model-registrar:"+p.name), p.title
			var want bytes.Buffer
			encoder := json.NewEncoder(&want)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", "  ")
			require.NoError(t, encoder.Encode(schema))
			written := visible(want.String())
			file := p.name + ".schema.json"
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(written), 0o644))
			}
			committed, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, written, string(committed), "run `go generate ./schemas`")
		})
	}
}

// visible escapes what is not ASCII, so that the committed files show characters that nobody can see.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < unicode.MaxASCII {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

func TestWhatTheRegistrarWritesMatchesItsSchemas(t *testing.T) {
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	latency, gone := 12.5, true
	manifest := tutorial(t)
	report := &ProbeReport{Status: ProbePass, LatencyMs: latency, ResponseCode: 200, Details: &ProbeDetails{
		Warm: []ProbeSample{{Status: ProbePass}}, Latency: &Distribution{}, Adapted: []string{"max_tokens"}}}
	result := Result{Name: "m", Status: Completed, Validation: report, Rollback: &RollbackReport{Deregistered: true},
		Approval: &ApprovalReport{Policy: ApproveAlways, Decision: Approve, DecidedAt: now},
		Webhook:  &WebhookDelivery{DeliveredAt: now}, HealthCheck: &HealthCheck{ID: "h"}}
	manifestWithoutWebhook := manifest
	manifestWithoutWebhook.WebhookCallbackURL = ""
	cases := map[string][]any{
		"manifest": {manifest, Manifest{Approval: ApprovalSpec{Policy: ApproveNever, Timeout: Duration(time.Hour)},
			Name: "abc", EndpointURL: "https://a.example", AuthCredentialID: "c", ModelArchitecture: Custom,
			MaxRequestsPerMinute: 1, MaxTokensPerMinute: 1, JobTimeout: Duration(90 * time.Second)}},
		"payload":              {manifest.Payload(), manifestWithoutWebhook.Payload()},
		"decision":             {Decision{Decision: Approve, Approver: "ann", Reason: "seen"}},
		"register-model-input": {RegisterModelInput{Manifest: manifest, Requester: "ann"}},
		"decision-receipt":     {DecisionReceipt{Name: "m", Decision: Approve, Approver: "ann", Stage: StageApproval, Message: "s"}},
		"cancel":               {CancelRequest{By: "ann", Reason: "r"}},
		"cancel-receipt":       {CancelReceipt{Name: "m", Stage: StageApproval, Message: "s"}},
		"register-fleet-input": {RegisterFleetInput{FleetID: "f", Total: 1, Parts: 1, Window: 1, Requester: "ann"}},
		"fleet-part":           {FleetPart{FleetID: "f", Manifests: []Manifest{manifest}}},
		"fleet-window":         {FleetWindow{Size: 5}},
		"fleet-cancel":         {FleetCancel{}, FleetCancel{Reason: "r"}},
		"fleet-receipt":        {FleetReceipt{FleetID: "f", Status: FleetPaused, Window: 5, Message: "s"}},
		"progress": {Progress{Name: "m", Stage: StageApproval, StartedAt: now, Result: &result,
			Stages:   []StageRecord{{Stage: StageProbing, StartedAt: now, EndedAt: now}},
			Approval: &ApprovalStatus{Policy: ApproveAlways, Open: true, Deadline: now, Kept: &Decision{Decision: Approve, Approver: "ann"}},
			Refused:  []RefusedSignal{{At: now, Reason: "r"}}, Validation: report}},
		"fleet-progress": {FleetProgress{Status: FleetPaused, StartedAt: now, Outcomes: FleetTally{}},
			FleetProgress{Status: FleetRunning, Outcomes: FleetTally{Completed: 3}, Recent: []FleetFailure{{Name: "m", Outcome: Duplicate}}}},
		"fleet-result": {FleetResult{Status: FleetCompleted, Outcomes: FleetTally{Unchanged: 1}, StartedAt: now, EndedAt: now, Registered: []byte{1}},
			FleetResult{Status: FleetStopped, Outcomes: FleetTally{}, Failures: []FleetFailure{{Name: "m", Outcome: AlreadyInProgress, ErrorType: ErrJobFailed}}}},
		"result": {result, Result{Status: RolledBack}},
		"event": {Event{Event: RegistrationUpdated, Timestamp: now, Status: string(Failed)},
			Event{Status: string(Completed), Checkpoint: &Checkpoint{Seq: 7, Time: now}, Metrics: EventMetrics{ValidationLatencyMs: &latency}}},
		"model-story": {ModelStory{Name: "m", At: now, Operations: []StoryOperation{}, Transitions: []StoryTransition{}},
			ModelStory{Name: "m", At: now, Model: &ModelStatus{Ownership: Ownership{Name: "m", Manifest: manifest}},
				Operations: []StoryOperation{{Operation: ChangeModelWorkflow, Outcome: Completed, Changes: []Change{{"name", "a", "b"}},
					Decisions: []AuditedDecision{{DecidedAt: now, DecisionStatement: DecisionStatement{Decision: Approve}}}}},
				Transitions: []StoryTransition{{At: now, Before: ModelActive, After: ModelDrifted}}}},
		"audit-entry": {AuditEntry{Event: AuditStarted, Timestamp: now, Compliance: RecordStored},
			AuditEntry{Event: AuditDecision, Decision: &AuditedDecision{DecidedAt: now, DecisionStatement: DecisionStatement{Decision: Approve}}},
			AuditEntry{Outcome: Completed, LatencyMs: &latency, Deregistered: &gone, Approval: result.Approval, ValidationStatus: ProbeFail}},
	}
	require.Len(t, cases, len(published))
	for name, values := range cases {
		raw, err := schemaFiles.ReadFile(name + ".schema.json")
		require.NoError(t, err)
		schema := jsonschema.MustCompileString("urn:model-registrar:"+name, string(raw))
		for _, value := range values {
			raw, err := json.Marshal(value)
			require.NoError(t, err)
			var plain any
			require.NoError(t, json.Unmarshal(raw, &plain))
			require.NoError(t, schema.Validate(plain), name)
		}
	}
}

func TestThePublishedManifestSchemaHasItsIdentity(t *testing.T) {
	var schema map[string]any
	require.NoError(t, json.Unmarshal(ManifestSchema(), &schema))
	require.Equal(t, "https://json-schema.org/draft/2020-12/schema", schema["$schema"])
	require.Equal(t, "urn:model-registrar:manifest", schema["$id"])
	require.NotEmpty(t, schema["title"])
	require.NotEmpty(t, schema["description"])
}

// plainName is a type's name as a pointer into a schema can hold it: that of Sealed[model-registrar/schemas.Payload] is
// SealedPayload.
func plainName(t reflect.Type) string {
	name, argument, generic := strings.Cut(t.Name(), "[")
	if !generic {
		return name
	}
	return name + strings.TrimSuffix(argument[strings.LastIndexAny(argument, "./")+1:], "]")
}
