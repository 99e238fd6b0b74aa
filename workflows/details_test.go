package workflows

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// hostile is what somebody may write where a person will read it.
const hostile = "x | y `z` <script>alert(1)</script> **b** _i_ [l](https://evil.example) # h ~s~ \\| \n\n# Approved\n| a | b |\r\x00\x1b[2J\u202e"

// detailsAtTheGate runs a story to its gate and returns what the Temporal UI shows there, and once it is over.
func detailsAtTheGate(t *testing.T, prepare func(*story)) (atGate, after string) {
	t.Helper()
	s := gated(t)
	prepare(s)
	s.at(time.Hour, func() { atGate = s.page().CurrentDetails })
	s.at(2*time.Hour, func() {
		s.signal(schemas.Decision{Decision: schemas.Approve, Approver: "Ann " + strings.ReplaceAll(hostile[:40], "\n", " "), Reason: hostile, PayloadHash: payloadHash})
	})
	require.Equal(t, schemas.Completed, s.run().Status)
	return atGate, s.page().CurrentDetails
}

// skeleton is the structure of a page: its lines, with the name alone of each item, and the marks of the others.
func skeleton(page string) []string {
	var lines []string
	for line := range strings.Lines(page) {
		if item, _, found := strings.Cut(line, "**: "); found && strings.HasPrefix(line, "- ") {
			lines = append(lines, item)
			continue
		}
		lines = append(lines, strings.Map(func(c rune) rune {
			if strings.ContainsRune("*#`|<>[]", c) {
				return c
			}
			return -1
		}, escaped.ReplaceAllString(codeSpan.ReplaceAllString(line, "``"), "")))
	}
	return lines
}

var (
	codeSpan = regexp.MustCompile("`[^`]*`")
	escaped  = regexp.MustCompile(`\\.|&[lg]t;`)
)

func TestAtTheGateThePageShowsTheEvidenceAndWhatToDo(t *testing.T) {
	page, after := detailsAtTheGate(t, func(*story) {})
	for _, shown := range []string{
		"**production-llm-v2** is at **WAITING_FOR_APPROVAL**", "- **endpoint**: `https://api.external-ai-provider.com/v1?key=…`\n",
		"- **architecture**: openai\n", payloadHash, "- **job**: job-1 COMPLETED\n", "- **model**: model-1\n",
		"- **probe**: PASS, 420 ms, HTTP 200\n", "`starter approve production-llm-v2 --reason", `"decision":"approve"`,
		"after that the model is rolled back", requester + " asked for this registration and cannot approve it",
	} {
		require.Contains(t, page, shown)
	}
	require.NotContains(t, page, "hush", "the URL's query may hold a token")
	require.NotContains(t, after, "starter approve")
	require.Contains(t, after, "- **decision**: approve by Ann")
	require.Contains(t, after, "- **webhook**: delivered (204)\n")
}

func TestWhatOthersWroteCannotChangeThePagesStructure(t *testing.T) {
	harmless, harmlessAfter := detailsAtTheGate(t, func(s *story) {
		s.world.probe = answers[schemas.ProbeInput](failed)
	})
	page, after := detailsAtTheGate(t, func(s *story) {
		s.in.Manifest.Name = "name " + hostile
		s.in.Manifest.EndpointURL = "https://<b>*x*_y_.example/"
		s.in.Manifest.ModelArchitecture = hostile
		s.in.Requester = requester + hostile
		report := failed
		report.ErrorCode, report.Error = hostile, strings.Repeat(hostile, 20)
		s.world.probe = answers[schemas.ProbeInput](report)
		s.world.submit = answers[schemas.SubmitInput](schemas.Submission{JobID: "job " + hostile})
		s.world.poll = answers[schemas.PollInput](schemas.PollResult{Done: true, ModelID: "model " + hostile, LastStatus: hostile})
		s.world.healthCheck = answers[schemas.HealthCheckInput](schemas.HealthCheck{ID: hostile, Status: hostile})
	})
	require.Equal(t, skeleton(harmless), skeleton(page))
	require.Equal(t, skeleton(harmlessAfter), skeleton(after))
	for _, text := range []string{page, after} {
		for _, raw := range []string{"<script", "**b**", "[l]", "\x00", "\x1b", "\r", "\u202e"} {
			require.NotContains(t, codeSpan.ReplaceAllString(text, ""), raw)
		}
		require.Less(t, len(text), 20_000)
	}
}

