package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// heartbeatTimeout is that of activities that heartbeat. Those that change the gateway stop to do so five seconds
// before it: see activities/attempt.go.
const heartbeatTimeout = schemas.HeartbeatTimeout

// settling is how long an attempt may take that waits until the gateway's reads have caught up with its writes
// (GENESYS_READ_LAG, at most ten minutes). A dead worker is noticed by its heartbeats.
const settling = 15 * time.Minute

// activityTable is the one place that says how long each activity may take and how it is retried; no retry is written
// by hand anywhere else. Attempts are bounded by time (ScheduleToClose), never by number, so that a 429, which says by
// Retry-After when to come again, uses up nobody's tries. Errors that no retry repairs are marked by the activities.
var activityTable = map[string]workflow.ActivityOptions{
	schemas.SubmitRegistrationActivity: {
		StartToCloseTimeout: settling, ScheduleToCloseTimeout: 30 * time.Minute,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, 30*time.Second),
		// A cancelled submission says what it did before it is rolled back.
		WaitForCancellation: true,
	},
	schemas.PollJobActivity: { // its times come from the job's deadline: see pollOptions
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, 15*time.Second),
	},
	schemas.SyntheticProbeActivity: { // its times come from the manifest: see probeOptions
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, 10*time.Second),
	},
	schemas.TriggerHealthCheckActivity: {
		StartToCloseTimeout: settling, ScheduleToCloseTimeout: 2 * settling,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, 30*time.Second),
	},
	schemas.DeregisterModelActivity: {
		StartToCloseTimeout: settling, ScheduleToCloseTimeout: time.Hour,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, time.Minute),
	},
	schemas.FindTwinsActivity: {
		StartToCloseTimeout: time.Minute, ScheduleToCloseTimeout: 15 * time.Minute,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, time.Minute),
	},
	// of DeliverWebhook; a registration makes one attempt only: see firstWebhookAttempt
	schemas.NotifyWebhookActivity: {
		StartToCloseTimeout: schemas.WebhookTimeout + 5*time.Second, ScheduleToCloseTimeout: 24 * time.Hour,
		RetryPolicy: growing(2*firstWebhookGap, time.Hour),
	},
	schemas.WriteAuditActivity: { // in windows, one after the other: see writeAudit
		StartToCloseTimeout: 20 * time.Second, ScheduleToCloseTimeout: time.Hour,
		RetryPolicy: growing(time.Second, time.Minute),
	},
	schemas.HandOverActivity: {
		StartToCloseTimeout: time.Minute, ScheduleToCloseTimeout: 24 * time.Hour,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, 30*time.Second),
	},
	schemas.ReleaseModelActivity: {
		StartToCloseTimeout: time.Minute, ScheduleToCloseTimeout: 24 * time.Hour,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, 30*time.Second),
	},
	schemas.FindOwnerActivity: {
		StartToCloseTimeout: 20 * time.Second, ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy: growing(time.Second, 30*time.Second),
	},
	schemas.ReadModelActivity: {
		StartToCloseTimeout: 2 * time.Minute, ScheduleToCloseTimeout: 30 * time.Minute,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, 30*time.Second),
	},
	schemas.UpdateModelActivity: {
		StartToCloseTimeout: 2 * time.Minute, ScheduleToCloseTimeout: 30 * time.Minute,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, 30*time.Second),
		WaitForCancellation: true,
	},
	schemas.DeleteModelActivity: {
		StartToCloseTimeout: 3 * time.Minute, ScheduleToCloseTimeout: time.Hour,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, time.Minute),
		WaitForCancellation: true,
	},
	schemas.ObserveModelActivity: {
		StartToCloseTimeout: 20 * time.Second, ScheduleToCloseTimeout: 5 * time.Minute,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, 30*time.Second),
	},
	schemas.ListModelsActivity: { // for a person who waits
		StartToCloseTimeout: 5 * time.Minute, ScheduleToCloseTimeout: 15 * time.Minute,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, 15*time.Second),
	},
	schemas.CheckModelActivity: {
		StartToCloseTimeout: settling, ScheduleToCloseTimeout: 2 * settling,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(5*time.Second, time.Minute),
	},
	schemas.LoadFleetPartActivity: {
		StartToCloseTimeout: 30 * time.Second, ScheduleToCloseTimeout: 24 * time.Hour,
		RetryPolicy: growing(time.Second, time.Minute),
	},
	schemas.AwaitRegistrationsActivity: {
		StartToCloseTimeout: longestAwait + time.Minute, ScheduleToCloseTimeout: 24 * time.Hour,
		HeartbeatTimeout: heartbeatTimeout, RetryPolicy: growing(time.Second, 30*time.Second),
	},
}

