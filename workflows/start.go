package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// Start is what an operation's workflow is started with beside its input, by the starter and by a fleet alike.
type Start struct {
	Summary    string // of the workflow, for the Temporal UI
	Details    string // likewise, in markdown
	Attributes temporal.SearchAttributes
}

// StartOf is how to start the registration of a manifest. A payload without a hash is not indexed by it.
func StartOf(in schemas.RegisterModelInput) Start {
	m := in.Manifest
	attributes := []temporal.SearchAttributeUpdate{
		nameKey.ValueSet(plain(m.Name, 80)),
		architectureKey.ValueSet(plain(string(m.ModelArchitecture), 40)),
		stageKey.ValueSet(string(schemas.StageRegistering)),
	}
	hash, err := m.Payload().Hash()
	if err == nil {
		attributes = append(attributes, hashKey.ValueSet(hash))
	}
	return Start{
		Summary:    unlinked(plain(fmt.Sprintf("Register %s (%s)", m.Name, m.ModelArchitecture), 120)),
		Details:    startDetails(in, hash),
		Attributes: temporal.NewSearchAttributes(attributes...),
	}
}

// StartOfOperation is how to start an operation on a model.
func StartOfOperation(item schemas.FleetItem, requester string) Start {
	in := schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: item.ModelName()}, Requester: requester}
	if item.Manifest != nil {
		in.Manifest = *item.Manifest
	}
	s := StartOf(in)
	name := plain(in.Manifest.Name, 80)
	switch item.Operation {
	case schemas.ChangeModelWorkflow:
		s.Summary = unlinked("Change " + name)
		if item.Restore {
			s.Summary = unlinked("Restore " + name)
		}
	case schemas.AdoptModelWorkflow:
		s.Summary = unlinked("Adopt " + name)
	case schemas.RetireModelWorkflow:
		s.Summary = unlinked("Retire " + name)
		s.Details = fmt.Sprintf("- **requester**: %s\n- **reason**: %s\n", markdown(in.Requester),
			markdown(item.Reason))
		s.Attributes = temporal.NewSearchAttributes(nameKey.ValueSet(name),
			stageKey.ValueSet(string(schemas.StageRegistering)))
	}
	return s
}

// startDetails is what was asked for, as the workflow's page in the Temporal UI shows it: a list, since the UI runs the
// cells of a table together. Of the endpoint it shows the host alone, since the rest of a URL may hold a token.
func startDetails(in schemas.RegisterModelInput, hash string) string {
	m := in.Manifest
	approval := string(schemas.ApproveNever.Stricter(m.Approval.Policy))
	if m.Approval.Policy != schemas.ApproveAlways {
		approval += ", or stricter if the worker asks for it"
	}
	var b strings.Builder
	for _, row := range [][2]string{
		{"endpoint", words.Host(m.EndpointURL)},
		{"architecture", string(m.ModelArchitecture)},
		{"limits", fmt.Sprintf("%d requests and %d tokens a minute", m.MaxRequestsPerMinute, m.MaxTokensPerMinute)},
		{"approval", approval},
		{"requester", in.Requester},
		{"payload hash", hash},
	} {
		fmt.Fprintf(&b, "- **%s**: %s\n", row[0], markdown(row[1]))
	}
	return b.String()
}

// StartOfFleet is how to start a fleet.
func StartOfFleet(in schemas.RegisterFleetInput) Start {
	onFailure := "go on"
	if in.StopOnFailure {
		onFailure = "stop"
	}
	summary := "Register a fleet of " + count(in.Total, "model")
	if len(in.Operations) > 0 {
		summary = "A fleet of " + words.Operations(in.Operations)
	}
	return Start{
		Summary: summary,
		Details: fmt.Sprintf("%s- **window**: %d at a time\n- **on failure**: %s\n- **requester**: %s\n",
			workLine(in, "models"), in.Window, onFailure, markdown(in.Requester)),
		Attributes: temporal.NewSearchAttributes(stageKey.ValueSet(string(schemas.FleetRunning))),
	}
}

// workLine says what a fleet is of; manifests are what a fleet of registrations alone calls them.
func workLine(in schemas.RegisterFleetInput, manifests string) string {
	if len(in.Operations) == 0 {
		return fmt.Sprintf("- **%s**: %d\n", manifests, in.Total)
	}
	return fmt.Sprintf("- **operations**: %s\n", words.Operations(in.Operations))
}

// SummaryOfRecord is the summary of a workflow that records a decision which came too late.
func SummaryOfRecord(who string, in schemas.RecordDecisionInput) string {
	return unlinked(plain(fmt.Sprintf("Record that %s came too late to %s %s", who, in.Decision.Decision, in.Name),
		200))
}
