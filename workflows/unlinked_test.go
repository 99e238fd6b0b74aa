package workflows

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

const linking = "[APPROVED](http://evil.example) <img> www.evil.example"

// wantUnlinked checks that the hostile name is in the summaries, and a link or a picture nowhere.
func (s *story) wantUnlinked(summaries ...string) {
	s.t.Helper()
	for _, seen := range s.observed.all() {
		summaries = append(summaries, seen.summary)
	}
	text := strings.Join(summaries, "\n")
	require.Contains(s.t, text, `\[APPROVED\](http\://evil.example) &lt;img&gt; www\.evil.example`)
	require.NotRegexp(s.t, `[^\\]\[|[^\\]://|<|www\.e`, text)
}

func TestNothingThatOthersWroteBecomesALinkInASummary(t *testing.T) {
	for operation, run := range map[string]func(*story){
		schemas.RegisterModelWorkflow: func(s *story) { s.run() },
		schemas.ChangeModelWorkflow: func(s *story) {
			own := ownedBefore(s.in.Manifest)
			s.world.read = inTurn(gatewayHas(own, limitRaised), gatewayHas(own, nil))
			s.world.update = answers[schemas.UpdateInput](schemas.Update{JobID: linking})
			s.change()
		},
		schemas.RetireModelWorkflow: func(s *story) {
			s.world.read = gatewayHas(ownedBefore(s.in.Manifest), nil)
			s.retire(schemas.RetireModelInput{})
		},
		schemas.AdoptModelWorkflow: func(s *story) {
			s.world.read = gatewayHas(nil, nil)
			s.adopt()
		},
		schemas.ManageModelWorkflow: func(s *story) {
			o := handedOver(s.t, "run-1", time.Unix(100, 0))
			o.Name, o.Manifest.Name, o.Manifest.Monitor = linking, linking, hourly
			s.world.check = inTurn(asApproved, drifted, gone)
			s.at(0, func() { s.send(schemas.HandOverHandler, o) })
			s.at(5*time.Hour, func() { s.send(schemas.ReleaseHandler, schemas.ReleaseInput{Name: linking}) })
			s.manage(schemas.ManageModelInput{Name: linking})
		},
	} {
		t.Run(operation, func(t *testing.T) {
			s := newStory(t)
			s.in.Manifest.Name = linking
			run(s)
			require.NotEmpty(t, s.observed.all())
			s.wantUnlinked()
		})
	}
}

func TestTheSummaryUnderWhichAnOperationOrAFleetStartsIsNoLink(t *testing.T) {
	m := schemas.Manifest{Name: linking, ModelArchitecture: schemas.Architecture(linking)}
	for _, operation := range schemas.Operations {
		item := schemas.FleetItem{Operation: operation, Manifest: &m}
		if operation == schemas.RetireModelWorkflow {
			item = schemas.FleetItem{Operation: operation, Name: linking, Reason: linking}
		}
		s := newStory(t)
		start := StartOfOperation(item, linking)
		s.wantUnlinked(start.Summary)
		require.NotRegexp(t, `[^\\]\[A|<img|[^\\:]//`, start.Details, operation)
	}
	fleet := StartOfFleet(schemas.RegisterFleetInput{FleetID: linking, Requester: linking, Total: 2})
	require.NotContains(t, fleet.Summary+fleet.Details, "[APPROVED](")
	require.NotContains(t, fleet.Summary+fleet.Details, "http://")
}
