package main

import (
	"fmt"
	"math"
	"strings"

	"model-registrar/internal/words"
	"model-registrar/starter/console"
)

const (
	mostBar  = 60 // cells; longer bars are no easier to compare
	leastBar = 10 // cells; shorter ones say nothing
)

// chartLines draws each sample's total latency as a bar, with the time to the first token apart, on a terminal of so
// many columns. There is no chart where there is no terminal, or no room.
func chartLines(all []sample, columns int) []console.Line {
	longest, streamed := 0.0, false
	labels := 0
	for _, s := range all {
		longest = max(longest, s.LatencyMs)
		streamed = streamed || s.TTFTMs > 0
		labels = max(labels, len(s.label))
	}
	// Beside the bar: the indent, the label, two spaces, one space, a figure of at most 7 cells, and the last column.
	room := min(columns-labels-13, mostBar)
	if room < leastBar || longest <= 0 {
		return nil
	}
	lines := make([]console.Line, len(all))
	for i, s := range all {
		lines[i] = console.Text(fmt.Sprintf("  %-*s  ", labels, s.label))
		lines[i] = append(lines[i], bar(s, float64(room)/longest)...)
		lines[i] = lines[i].And(console.Plain, " "+words.Millis(s.LatencyMs))
	}
	if streamed {
		lines = append(lines, console.Styled(console.Faint,
			fmt.Sprintf("  %-*s  █ until the first token  ░ until the end", labels, "")))
	}
	return lines
}

// bar is a sample's bar at so many cells a millisecond: at least one, so that none vanishes.
func bar(s sample, scale float64) console.Line {
	cells := max(1, int(math.Round(s.LatencyMs*scale)))
	first := min(int(math.Round(s.TTFTMs*scale)), cells)
	if s.TTFTMs <= 0 {
		first = cells // nothing tells when it began
	}
	style := console.Active
	if s.Error != "" {
		style = console.Bad
	}
	return console.Styled(style, strings.Repeat("█", first)).And(style, strings.Repeat("░", cells-first))
}
