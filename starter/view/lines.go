// Package view shows people how registrations go: as lines that stay, and as a block that is redrawn.
package view

import (
	"fmt"
	"strings"
	"time"

	"model-registrar/internal/follow"
	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// labels are the stages in a reader's words.
var labels = map[schemas.Stage]string{
	schemas.StageValidating:  "validate",
	schemas.StageComparing:   "compare",
	schemas.StageSubmitting:  "submit",
	schemas.StageUpdating:    "update",
	schemas.StageDeleting:    "delete",
	schemas.StageReadingBack: "read back",
	schemas.StageRegistering: "Genesys job",
	schemas.StageProbing:     "probe",
	schemas.StageApproval:    "approval",
	schemas.StageHealthCheck: "health check",
	schemas.StageHandOver:    "hand over",
	schemas.StageRollingBack: "roll back",
	schemas.StageRecording:   "record",
}

// Label is a stage in a reader's words.
func Label(s schemas.Stage) string {
	if l, ok := labels[s]; ok {
		return l
	}
	return string(s)
}

// columns: a mark, the stage, how long it took, and what there is to say.
func row(style console.Style, mark, label, took, text string) console.Line {
	return console.Styled(style, mark).And(console.Plain, fmt.Sprintf(" %-13s", label)).
		And(console.Faint, fmt.Sprintf("%7s", took)).And(console.Plain, "  "+text)
}

// line shows what happened.
func line(e follow.Entry) console.Line {
	switch e.Mark {
	case follow.Done:
		return row(console.Good, "✓", Label(e.Stage), words.Span(e.Took), e.Text)
	case follow.Failed:
		return row(console.Bad, "✗", Label(e.Stage), words.Span(e.Took), e.Text)
	case follow.Warn:
		return console.Styled(console.Alert, "! "+e.Text)
	}
	return console.Styled(console.Active, "· "+e.Text)
}

func attempt(a schemas.Retry, now time.Time) string {
	when := "is running"
	if wait := a.Next.Sub(now); !a.Next.IsZero() && wait > 0 {
		when = fmt.Sprintf("in %s", (wait + time.Second - 1).Truncate(time.Second))
	}
	return fmt.Sprintf("%s attempt %d %s; last failure: %s", a.Activity, a.Number, when, console.FirstLine(a.Failure))
}

// Retrying shows what failed and is tried again.
func Retrying(all []schemas.Retry, now time.Time) []console.Line {
	var lines []console.Line
	for _, a := range all {
		lines = append(lines, console.Styled(console.Alert, "  ↻ "+attempt(a, now)))
	}
	return lines
}

// lost says that Temporal cannot be reached, in one line.
func lost(err error) string {
	text := "no connection to Temporal; trying until it is back"
	if follow.TimedOut(err) {
		return text
	}
	return text + ": " + console.FirstLine(err.Error())
}

func doing(v follow.View) string {
	parts := []string{}
	if v.Current.Stage == schemas.StageApproval {
		parts = append(parts, "waiting for a person")
	}
	if v.Current.Doing != "" {
		parts = append(parts, v.Current.Doing)
	}
	if v.Polling != "" && v.Current.Stage == schemas.StageRegistering {
		parts = append(parts, v.Polling)
	}
	return strings.Join(parts, " · ")
}

// Lines shows all that has happened, and the stage that goes on.
func Lines(t *follow.Timeline, now time.Time) []console.Line {
	var lines []console.Line
	for _, e := range t.Log {
		lines = append(lines, line(e))
	}
	if t.Current != nil {
		v := follow.View{Timeline: *t}
		lines = append(lines, row(console.Active, "…", Label(t.Current.Stage), words.Span(now.Sub(t.Current.StartedAt)),
			doing(v)))
	}
	return lines
}

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// Block shows what goes on now, for a terminal that is redrawn: the current stage, and what holds it up.
func Block(v follow.View, now time.Time) []console.Line {
	if v.Ending != nil {
		return nil
	}
	if v.Current == nil {
		if v.Lost != nil {
			return []console.Line{console.Styled(console.Alert, "! "+lost(v.Lost))}
		}
		return nil
	}
	frame := spinner[int(now.UnixMilli()/100)%len(spinner)]
	block := []console.Line{
		row(console.Active, frame, Label(v.Current.Stage), words.Span(now.Sub(v.Current.StartedAt)), doing(v)),
	}
	block = append(block, Retrying(v.Attempts, now)...)
	if v.Stalled != "" {
		block = append(block, console.Styled(console.Alert, "  ! "+v.Stalled))
	}
	if v.Lost != nil {
		block = append(block, console.Styled(console.Alert, "  ! "+lost(v.Lost)))
	}
	return block
}
