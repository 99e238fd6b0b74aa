package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/audit"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

func TestAStoryIsToldFromTheTrailAloneIfTemporalCannotBeReached(t *testing.T) {
	path, nowhere := recorded(t), []string{"TEMPORAL_ADDRESS=127.0.0.1:1"}

	r := starter(t, "", nowhere, "show", "production-llm-v2", "--audit", path)

	require.Equal(t, 0, r.code, r.errors)
	for _, part := range []string{"production-llm-v2 is nobody's", "register  COMPLETED  3m", "asked by     alice",
		"approved by  alice at", "count: alice asked for the registration and cannot approve it", "approved by  bob at", "with SHA256:", "probe        PASS, HTTP 200",
		"delivered, HTTP 204, 2 attempts", "Told from the audit trail", "Not told from Temporal: cannot reach Temporal"} {
		require.Contains(t, r.out, part)
	}
	require.NotContains(t, r.out, "\x1b")
	requireFits(t, r.out)

	story := documents[schemas.ModelStory](t, starter(t, "", nowhere, "show", "production-llm-v2", "--audit", path,
		"-o", "json"))[0]
	require.Len(t, story.Operations, 1)
	require.Len(t, story.Operations[0].Decisions, 2)
	require.Equal(t, schemas.RegisterModelWorkflow, story.Operations[0].Operation)
	require.True(t, story.Sources.Trail.Read)
	require.False(t, story.Sources.Temporal.Read)

	r = starter(t, "", nowhere, "show", "never-heard-of", "--audit", path, "-o", "json")
	require.Equal(t, exitFailed, r.code)
	require.Equal(t, "Unknown", documents[errorDocument](t, r)[0].Error.Type)
	require.Contains(t, r.errors, `nothing is known of a model named "never-heard-of"`)
	require.Contains(t, r.errors, "Temporal was not read")

	t.Chdir(t.TempDir())
	r = starter(t, "", nowhere, "show", "production-llm-v2")
	require.Equal(t, exitUnreachable, r.code, "there is neither Temporal nor a trail")
	require.Contains(t, r.errors, "cannot reach Temporal")
}

func TestALineThatIsNoEntryDoesNotKeepTheRestOfAStoryFromBeingTold(t *testing.T) {
	path := recorded(t)
	edit(t, path, func(text string) string { return strings.Replace(text, `"event":"webhook"`, `"event":`, 1) })

	r := starter(t, "", []string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, "show", "production-llm-v2", "--audit", path)

	require.Equal(t, 0, r.code, r.errors)
	require.Contains(t, r.out, "COMPLETED")
	require.Contains(t, r.out, "not all of it: 1 line could not be read")
}

func TestAStoryOfEverythingFitsIntoEightyColumns(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	long, wide := strings.Repeat("x", 200), strings.Repeat("漢字 ", 60)
	gone, restored := false, false
	story := schemas.ModelStory{
		Name: strings.Repeat("名", 32),
		Model: &schemas.ModelStatus{
			Ownership: schemas.Ownership{
				ModelID: long, PayloadHash: strings.Repeat("ab",
					32), Operation: schemas.ChangeModelWorkflow, Since: at, State: schemas.ModelDrifted,
				Manifest:  schemas.Manifest{EndpointURL: "https://" + long + ".example"},
				Approvals: []schemas.Approval{{Approver: wide, DecidedAt: at, Reason: long, Signed: true, KeyFingerprint: long}},
			},
			StateSince: at, Reason: wide + long,
			Checks: schemas.Checks{At: at, Trouble: long, Drift: []schemas.Change{{Key: "endpoint_url", Old: long, New: wide}},
				Paused: &schemas.Pause{By: long, Reason: wide, At: at}},
		},
		Operations: []schemas.StoryOperation{{
			Operation: schemas.ChangeModelWorkflow, StartedAt: at, EndedAt: at.Add(72 * time.Hour), Outcome: schemas.ApprovalTimedOut, Requester: long,
			Changes: []schemas.Change{{Key: long, Old: wide,
				New: long}}, ChangedSettings: []string{long}, Reason: wide, Remarks: []string{long},
			Cancellation: &schemas.Cancellation{By: wide, Reason: long}, Deregistered: &gone, Restored: &restored, RunID: long,
			Webhook: &schemas.WebhookDelivery{Error: long},
		}, {Operation: schemas.ChangeModelWorkflow, Requester: schemas.ManageModelWorkflowID("m"), StartedAt: at, Stage: schemas.StageApproval}},
		Transitions: []schemas.StoryTransition{{At: at, Before: schemas.ModelActive, After: schemas.ModelDrifted,
			Reason: long}},
		Sources: schemas.StorySources{Temporal: schemas.StorySource{Name: long}, Trail: schemas.StorySource{Name: long,
			Read: true, Problem: wide}},
	}
	var text strings.Builder
	for _, line := range storyLines(story) {
		text.WriteString(line.String() + "\n")
	}
	requireFits(t, text.String())
	require.Contains(t, text.String(), "restore  is at WAITING_FOR_APPROVAL")
	require.Contains(t, text.String(), "漢字")
}

