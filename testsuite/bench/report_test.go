package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAGoalIsMetWithinItsLimits(t *testing.T) {
	for _, c := range []struct {
		goal  goal
		value float64
		met   bool
	}{
		{goal{Most: 1.5}, 1.5, true}, {goal{Most: 1.5}, 1.51, false},
		{goal{Least: 0.9}, 0.9, true}, {goal{Least: 0.9}, 0.89, false},
		{goal{Least: 0.9, Most: 1.1}, 1, true}, {goal{Least: 0.9, Most: 1.1}, 1.2, false}, {goal{Least: 0.9, Most: 1.1}, 0.8, false},
		{goal{Most: 1.5}, median(nil), false},
	} {
		require.Equal(t, c.met, c.goal.met(c.value), "%v of %v", c.goal, c.value)
	}
}

func TestTheMedianCounts(t *testing.T) {
	require.Equal(t, 2.0, newSeries("", "s", 9, 1, 2).Median)
	require.Equal(t, 1.5, newSeries("", "s", 2, 1).Median)
}

func TestRatiosAreTakenOfNeighbours(t *testing.T) {
	r := newReport(settings{})
	// The machine becomes slower by half, and the ratio of the medians would be 8 ÷ 6.
	r.paired("rate", "ours ÷ engine", newSeries("", "/s", 10, 9, 8, 4, 5), newSeries("engine", "/s", 10, 10, 6, 4, 5), goal{Least: 0.9}, "why")
	require.Equal(t, 1.0, r.Rows[0].Value)
	require.True(t, r.Rows[0].Met)
	require.Contains(t, r.Rows[0].Note, "the median of 5 ratios, each of two neighbours, 0.900 to 1.33; why")
}

func TestWhatHasNoGoalIsNeitherMetNorMissed(t *testing.T) {
	r := newReport(settings{})
	r.paired("sizes", "small ÷ default", newSeries("", "/s", 5), newSeries("default", "/s", 10), goal{}, "")
	require.Equal(t, []string{"small ÷ default", "5 /s", "default 10 /s", "0.500", "", "", "1"}, r.Rows[0].cells()[:7])
	require.False(t, r.missed())
}

func TestTheReportHasARowAFigureAndSaysWhatIsMissed(t *testing.T) {
	r := newReport(settings{})
	r.ratio("one", "wall time ÷ ideal", newSeries("", "s", 3), newSeries("ideal", "s", 2), goal{Most: 1.2}, "why")
	r.figure("one", "history events", newSeries("", "", 46), goal{Most: 60}, "")
	require.True(t, r.missed())
	require.False(t, r.failed())
	s := settings{json: filepath.Join(t.TempDir(), "new", "bench.json"), markdown: true}
	var out bytes.Buffer
	require.NoError(t, r.write(&out, s))
	require.Contains(t, out.String(), "| wall time ÷ ideal | 3 s | ideal 2 s | 1.50 | ≤ 1.20 | MISSED |")
	require.Contains(t, out.String(), "| history events | 46 |  |  | ≤ 60 | met |")
	require.Contains(t, out.String(), "- wall time ÷ ideal: why")
	data, err := os.ReadFile(s.json)
	require.NoError(t, err)
	var back report
	require.NoError(t, json.Unmarshal(data, &back))
	require.Len(t, back.Rows, 2)
	require.Equal(t, 1.5, back.Rows[0].Value)
}

func TestPartsAreChosenByName(t *testing.T) {
	all, err := chosen("")
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for _, p := range all {
		require.False(t, p.apart, p.name)
	}
	some, err := chosen("rate,memory")
	require.NoError(t, err)
	require.Len(t, some, 2)
	_, err = chosen("nonsense")
	require.ErrorContains(t, err, "nonsense")
}

func TestFiguresAreWrittenWithThreeDigits(t *testing.T) {
	for value, text := range map[float64]string{0.0123: "0.012", 1.234: "1.23", 12.34: "12.3", 1234.5: "1234", 60: "60"} {
		require.Equal(t, text, number(value))
	}
}