// askedCheckTime is how long a check may take that a person waits for, retries included.
const askedCheckTime = 75 * time.Second

// localTable is the like for what opens a gate or speaks for a person: what is to be sent, under which policy, and who
// signed. These run as local activities, within the workflow task, so that only the holder of the task can write their
// results; the result of any other activity can be handed in by whoever may write to the namespace.
var localTable = map[string]workflow.LocalActivityOptions{
	schemas.ValidatePayloadActivity: {
		StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: 5 * time.Minute,
		RetryPolicy: growing(time.Second, 10*time.Second),
	},
	schemas.VerifyDecisionActivity: {
		StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: 5 * time.Minute,
		RetryPolicy: growing(time.Second, 10*time.Second),
	},
}

// executeLocally runs a local activity with the options of its table.
func executeLocally(ctx workflow.Context, activity, summary string, in, out any) error {
	o := localTable[activity]
	o.Summary = unlinked(summary)
	return workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, o), activity, in).Get(ctx, out)
}

// The registration's own attempt to deliver a webhook. Its time holds up the result that people wait for.
const (
	firstWebhookQueue = 3 * time.Second // until a worker has a slot for it
	firstWebhookTime  = 5 * time.Second
	firstWebhookGap   = time.Second // before the second attempt; the gaps double up to an hour
)

// firstWebhookAttempt is one attempt, whatever comes of it.
func firstWebhookAttempt() workflow.ActivityOptions {
	return workflow.ActivityOptions{
		ScheduleToStartTimeout: firstWebhookQueue, StartToCloseTimeout: firstWebhookTime,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	}
}

// growing is a retry policy whose gaps double from first to most.
func growing(first, most time.Duration) *temporal.RetryPolicy {
	return &temporal.RetryPolicy{InitialInterval: first, BackoffCoefficient: 2, MaximumInterval: most}
}

// atMost is a retry policy that gives up after some attempts.
func atMost(attempts int32, p *temporal.RetryPolicy) *temporal.RetryPolicy {
	limited := *p
	limited.MaximumAttempts = attempts
	return &limited
}

const (
	defaultJobTimeout      = 2 * time.Minute // the tutorial's
	defaultApprovalTimeout = 72 * time.Hour

	firstPollWindow = 15 * time.Second
	laterPollWindow = 45 * time.Second // at least
	pollCallTime    = 60 * time.Second // of the last call in a window: its turn within the quota, and the call itself

	probeRetryTime = 2 * time.Minute // how long an endpoint may take to come up
)

// PollWindow is how long one activity may poll when the job has run for so long, and how soon the server then notices a
// dead worker. The windows grow with the job's age, so that a job of hours makes few of them; the activity holds no
// slot of the worker while its next look is far away. A job that has run for longer may wait longer until a dead worker
// is noticed, since each heartbeat is an action.
func PollWindow(age time.Duration) (window, heartbeat time.Duration) {
	if age < firstPollWindow {
		return firstPollWindow, heartbeatTimeout
	}
	return max(laterPollWindow, age), time.Minute
}

// pollOptions bounds one window of polling by what is left until the job's deadline, and one call more.
func pollOptions(window, heartbeat, left time.Duration) workflow.ActivityOptions {
	o := activityTable[schemas.PollJobActivity]
	o.HeartbeatTimeout = heartbeat
	o.StartToCloseTimeout = window + pollCallTime
	o.ScheduleToCloseTimeout = left + pollCallTime
	return o
}

// pollGap is how long to sleep between two windows when the activity does not say: a tenth of the job's age, so that a
// finished job is noticed at most a tenth late.
func pollGap(age time.Duration) time.Duration {
	return min(max(age/10, time.Second), time.Hour)
}

// probeOptions gives each attempt the time that all its samples may take (the cold one, the warm ones, and one more to
// find out what the endpoint refuses), and the endpoint some time to come up.
func probeOptions(spec schemas.ProbeSpec) workflow.ActivityOptions {
	samples := spec.Samples
	if samples == 0 {
		samples = schemas.ProbeSamples
	}
	o := activityTable[schemas.SyntheticProbeActivity]
	o.StartToCloseTimeout = time.Duration(samples+2)*spec.Timeout.Or(schemas.ProbeTimeout) + 10*time.Second
	o.ScheduleToCloseTimeout = o.StartToCloseTimeout + probeRetryTime
	return o
}
