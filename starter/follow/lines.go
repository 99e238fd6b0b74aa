package follow

import (
	"fmt"
	"strings"
	"time"

	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// labels are the stages in a reader's words.
var labels = map[schemas.Stage]string{
	schemas.StageValidating:  "validate",
	schemas.StageSubmitting:  "submit",
	schemas.StageRegistering: "Genesys job",
	schemas.StageProbing:     "probe",
	schemas.StageApproval:    "approval",
	schemas.StageHealthCheck: "health check",
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
func (e Entry) line() console.Line {
	switch e.Mark {
	case Done:
		return row(console.Good, "✓", Label(e.Stage), Span(e.Took), e.Text)
	case Failed:
		return row(console.Bad, "✗", Label(e.Stage), Span(e.Took), e.Text)
	case Warn:
		return console.Styled(console.Alert, "! "+e.Text)
	}
	return console.Styled(console.Active, "· "+e.Text)
}

func (a Attempt) text(now time.Time) string {
	when := "is running"
	if wait := a.Next.Sub(now); !a.Next.IsZero() && wait > 0 {
		when = fmt.Sprintf("in %s", (wait + time.Second - 1).Truncate(time.Second))
	}
	return fmt.Sprintf("%s attempt %d %s; last failure: %s", a.Activity, a.Number, when, console.FirstLine(a.Failure))
}

// lost says that Temporal cannot be reached, in one line.
func lost(err error) string {
	text := "no connection to Temporal; trying until it is back"
	if TimedOut(err) {
		return text
	}
	return text + ": " + console.FirstLine(err.Error())
}

func (v View) doing() string {
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
func (t *Timeline) Lines(now time.Time) []console.Line {
	var lines []console.Line
	for _, e := range t.Log {
		lines = append(lines, e.line())
	}
	if t.Current != nil {
		v := View{Timeline: *t}
		lines = append(lines, row(console.Active, "…", Label(t.Current.Stage), Span(now.Sub(t.Current.StartedAt)), v.doing()))
	}
	return lines
}

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// Block shows what goes on now, for a terminal that is redrawn: the current stage, and what holds it up.
func (v View) Block(now time.Time) []console.Line {
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
		row(console.Active, frame, Label(v.Current.Stage), Span(now.Sub(v.Current.StartedAt)), v.doing()),
	}
	for _, a := range v.Attempts {
		block = append(block, console.Styled(console.Alert, "  ↻ "+a.text(now)))
	}
	if v.Stalled != "" {
		block = append(block, console.Styled(console.Alert, "  ! "+v.Stalled))
	}
	if v.Lost != nil {
		block = append(block, console.Styled(console.Alert, "  ! "+lost(v.Lost)))
	}
	return block
}

// Known reports whether a stage is one of a running registration, and not an outcome.
func Known(s schemas.Stage) bool {
	_, ok := labels[s]
	return ok
}
