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

// fleetProgress shows how a fleet goes: a bar that is redrawn on a terminal; elsewhere a line whenever a twentieth more is
// done, the status changes, or it has been quiet for a while, so that there are never many of them.
type fleetProgress struct {
	*display
	speed   speed
	told    time.Time // when the last line was printed
	quiet   time.Duration
	step    int // twentieths that were told
	status  schemas.FleetStatus
	stalled string
}

func newFleetProgress(out *console.Printer) *fleetProgress {
	return &fleetProgress{display: newDisplay(out), quiet: firstLine, step: -1}
}

// look takes what a look found, or why there was no answer.
func (p *fleetProgress) look(v schemas.FleetProgress, stalled string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if v.Total > 0 {
		p.speed.add(now, v)
	} else if p.speed.last.Total > 0 {
		v = p.speed.last
	}
	if p.live != nil {
		p.live.Update(nil, p.block(v, stalled))
		return
	}
	if stalled != "" && stalled != p.stalled {
		p.out.Print(console.Styled(console.Alert, "! "+stalled))
	}
	p.stalled = stalled
	if v.Total == 0 || stalled != "" {
		return
	}
	step := 20 * v.Ended / v.Total
	if step == p.step && v.Status == p.status && now.Sub(p.told) < p.quiet {
		return
	}
	if step == p.step && v.Status == p.status {
		p.quiet = min(2*p.quiet, lastLine)
	}
	p.step, p.status, p.told = step, v.Status, now
	p.out.Print(console.Text(fmt.Sprintf("%s  %d of %d done  ", v.Status, v.Ended, v.Total) + fleetCounts(v) + p.speed.text()))
}

func (p *fleetProgress) block(v schemas.FleetProgress, stalled string) []console.Line {
	if v.Total == 0 {
		return []console.Line{console.Styled(console.Faint, "waiting for the fleet to say where it stands")}
	}
	done := barWidth * v.Ended / v.Total
	lines := []console.Line{
		console.Styled(console.Active, strings.Repeat("█", done)).And(console.Faint, strings.Repeat("░", barWidth-done)).
			And(console.Strong, fmt.Sprintf("  %d of %d", v.Ended, v.Total)).
			And(console.Plain, fmt.Sprintf("  %d %%  %s", 100*v.Ended/v.Total, v.Status)).
			And(console.Faint, p.speed.text()),
		console.Text("  " + fleetCounts(v)),
	}
	if n := len(v.Recent); n > 0 {
		x := v.Recent[n-1]
		lines = append(lines, console.Styled(console.Bad, "  "+failedName(x)+" "+string(x.Outcome)).And(console.Faint, "  "+x.Reason))
	}
	if stalled != "" {
		lines = append(lines, console.Styled(console.Alert, "  ! "+stalled))
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
	return text + ", about " + words.Span((time.Duration(float64(left)/rate) * time.Second).Round(time.Second)) + " left"
}
