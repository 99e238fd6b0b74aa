package view

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

var began = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

func text(lines []console.Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}

// submitting is a view of a registration that has been submitting for a while.
func submitting() follow.View {
	return follow.View{Timeline: follow.Timeline{
		StartedAt: began,
		Log:       []follow.Entry{{Mark: follow.Done, Stage: schemas.StageValidating, Took: 12 * time.Millisecond, Text: "payload 2f5b"}},
		Current: &follow.Step{
			Stage: schemas.StageSubmitting, StartedAt: began.Add(12 * time.Millisecond), Doing: "Create llm-v2",
		},
	}}
}

func TestATerminalShowsTheStageItsRetriesAndWhatHoldsItUp(t *testing.T) {
	v := submitting()
	now := began.Add(3 * time.Second)
	v.Attempts = []schemas.Retry{{
		Activity: schemas.SubmitRegistrationActivity, Number: 4, Failure: "503 unavailable\nsecond line", Next: now.Add(7500 * time.Millisecond),
	}}
	v.Stalled = "no worker is polling"
	v.Lost = errors.New("refused")

	require.Equal(t, `⠋ submit          2.9s  Create llm-v2
  ↻ SubmitRegistration attempt 4 in 8s; last failure: 503 unavailable
  ! no worker is polling
  ! no connection to Temporal; trying until it is back: refused
`, text(Block(v, now)))
}

func TestALogTellsEachThingOnce(t *testing.T) {
	var l Log
	now := began.Add(time.Second)
	v := submitting()
	require.Equal(t, "✓ validate        12ms  payload 2f5b\n", text(l.Next(v, now)))
	require.Empty(t, l.Next(v, now))

	v.Attempts = []schemas.Retry{{Activity: schemas.SubmitRegistrationActivity, Number: 2, Failure: "503"}}
	require.Equal(t, "↻ SubmitRegistration attempt 2 is running; last failure: 503\n", text(l.Next(v, now)))
	require.Empty(t, l.Next(v, now))

	v.Lost = errors.New("refused")
	require.Equal(t, "! no connection to Temporal; trying until it is back: refused\n", text(l.Next(v, now)))
	require.Empty(t, l.Next(v, now))
	v.Lost = nil
	require.Equal(t, "· connected to Temporal again\n", text(l.Next(v, now)))

	v.Stalled = "no worker is polling"
	require.Equal(t, "! no worker is polling\n", text(l.Next(v, now)))
	require.Empty(t, l.Next(v, now))
}

func TestALogSaysAtGrowingDistancesThatAStageGoesOn(t *testing.T) {
	var l Log
	v := submitting()
	said := 0
	for now := began.Add(time.Second); now.Before(began.Add(time.Hour)); now = now.Add(time.Second) {
		for _, line := range l.Next(v, now) {
			if strings.HasPrefix(line.String(), "… submit") {
				said++
			}
		}
	}
	require.Equal(t, 9, said) // after about 11 s, 22 s, 44 s, … 47 min
}

func TestAHistoryReadInOneGoDoesNotSayThatItsStagesGoOn(t *testing.T) {
	var l Log
	later := began.Add(time.Hour)
	v := follow.View{}
	for _, stage := range []schemas.Stage{schemas.StageValidating, schemas.StageSubmitting, schemas.StageRegistering} {
		v.Current = &follow.Step{Stage: stage, StartedAt: began}
		require.NotContains(t, text(l.Next(v, later)), "…")
		v.Log = append(v.Log, follow.Entry{Mark: follow.Done, Stage: stage})
	}
	require.Contains(t, text(l.Next(v, later.Add(time.Second))), "… Genesys job    1h00m")
}
