package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/probe"
	"model-registrar/schemas"
)

var samplePlans = map[string]schemas.ProbeSpec{
	"the defaults":     {},
	"one quick sample": {Samples: 1, Timeout: schemas.Duration(time.Second)},
	"the longest":      {Samples: 20, Timeout: schemas.Duration(5 * time.Minute)},
}

// allOptions are the options under which activities run, in the extremes.
func allOptions() map[string]workflow.ActivityOptions {
	all := map[string]workflow.ActivityOptions{
		"a poll with no time left": pollOptions(0, heartbeatTimeout, 0),
		"a poll with a month left": pollOptions(360*time.Hour, time.Minute, 720*time.Hour),
	}
	for name, o := range activityTable {
		if name != schemas.PollJobActivity && name != schemas.SyntheticProbeActivity {
			all[name] = o
		}
	}
	for name, o := range localTable {
		all[name] = workflow.ActivityOptions{
			StartToCloseTimeout: o.StartToCloseTimeout, ScheduleToCloseTimeout: o.ScheduleToCloseTimeout, RetryPolicy: o.RetryPolicy,
		}
	}
	for name, spec := range samplePlans {
		all["a probe with "+name] = probeOptions(spec)
	}
	return all
}

func TestEveryActivityIsBoundedByTimeAndNoneByAttempts(t *testing.T) {
	require.Len(t, activityTable, 19)
	require.Len(t, localTable, 2)
	for name, o := range allOptions() {
		require.Positive(t, o.ScheduleToCloseTimeout, name)
		require.Positive(t, o.StartToCloseTimeout, name)
		require.LessOrEqual(t, o.ScheduleToCloseTimeout, 721*time.Hour, name)
		require.Zero(t, o.RetryPolicy.MaximumAttempts, "%s: a 429 uses up nobody's tries", name)
		require.Positive(t, o.RetryPolicy.InitialInterval, name)
		require.Positive(t, o.RetryPolicy.MaximumInterval, name)
		longest := time.Minute
		if name == schemas.NotifyWebhookActivity {
			longest = time.Hour // a receiver that has been down for long is down for longer
		}
		require.LessOrEqual(t, o.RetryPolicy.MaximumInterval, longest, name)
		require.Greater(t, o.RetryPolicy.BackoffCoefficient, 1.0, name)
		require.Empty(t, o.RetryPolicy.NonRetryableErrorTypes, "%s: the activities mark them", name)
	}
}

func TestEveryActivityThatMayRunForLongHeartbeats(t *testing.T) {
	for name, o := range allOptions() {
		if o.StartToCloseTimeout > 30*time.Second {
			require.Positive(t, o.HeartbeatTimeout, name)
			require.LessOrEqual(t, o.HeartbeatTimeout, time.Minute, name)
		}
	}
}

func TestAProbeHasTheTimeThatItsSamplesMayTakeAndSomeToComeUp(t *testing.T) {
	for name, spec := range samplePlans {
		o := probeOptions(spec)
		require.Greater(t, o.StartToCloseTimeout, probe.TimeLimit(spec), name)
		require.Equal(t, probeRetryTime, o.ScheduleToCloseTimeout-o.StartToCloseTimeout, name)
	}
}

func TestAPollOutlivesItsDeadlineByOneCall(t *testing.T) {
	require.Equal(t, pollCallTime, pollOptions(0, heartbeatTimeout, 0).ScheduleToCloseTimeout)
	require.Equal(t, time.Hour+pollCallTime, pollOptions(time.Minute, time.Minute, time.Hour).ScheduleToCloseTimeout)
	require.Equal(t, time.Minute+pollCallTime, pollOptions(time.Minute, time.Minute, time.Hour).StartToCloseTimeout)
}

func TestOptionsOfOneActivityDoNotChangeThoseOfTheTable(t *testing.T) {
	pollOptions(time.Minute, time.Minute, time.Hour)
	probeOptions(schemas.ProbeSpec{Samples: 9})
	require.Zero(t, activityTable[schemas.PollJobActivity].ScheduleToCloseTimeout)
	require.Zero(t, activityTable[schemas.SyntheticProbeActivity].ScheduleToCloseTimeout)
}

func TestWindowsAndGapsGrowWithTheJobsAge(t *testing.T) {
	for age, want := range map[time.Duration][2]time.Duration{
		0: {15 * time.Second, time.Second}, 16 * time.Second: {45 * time.Second, 1600 * time.Millisecond},
		time.Minute: {time.Minute, 6 * time.Second}, time.Hour: {time.Hour, 6 * time.Minute},
		10 * time.Hour: {10 * time.Hour, time.Hour}, 700 * time.Hour: {700 * time.Hour, time.Hour},
	} {
		window, _ := PollWindow(age)
		require.Equal(t, want, [2]time.Duration{window, pollGap(age)}, age)
	}
}
