package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is everything that a run measured.
type report struct {
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	Machine string    `json:"machine"`
	Quick   bool      `json:"quick,omitempty"`
	Rows    []row     `json:"rows"`
	Errors  []string  `json:"errors,omitempty"` // parts that could not be measured
}

// row is one figure.
type row struct {
	Part     string `json:"part"`
	Figure   string `json:"figure"`
	Measured series `json:"measured"`
	Baseline series `json:"baseline,omitzero"`
	// Paired says that samples were taken in turn with the baseline's.
	Paired bool `json:"paired,omitempty"`
	// Value is what the goal is about. Without a baseline it is the median; with one the ratio of the two medians; of
	// pairs the median of the ratios of each sample to the baseline's beside it, which a machine that becomes slower or
	// faster meanwhile changes little.
	Value float64 `json:"value"`
	Goal  goal    `json:"goal,omitzero"`
	Met   bool    `json:"met"`
	Note  string  `json:"note,omitempty"`
	// Load is the machine's load average of the last minute when the part ended.
	Load float64 `json:"load"`
}

// series is what was measured again and again; the median counts.
type series struct {
	Of      string    `json:"of,omitempty"`
	Unit    string    `json:"unit"`
	Median  float64   `json:"median"`
	Samples []float64 `json:"samples"`
}

// goal is the limit that a value has to keep to. With two limits, it has to lie between them; with none, there is no
// goal.
type goal struct {
	Least float64 `json:"least,omitempty"`
	Most  float64 `json:"most,omitempty"`
}

func newSeries(of, unit string, samples ...float64) series {
	return series{Of: of, Unit: unit, Median: median(samples), Samples: samples}
}

func median(samples []float64) float64 {
	if len(samples) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(samples))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// add adds a figure, and works out its value and whether the goal is met.
func (r *report) add(x row) {
	x.Value = x.Measured.Median
	switch {
	case x.Paired:
		var ratios []float64
		for i := range x.Measured.Samples {
			ratios = append(ratios, x.Measured.Samples[i]/x.Baseline.Samples[i])
		}
		x.Value = median(ratios)
		if n := len(ratios); n > 1 {
			x.Note = fmt.Sprintf("the median of %d ratios, each of two neighbours, %s to %s; ", n,
				number(slices.Min(ratios)), number(slices.Max(ratios))) + x.Note
		}
	case x.hasBaseline():
		x.Value /= x.Baseline.Median
	}
	x.Met, x.Load = x.Goal.met(x.Value), load()
	r.Rows = append(r.Rows, x)
}

func (x row) hasBaseline() bool { return len(x.Baseline.Samples) > 0 }

func (g goal) met(v float64) bool {
	return !math.IsNaN(v) && (g.Least == 0 || v >= g.Least) && (g.Most == 0 || v <= g.Most)
}

func (g goal) String() string {
	switch {
	case g.Least != 0 && g.Most != 0:
		return fmt.Sprintf("%s–%s", number(g.Least), number(g.Most))
	case g == (goal{}):
		return ""
	case g.Least != 0:
		return "≥ " + number(g.Least)
	}
	return "≤ " + number(g.Most)
}

func (r *report) missed() bool {
	return slices.ContainsFunc(r.Rows, func(x row) bool { return !x.Met })
}

// write prints the table with its notes, and writes the JSON file.
func (r *report) write(out io.Writer, s settings) error {
	text := fmt.Sprintf("%s, %s.", r.Started.Format("2006-01-02 15:04 MST"), r.Machine)
	if r.Quick {
		text += " A quick run: its figures mean little."
	}
	fmt.Fprintf(out, "%s\n\n", text)
	r.print(out, s.markdown)
	for _, x := range r.Rows {
		if x.Note != "" {
			fmt.Fprintf(out, "- %s: %s\n", x.Figure, x.Note)
		}
	}
	for _, e := range r.Errors {
		fmt.Fprintf(out, "- not measured: %s\n", e)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.json), 0o755); err != nil {
		return err
	}
	return os.WriteFile(s.json, append(data, '\n'), 0o644)
}

func (r *report) print(out io.Writer, markdown bool) {
	table := [][]string{{"figure", "measured", "baseline", "ratio", "goal", "", "runs", "load"}}
	if markdown {
		table = append(table, slices.Repeat([]string{"---"}, len(table[0])))
	}
	for _, x := range r.Rows {
		table = append(table, x.cells())
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, cells := range table {
		if markdown {
			fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
		} else {
			fmt.Fprintln(w, strings.Join(cells, "\t"))
		}
	}
	w.Flush()
	fmt.Fprintln(out)
}

func (x row) cells() []string {
	baseline, ratio, verdict := "", "", "met"
	if x.hasBaseline() {
		baseline, ratio = x.Baseline.String(), number(x.Value)
	}
	switch {
	case x.Goal == (goal{}):
		verdict = ""
	case !x.Met:
		verdict = "MISSED"
	}
	return []string{x.Figure, x.Measured.String(), baseline, ratio, x.Goal.String(), verdict,
		fmt.Sprint(len(x.Measured.Samples)), fmt.Sprintf("%.1f", x.Load)}
}

func (s series) String() string {
	return strings.Join(strings.Fields(s.Of+" "+number(s.Median)+" "+s.Unit), " ")
}

// number writes three digits that count.
func number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "?"
	case a == math.Trunc(a) && a < 1e6, a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