// requireFits checks that no line is wider than a story may be.
func requireFits(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		require.LessOrEqual(t, console.Width(strings.TrimSuffix(line, "\n")), storyWidth, line)
	}
}

func TestWhatChangesAndHowTheModelDidIsToldFromTheTrail(t *testing.T) {
	path := recorded(t)
	trail, err := audit.Open(t.Context(), "file:"+path)
	require.NoError(t, err)
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for i, e := range []schemas.AuditEntry{
		{Event: schemas.AuditStarted, Operation: schemas.ChangeModelWorkflow, Requester: "carol"},
		{Event: schemas.AuditEnded, Operation: schemas.ChangeModelWorkflow, Requester: "carol", Outcome: schemas.Completed,
			Changes: []schemas.Change{{Key: "max_requests_per_minute", Old: "500", New: "600"}}},
		{Event: schemas.AuditModelState, StateBefore: schemas.ModelActive, State: schemas.ModelMissing, Reason: "it is gone"},
		{Event: schemas.AuditStarted, Operation: schemas.RetireModelWorkflow, Requester: "dave", Reason: "replaced",
			RunID: "run-9"},
	} {
		e.EntryID, e.Timestamp, e.Name, e.Compliance = "run-8/"+string(e.Event)+e.Operation, at.Add(time.Duration(i)*time.Minute),
			"production-llm-v2", schemas.RecordStored
		e.WorkflowID = "register-model/production-llm-v2"
		if e.Event == schemas.AuditModelState {
			e.WorkflowID = schemas.ManageModelWorkflowID(e.Name)
		}
		if e.RunID == "" {
			e.RunID = "run-8"
		}
		_, err := trail.Append(t.Context(), e)
		require.NoError(t, err)
	}
	require.NoError(t, trail.Close())

	r := starter(t, "", []string{"TEMPORAL_ADDRESS=127.0.0.1:1", "REGISTRAR_AUDIT=file:" + path}, "show",
		"production-llm-v2")

	require.Equal(t, 0, r.code, r.errors)
	for _, part := range []string{"change    max_requests_per_minute: 500 → 600", "asked by  carol", "ACTIVE → MISSING",
		"because  it is gone",
		"retire  an ending that is not known", "asked by  dave (replaced)"} {
		require.Contains(t, r.out, part)
	}
	require.Less(t, strings.Index(r.out, "register  COMPLETED"), strings.Index(r.out, "change  COMPLETED"),
		"in the order of time")
}

func TestAChangeThatPutsBackWhatWasApprovedIsARestore(t *testing.T) {
	change := schemas.StoryOperation{Operation: schemas.ChangeModelWorkflow, Requester: "ann", PreviousHash: "a", PayloadHash: "a",
		Changes: []schemas.Change{{Key: "max_requests_per_minute", Old: "7", New: "500"}}}
	require.Equal(t, "restore", operationVerb(change))
	change.PayloadHash = "b"
	require.Equal(t, "change", operationVerb(change))
	change.Requester = "model/llm"
	require.Equal(t, "restore", operationVerb(change))
}

func TestWhatNoCheckHasSeenWasLastSeenAtItsHandOver(t *testing.T) {
	since := time.Now().Add(-time.Hour)
	at := func(check time.Time, trouble string) string {
		return lastCheck(schemas.Ownership{Since: since, LastCheck: &schemas.LastCheck{At: check, Trouble: trouble}})
	}
	require.Equal(t, "at hand-over, 1h00m ago", lastCheck(schemas.Ownership{Since: since}))
	require.Equal(t, "at hand-over, 1h00m ago", at(since.Add(-time.Hour), ""), "it was another payload then")
	require.Equal(t, "at hand-over, 1h00m ago, and since then in vain", at(time.Time{}, "503"))
	require.Equal(t, "30m00s ago", at(since.Add(30*time.Minute), ""))
}