func TestACommandShownCanBeCopiedWhateverTheNameIs(t *testing.T) {
	for name, word := range map[string]string{
		"production-llm-v2": "production-llm-v2",
		"my model":          "'my model'",
		"x; rm -rf ~":       "'x; rm -rf ~'",
		"$(id)":             "'$(id)'",
		"it's":              `'it'\''s'`,
		"a&b":               "'a&b'",
	} {
		page, _ := detailsAtTheGate(t, func(s *story) { s.in.Manifest.Name = name })
		require.Contains(t, page, "`starter approve "+word+" --reason")
	}
}

func TestThePageNamesNoRequesterWhereNobodyIsNamed(t *testing.T) {
	page, _ := detailsAtTheGate(t, func(s *story) { s.in.Requester = "" })
	require.NotContains(t, page, "asked for this registration")
}

func TestThePageShowsAKeptDecisionAndRefusedOnes(t *testing.T) {
	s := gated(t)
	var page string
	s.during[schemas.SubmitRegistrationActivity] = func() {
		s.signal(approve(requester))
		s.signal(approve(approver))
		s.signal(approve("bob@example.com"))
		s.until(func() bool { return len(s.progress().Refused) == 2 })
		s.onLoop(func() { page = s.page().CurrentDetails })
	}
	s.run()
	require.Contains(t, page, "- **kept decision**: approve by "+approver+"\n")
	require.Contains(t, page, "- **refused decisions**: 2; the newest: "+approver+" has decided already: approve\n")
}

func TestThePageSaysWhyAnEndingIsNotACompletion(t *testing.T) {
	s := newStory(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.world.deregister = fails[schemas.DeregisterInput, nothing](fatal(schemas.ErrForbidden, "no permission"))
	s.world.notify = fails[schemas.WebhookInput, schemas.WebhookDelivery](fatal(schemas.ErrWebhookRefused, "it is gone"))
	s.run()
	page := s.page().CurrentDetails
	require.Contains(t, page, "ended as **FAILED**: the synthetic probe failed: the answer is a greeting")
	require.Contains(t, page, "- **probe**: FAIL WRONG\\_ANSWER the answer is a greeting\n")
	require.Contains(t, page, "- **rolled back**: NO: the worker's login was refused for 24h: no permission\n")
	require.Contains(t, page, "- **webhook**: not delivered: it is gone\n")
}

func TestTheProbesLineHasItsFigures(t *testing.T) {
	report := passed
	report.Details = &schemas.ProbeDetails{
		TTFT: &schemas.Distribution{Median: 51.4}, Warm: make([]schemas.ProbeSample, 3), TokensUsed: 40}
	require.Equal(t, "PASS, 420 ms, HTTP 200, first token after 51 ms, 4 samples, 40 tokens", probeLine(&report))
	require.Equal(t, "FAIL WRONG_ANSWER the answer is a greeting", probeLine(&failed))
}

func TestEveryHandlerIsDescribed(t *testing.T) {
	s := newStory(t)
	s.run()
	d := s.page().Definition
	for _, handlers := range [][]string{
		{d.QueryDefinitions[len(d.QueryDefinitions)-1].Name, d.QueryDefinitions[len(d.QueryDefinitions)-1].Description},
		{d.SignalDefinitions[0].Name, d.SignalDefinitions[0].Description},
		{d.UpdateDefinitions[0].Name, d.UpdateDefinitions[0].Description},
		{d.UpdateDefinitions[1].Name, d.UpdateDefinitions[1].Description},
	} {
		require.Contains(t, []string{schemas.StatusQuery, schemas.DecideHandler, schemas.CancelHandler}, handlers[0])
		require.NotEmpty(t, handlers[1])
	}
}

func TestOutsideTextIsOnePrintableLineOfBoundedLength(t *testing.T) {
	require.Equal(t, "a b c", plain("a\nb\tc", 10))
	require.Equal(t, "abc…", plain("abcdef", 4))
	require.Equal(t, "äöü", plain("äöü", 3))
	require.Equal(t, "a b", plain("a\u202eb", 10), "no text that is read backwards")
	require.Equal(t, `a\|b 'c' &lt;d&gt; \*\[e\]\_\#\~ \\`, markdown("a|b `c` <d> *[e]_#~ \\"))
	require.LessOrEqual(t, len(markdown(strings.Repeat("|", 10_000))), 2*600+3)
	require.Equal(t, "it's", code("it`s"))
}
