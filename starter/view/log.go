package view

import (
	"time"

	"model-registrar/internal/follow"
	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// Log turns views of one registration into lines that are appended and never redrawn. Brief leaves out what a redrawn
// [Block] shows beside it.
type Log struct {
	Brief bool

	told    int // entries of the timeline
	attempt map[string]int32
	stalled string
	lost    bool
	stage   schemas.Stage
	next    time.Time // when to say that the stage still runs
}

// Next returns the lines that the view adds.
func (l *Log) Next(v follow.View, now time.Time) []console.Line {
	var lines []console.Line
	for ; l.told < len(v.Timeline.Log); l.told++ {
		lines = append(lines, line(v.Timeline.Log[l.told]))
	}
	if l.Brief {
		return lines
	}
	lines = append(lines, l.attempts(v, now)...)
	lines = append(lines, l.trouble(v)...)
	return append(lines, l.still(v, now)...)
}

// attempts tells of each new attempt once.
func (l *Log) attempts(v follow.View, now time.Time) []console.Line {
	var lines []console.Line
	current := map[string]int32{}
	for _, a := range v.Attempts {
		current[a.Activity] = a.Number
		if l.attempt[a.Activity] != a.Number {
			lines = append(lines, console.Styled(console.Alert, "↻ "+attempt(a, now)))
		}
	}
	l.attempt = current
	return lines
}

// trouble tells when something begins to hold the registration up, and when the connection is back.
func (l *Log) trouble(v follow.View) []console.Line {
	var lines []console.Line
	if v.Stalled != "" && l.stalled == "" {
		lines = append(lines, console.Styled(console.Alert, "! "+v.Stalled))
	}
	l.stalled = v.Stalled
	switch {
	case v.Lost != nil && !l.lost:
		lines = append(lines, console.Styled(console.Alert, "! "+lost(v.Lost)))
	case v.Lost == nil && l.lost:
		lines = append(lines, console.Text("· connected to Temporal again"))
	}
	l.lost = v.Lost != nil
	return lines
}

// still tells at growing distances that a stage goes on, so that a log of hours stays short.
func (l *Log) still(v follow.View, now time.Time) []console.Line {
	if v.Current == nil {
		return nil
	}
	if v.Current.Stage != l.stage {
		l.stage, l.next = v.Current.Stage, now.Add(10*time.Second)
		if now.Sub(v.Current.StartedAt) > 10*time.Second {
			// An old stage is either passed over at once, in a history that is being read, or the one to tell of.
			l.next = now.Add(time.Second)
		}
	}
	if now.Before(l.next) {
		return nil
	}
	elapsed := now.Sub(v.Current.StartedAt)
	l.next = now.Add(max(elapsed, 10*time.Second))
	return []console.Line{row(console.Active, "…", Label(v.Current.Stage), words.Span(elapsed), doing(v))}
}
