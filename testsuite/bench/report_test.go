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
	var r report
	// The machine becomes slower by half, and the ratio of the medians would be 8 ÷ 6.
	r.add(row{Figure: "ours ÷ engine", Paired: true, Measured: newSeries("", "/s", 10, 9, 8, 4, 5),
		Baseline: newSeries("engine", "/s", 10, 10, 6, 4, 5), Goal: goal{Least: 0.9}, Note: "why"})
	require.Equal(t, 1.0, r.Rows[0].Value)
	require.True(t, r.Rows[0].Met)
	require.Contains(t, r.Rows[0].Note, "the median of 5 ratios, each of two neighbours, 0.900 to 1.33; why")
}

func TestWhatHasNoGoalIsNeitherMetNorMissed(t *testing.T) {
	var r report
	r.add(row{Figure: "small ÷ default", Paired: true, Measured: newSeries("", "/s", 5), Baseline: newSeries("default", "/s", 10)})
	require.Equal(t, []string{"small ÷ default", "5 /s", "default 10 /s", "0.500", "", "", "1"}, r.Rows[0].cells()[:7])
	require.False(t, r.missed())
}

func TestTheReportHasARowAFigureAndSaysWhatIsMissed(t *testing.T) {
	var r report
	r.add(row{Figure: "wall time ÷ ideal", Measured: newSeries("", "s", 3), Baseline: newSeries("ideal", "s", 2), Goal: goal{Most: 1.2}, Note: "why"})
	r.add(row{Figure: "history events", Measured: newSeries("", "", 46), Goal: goal{Most: 60}})
	require.True(t, r.missed())
	s := settings{json: filepath.Join(t.TempDir(), "new", "bench.json"), markdown: true}
	var out bytes.Buffer
	require.NoError(t, r.write(&out, s))
	require.Contains(t, out.String(), "\n\n| figure | measured | baseline | ratio | goal |  | runs | load |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n| wall")
	require.Contains(t, out.String(), "| wall time ÷ ideal | 3 s | ideal 2 s | 1.50 | ≤ 1.20 | MISSED |")
	require.Contains(t, out.String(), "| history events | 46 |  |  | ≤ 60 | met |")
	require.Contains(t, out.String(), "|\n\n- wall time ÷ ideal: why")
	data, err := os.ReadFile(s.json)
	require.NoError(t, err)
	var back report
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, r.Rows[0], back.Rows[0])
	s.markdown = false
	out.Reset()
	require.NoError(t, r.write(&out, s))
	require.Regexp(t, `(?m)^figure +measured +baseline +ratio +goal +runs +load$`, out.String())
	require.Regexp(t, `(?m)^history events +46 +≤ 60 +met +1 `, out.String())
}

func TestAStepThatFailsEndsItsPartAlone(t *testing.T) {
	var log bytes.Buffer
	broken := func(*bed) {}
	b := &bench{progress: &log, settings: settings{parts: []part{{name: "one", run: broken}, {name: "two", run: broken}}}}
	require.NoError(t, b.run(t.Context())) // there are no binaries here
	require.Len(t, b.report.Errors, 2)
	require.Contains(t, b.report.Errors[1], "two: ")
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
