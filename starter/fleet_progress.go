package main

import (
	"fmt"
	"strings"
	"time"

	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

const (
	barWidth  = 30
	rateSpan  = time.Minute // over which the rate is taken
	firstLine = 10 * time.Second
	lastLine  = 10 * time.Minute
)

// fleetSketch is how far a fleet is: a bar that is redrawn on a terminal; elsewhere a line whenever a twentieth more is
// done, the status changes, or it has been quiet for a while, so that there are never many of them.
type fleetSketch struct {
	terminal bool
	fresh    bool // what was seen has not been told
	stalled  string
	speed    speed // with what was seen last

	// of the lines that were told
	told    time.Time
	quiet   time.Duration
	step    int // twentieths
	status  schemas.FleetStatus
	trouble string
}

func newFleetSketch(terminal bool) *fleetSketch {
	return &fleetSketch{terminal: terminal, quiet: firstLine, step: -1}
}

// look takes what a look found, or why there was no answer.
func (s *fleetSketch) look(v schemas.FleetProgress, stalled string) {
	if v.Total > 0 {
		s.speed.add(time.Now(), v)
	}
	s.fresh, s.stalled = true, stalled
}

func (s *fleetSketch) next(now time.Time) []console.Line {
	if s.terminal || !s.fresh {
		return nil
	}
	s.fresh = false
	v, before := s.speed.last, s.trouble
	s.trouble = s.stalled
	switch same := v.Total > 0 && 20*v.Ended/v.Total == s.step && v.Status == s.status; {
	case s.stalled != "" && s.stalled != before:
		return []console.Line{console.Styled(console.Alert, "! "+s.stalled)}
	case s.stalled != "", v.Total == 0, same && now.Sub(s.told) < s.quiet:
		return nil
	case same:
		s.quiet = min(2*s.quiet, lastLine)
	}
	s.step, s.status, s.told = 20*v.Ended/v.Total, v.Status, now
	return []console.Line{console.Text(fmt.Sprintf("%s  %d of %d done  ", v.Status, v.Ended, v.Total) +
		fleetCounts(v) + s.speed.text())}
}

func (s *fleetSketch) block(time.Time) []console.Line {
	lines := []console.Line{console.Styled(console.Faint, "waiting for the fleet to say where it stands")}
	if v := s.speed.last; v.Total > 0 {
		done := barWidth * v.Ended / v.Total
		lines = []console.Line{
			console.Styled(console.Active, strings.Repeat("█", done)).
				And(console.Faint, strings.Repeat("░", barWidth-done)).
				And(console.Strong, fmt.Sprintf("  %d of %d", v.Ended, v.Total)).
				And(console.Plain, fmt.Sprintf("  %d %%  %s", 100*v.Ended/v.Total, v.Status)).
				And(console.Faint, s.speed.text()),
			console.Text("  " + fleetCounts(v)),
		}
		if n := len(v.Recent); n > 0 {
			x := v.Recent[n-1]
			lines = append(lines, console.Styled(console.Bad, "  "+failedName(x)+" "+string(x.Outcome)).
				And(console.Faint, "  "+x.Reason))
		}
	}
	if s.stalled != "" {
		lines = append(lines, console.Styled(console.Alert, "  ! "+s.stalled))
	}
	return lines
}

// fleetCounts writes the counts that are not zero.
func fleetCounts(v schemas.FleetProgress) string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	for _, o := range schemas.FleetOutcomes {
		add(v.Outcomes[o], string(o))
	}
	add(v.InFlight, fmt.Sprintf("in flight (window %d)", v.Window))
	add(v.Waiting, "waiting for approval")
	add(v.Queued, "queued")
	return strings.Join(parts, ", ")
}

// speed is how fast a fleet goes.
type speed struct {
	last    schemas.FleetProgress
	samples []tally
}

type tally struct {
	at    time.Time
	ended int
}

func (s *speed) add(now time.Time, v schemas.FleetProgress) {
	s.last = v
	s.samples = append(s.samples, tally{now, v.Ended})
	for len(s.samples) > 2 && now.Sub(s.samples[1].at) > rateSpan {
		s.samples = s.samples[1:]
	}
}

// perSecond is the rate over the last minute; over the fleet's whole time while there is less than ten seconds of that.
func (s *speed) perSecond() float64 {
	first, last := s.samples[0], s.samples[len(s.samples)-1]
	if span := last.at.Sub(first.at); span >= 10*time.Second {
		return float64(last.ended-first.ended) / span.Seconds()
	}
	span := last.at.Sub(s.last.StartedAt) - time.Duration(s.last.PausedMs)*time.Millisecond
	return float64(last.ended) / max(1, span.Seconds())
}

// text is the rate and the time left; nothing while there is nothing to tell.
func (s *speed) text() string {
	if len(s.samples) == 0 || s.last.Status != schemas.FleetRunning {
		return ""
	}
	rate := s.perSecond()
	left := s.last.Queued + s.last.InFlight
	if rate <= 0 || left == 0 {
		return ""
	}
	text := fmt.Sprintf("  %.1f/s", rate)
	if rate < 1 {
		text = fmt.Sprintf("  %.0f/min", 60*rate)
	}
	return text + ", about " + words.Span(time.Duration(float64(left)/rate)*time.Second) + " left"
}
