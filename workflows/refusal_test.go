package workflows

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"

	"model-registrar/schemas"
)

func TestDecisionsThatDoNotCountAreRefusedAndWaitingGoesOn(t *testing.T) {
	for name, c := range map[string]struct {
		decision schemas.Decision
		because  string
	}{
		"by the requester":                     {approve(requester), "cannot approve it"},
		"by the requester in capitals":         {approve(strings.ToUpper(requester)), "cannot approve it"},
		"by the requester between spaces":      {approve("\u00a0 " + requester + "\t "), "cannot approve it"},
		"by nobody":                            {approve(""), "who decides"},
		"by spaces":                            {reject(" \t\n"), "who decides"},
		"by a name without end":                {approve(strings.Repeat("ä", 129)), "at most 128 characters"},
		"by a name with a line break":          {approve("Ann\nBob"), "control character"},
		"by the requester, not quite":          {approve(requester + "\u200b"), "invisible"},
		"by the requester and a filler":        {approve(requester + "\u3164"), "invisible"},
		"by the requester in full width":       {approve("ｒequester@example.com"), "cannot approve it"},
		"by a name in two alphabets":           {approve("rеquester@example.com"), "mixes letters of"},
		"by the example's placeholder":         {approve("who you are"), "placeholder"},
		"for the example's reason":             {schemas.Decision{Decision: "approve", Approver: approver, Reason: "why", PayloadHash: payloadHash}, "placeholder"},
		"for a payload without end":            {schemas.Decision{Decision: "reject", Approver: approver, PayloadHash: strings.Repeat("a", 1_000)}, "at most 128 bytes"},
		"on a probe that came to something":    {schemas.Decision{Decision: "reject", Approver: approver, Probe: "GOOD"}, `must be "PASS"`},
		"with a reason without end":            {schemas.Decision{Decision: "reject", Approver: approver, Reason: strings.Repeat("ä", 2001)}, "at most 2000"},
		"without the payload that it approves": {schemas.Decision{Decision: "approve", Approver: approver}, "must name the payload that it approves: payloadHash " + payloadHash},
		"for another payload":                  {schemas.Decision{Decision: "reject", Approver: approver, PayloadHash: "beef"}, "it is about payload beef"},
		"for another run":                      {schemas.Decision{Decision: "reject", Approver: approver, RunID: "run-0"}, "it is about another registration of " + modelName + " (run run-0)"},
		"with a signature without end":         {schemas.Decision{Decision: "reject", Approver: approver, Signature: strings.Repeat("s", 9000)}, "at most 8192 bytes"},
		"without a verdict":                    {schemas.Decision{Approver: approver}, `"approve" or "reject"`},
		"with a verdict in another spelling":   {schemas.Decision{Decision: "APPROVE", Approver: approver}, `"approve" or "reject"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := gated(t)
			var a *answer
			var after schemas.Progress
			s.at(time.Hour, func() { a = s.update(c.decision) })
			s.at(2*time.Hour, func() { s.signal(c.decision) })
			s.at(3*time.Hour, func() { after = s.progress() })
			s.at(4*time.Hour, func() { s.update(approve(approver)) })
			e := s.run()

			a.wantRefused(t, c.because)
			refusals := []string{c.because}
			if a.accepted { // it was a decision, if one that does not count: it is recorded, and listed
				refusals = append(refusals, c.because)
				require.Len(t, s.entries(schemas.AuditDecision), 3)
				require.Contains(t, s.entries(schemas.AuditDecision)[0].Decision.Refusal, c.because)
			}
			require.Equal(t, schemas.StageApproval, after.Stage)
			require.True(t, after.Approval.Open)
			s.wantRefusedSignals(refusals...)
			require.False(t, s.progress().Refused[0].At.IsZero())
			require.Equal(t, schemas.Completed, e.Status)
			require.Equal(t, approver, e.Approval.Approver)
		})
	}
}

func TestASignalsRubbishIsRecordedAndWaitingGoesOn(t *testing.T) {
	for name, rubbish := range map[string]any{
		"a text":          "yes please",
		"a number":        42,
		"a list":          []string{"approve"},
		"other types":     map[string]any{"decision": true, "approver": []int{1}},
		"other fields":    map[string]any{"verdict": "approve"},
		"null":            nil,
		"bytes":           []byte{0xff, 0x00},
		"no payload":      withoutPayload{},
		"a huge document": map[string]string{"decision": strings.Repeat("approve", 100_000)},
	} {
		t.Run(name, func(t *testing.T) {
			s := gated(t)
			s.env.SetDataConverter(sendsNoPayload{converter.GetDefaultDataConverter()})
			s.at(time.Hour, func() { s.signal(rubbish) })
			s.at(2*time.Hour, func() { s.signal(approve(approver)) })
			e := s.run()
			require.Equal(t, schemas.Completed, e.Status)
			s.wantRefusedSignals("decision")
			require.Less(t, len(s.progress().Refused[0].Reason), 200)
		})
	}
}

func TestAnUpdatesRubbishIsRefused(t *testing.T) {
	s := gated(t)
	var text, number *answer
	s.at(time.Hour, func() { text, number = s.update("yes please"), s.update(42) })
	s.at(2*time.Hour, func() { s.update(approve(approver)) })
	require.Equal(t, schemas.Completed, s.run().Status)
	require.Error(t, text.err)
	require.Error(t, number.err)
	require.False(t, text.accepted || number.accepted)
}

func TestOnlyAsManyApprovalsCountAsAreRequired(t *testing.T) {
	for _, second := range []schemas.Decision{approve("bob@example.com"), approve(approver)} {
		s := gated(t)
		var first, again *answer
		s.at(time.Hour, func() {
			first, again = s.update(approve(approver)), s.update(second) // both before the workflow has gone on
			s.signal(second)
		})
		e := s.run()
		require.NoError(t, first.err)
		require.ErrorContains(t, again.err, approver+" has decided already: approve")
		s.wantRefusedSignals("has decided already", "has decided already")
		require.Equal(t, schemas.Completed, e.Status)
		require.Equal(t, approver, e.Approval.Approver)
	}
}

func TestADecisionAfterTheTimeOutIsRefused(t *testing.T) {
	s := gated(t)
	var a *answer
	s.during[schemas.DeregisterModelActivity] = func() {
		a = s.update(approve(approver))
		s.signal(approve(approver))
	}
	e := s.run()
	require.Equal(t, schemas.ApprovalTimedOut, e.Status)
	a.wantRefused(t, "takes no decision any more")
	s.wantRefusedSignals("takes no decision any more", "takes no decision any more")
	require.Empty(t, e.Approval.Decision)
}

func TestADecisionThatCannotBeVerifiedIsRefused(t *testing.T) {
	for because, verify := range map[string]func(schemas.VerifyDecisionInput) (schemas.VerifiedDecision, error){
		"the key is not known":           answers[schemas.VerifyDecisionInput](schemas.VerifiedDecision{Refusal: "the key is not known"}),
		"could not be verified, try aga": fails[schemas.VerifyDecisionInput, schemas.VerifiedDecision](fatal(schemas.ErrInternal, "no file")),
	} {
		s := gated(t)
		s.world.verify = inTurn(verify, goodWorld().verify)
		var a *answer
		s.at(time.Hour, func() { a = s.update(approve(approver)) })
		s.at(2*time.Hour, func() { s.update(approve(approver)) })
		require.Equal(t, schemas.Completed, s.run().Status)
		a.wantRefused(t, because)
		require.Contains(t, s.entries(schemas.AuditDecision)[0].Decision.Refusal, because)
	}
}

func TestHowManyDecisionsAreRefusedARegistrationStaysOpenForThoseThatCount(t *testing.T) {
	s := gated(t)
	foul := schemas.Decision{Decision: schemas.Reject, Approver: "mallory", PayloadHash: "beef"}
	for i := range 3 * maxListed {
		s.at(time.Duration(i+1)*time.Minute, func() { s.signal(foul) })
	}
	s.at(9*time.Hour, func() { s.update(approve(requester)) })
	s.at(10*time.Hour, func() { s.update(approve(approver)) })
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.Len(t, s.entries(schemas.AuditDecision), maxListed+2)
	summary := s.entries(schemas.AuditRefusals)
	require.Len(t, summary, 1)
	require.Contains(t, summary[0].Reason, "200 decisions more were refused, and have no entries of their own: 200 times: it is about payload beef")
	p := s.progress()
	require.Equal(t, 3*maxListed+1, p.RefusedAll)
	require.Len(t, p.Refused, keptRefused)
}

func TestASignalOfMegabytesIsRefusedUnread(t *testing.T) {
	s := gated(t)
	large := approve(approver)
	large.Reason = strings.Repeat("x", 1_900_000)
	s.at(time.Hour, func() { s.signal(large) })
	s.at(2*time.Hour, func() { s.update(approve(approver)) })
	require.Equal(t, schemas.Completed, s.run().Status)
	s.wantRefusedSignals("was refused unread; it has at most 65536")
	require.Len(t, s.entries(schemas.AuditDecision), 1)
}

func TestARegistrationThatNearsTheServersLimitsEndsByItself(t *testing.T) {
	for what, fill := range map[string]func(*story){
		"bytes":  func(s *story) { s.env.SetCurrentHistorySize(maxHistoryBytes) },
		"events": func(s *story) { s.env.SetCurrentHistoryLength(maxHistoryEvents) },
	} {
		t.Run(what, func(t *testing.T) {
			s := gated(t)
			s.at(time.Hour, func() { fill(s); s.signal("rubbish") })
			e := s.run()
			require.Equal(t, schemas.Failed, e.Status)
			require.Equal(t, schemas.ErrHistoryFull, e.ErrorType)
			require.True(t, e.Rollback.Deregistered)
			require.Contains(t, e.Reason, "near where the server terminates a workflow")
		})
	}
}

func TestDecisionsAreRefusedOnceTheGateIsBehind(t *testing.T) {
	for _, activity := range []string{schemas.TriggerHealthCheckActivity, recordingTheEnding} {
		s := newStory(t)
		s.in.Manifest.WebhookCallbackURL = ""
		var a *answer
		s.during[activity] = func() {
			a = s.update(reject(approver))
			s.signal(reject(approver))
		}
		require.Equal(t, schemas.Completed, s.run().Status)
		a.wantRefused(t, "takes no decision any more")
		s.wantRefusedSignals("takes no decision any more", "takes no decision any more")
	}
}

func TestTheProgressRemembersTheNewestTwentyRefusedSignals(t *testing.T) {
	s := gated(t)
	for i := range 25 {
		s.at(time.Duration(i+1)*time.Minute, func() {
			s.signal(approve("\n" + fmt.Sprint(strings.Repeat("x", 200), i)))
		})
	}
	s.at(time.Hour, func() { s.signal(schemas.Decision{Decision: "later"}) })
	s.run()
	refused := s.progress().Refused
	require.Len(t, refused, 20)
	require.Contains(t, refused[18].Reason, "approver must be")
	require.Contains(t, refused[19].Reason, "decision must be")
	require.True(t, refused[0].At.Before(refused[19].At))
}
