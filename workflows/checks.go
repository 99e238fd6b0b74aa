package workflows

import (
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

const (
	// maxChecks is after how many checks a run of ManageModel continues as new, should the server not suggest it
	// before.
	maxChecks = 300
	// checkAgain is when a check that found nothing out is repeated, unless its next check is due before.
	checkAgain = 15 * time.Minute
)

// nextCheck is when a model is checked next. The checks of all models are spread over their interval by the hash of the
// name, and a model's own are always that long apart.
func nextCheck(name string, every time.Duration, now time.Time) time.Time {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	offset := time.Duration(h.Sum64() % uint64(every))
	since := (time.Duration(now.UnixNano()) - offset) % every
	return now.Add(every - since).UTC()
}

// plan sets when the next check is, unless checks are paused.
func (m *owned) plan(ctx workflow.Context) {
	if m.status.Checks.Paused != nil {
		m.status.Checks.Next = time.Time{}
		return
	}
	every := m.status.Manifest.Monitor.Every.Or(schemas.DefaultCheckEvery)
	m.status.Checks.Next = nextCheck(m.name, every, workflow.Now(ctx))
}

// look keeps an eye on the model: a check at a time, when it is due or asked for, until the model is released or the
// run has grown long and nothing is under way.
func (m *owned) look(ctx workflow.Context) error {
	for m.isOwned() && !m.mayContinueAsNew(ctx) {
		if m.isDue(ctx) {
			m.check(ctx)
			continue
		}
		until := m.status.Checks.Next
		awake := func() bool {
			return !m.isOwned() || m.wanted > m.begun || m.status.Checks.Next != until || m.mayContinueAsNew(ctx)
		}
		err := m.sleepUntil(ctx, until, awake)
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *owned) sleepUntil(ctx workflow.Context, until time.Time, awake func() bool) error {
	m.describe(ctx)
	if until.IsZero() {
		return workflow.Await(ctx, awake)
	}
	_, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: until.Sub(workflow.Now(ctx)),
		TimerOptions: workflow.TimerOptions{Summary: unlinked("Check " + plain(m.name, 80) + " at " +
			until.Format("2006-01-02 15:04:05 MST"))},
	}, awake)
	return err
}

func (m *owned) isDue(ctx workflow.Context) bool {
	next := m.status.Checks.Next
	return m.wanted > m.begun || !next.IsZero() && !workflow.Now(ctx).Before(next)
}

// check looks at the model once. What it finds out decides the model's state; what it does not find out changes none.
func (m *owned) check(ctx workflow.Context) {
	m.begun++
	asked := m.wanted >= m.begun
	m.wanted = max(m.wanted, m.begun)
	m.plan(ctx)
	found, err := m.read(ctx, asked)
	switch {
	case !m.isOwned():
	case err != nil:
		m.trouble(ctx, err)
	case found.Busy != "":
		m.status.Checks.Trouble = plain(found.Busy, 1000)
	default:
		m.status.Checks.At, m.status.Checks.Trouble, m.status.Checks.Drift = found.At, "", found.Drift
		m.judge(ctx, found, asked)
	}
	m.rememberCheck(ctx)
	m.done = m.begun
}

// read has the gateway's model compared with what was approved.
func (m *owned) read(ctx workflow.Context, asked bool) (out schemas.CheckResult, err error) {
	o := activityTable[schemas.CheckModelActivity]
	o.Summary, o.Priority = unlinked("Compare "+plain(m.name, 80)+" with what was approved"), priorityOfCheck
	if asked {
		o.Summary += ", as was asked for"
		o.Priority = temporal.Priority{PriorityKey: schemas.PriorityOfPerson}
		o.ScheduleToCloseTimeout = askedCheckTime
	}
	in := schemas.CheckInput{Name: m.name, RunID: m.status.RunID}
	if err = m.await(ctx, o, schemas.CheckModelActivity, in, &out); err == nil {
		err = answered(schemas.CheckModelActivity, in, &out)
	}
	if err == nil && m.status.RunID != in.RunID {
		out.Busy = "another operation has handed the model over meanwhile"
	}
	return out, err
}

// await executes an activity. A model that is released meanwhile has no use for the answer.
func (m *owned) await(ctx workflow.Context, o workflow.ActivityOptions, activity string, in, out any) error {
	ctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	f := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, o), activity, in)
	if err := workflow.Await(ctx, func() bool { return f.IsReady() || !m.isOwned() }); err != nil || !f.IsReady() {
		return err
	}
	return f.Get(ctx, out)
}

// trouble keeps why a check found nothing out, and plans its repetition.
func (m *owned) trouble(ctx workflow.Context, err error) {
	m.status.Checks.Trouble = plain(explain(err).Message, 1000)
	if m.status.Checks.Next.IsZero() {
		return
	}
	now := workflow.Now(ctx).UTC()
	if again := now.Add(checkAgain); again.Before(m.status.Checks.Next) {
		m.status.Checks.Next = again
	}
	if asked := now.Add(askedWait(err)); m.status.Checks.Next.Before(asked) {
		m.status.Checks.Next = asked
	}
}

// judge draws the conclusion from what was found.
func (m *owned) judge(ctx workflow.Context, found schemas.CheckResult, asked bool) {
	switch {
	case found.Missing:
		m.find(ctx, schemas.ModelMissing, fmt.Sprintf("the gateway has no model %s any more", m.status.ModelID))
	case len(found.Drift) > 0:
		m.find(ctx, schemas.ModelDrifted,
			"the gateway has it otherwise than approved (approved → gateway: "+changesLine(found.Drift)+")")
		m.restore(ctx)
	case m.status.Manifest.Monitor.Probe:
		m.probe(ctx, asked)
	default:
		m.find(ctx, schemas.ModelActive, "")
	}
}

// probe sends the endpoint one prompt, and has failures in a row degrade the model.
func (m *owned) probe(ctx workflow.Context, asked bool) {
	in, run := m.status.Manifest.ProbeInput(), m.status.RunID
	in.Spec.Samples = 1
	sealed, err := schemas.Seal(in)
	if err != nil {
		m.trouble(ctx, err)
		return
	}
	o := probeOptions(in.Spec)
	o.Summary, o.Priority = unlinked("Prompt "+plain(words.Host(in.EndpointURL),
		80)+" once and check the answer"), priorityOfCheck
	if asked {
		o.Priority = temporal.Priority{PriorityKey: schemas.PriorityOfPerson}
	}
	var report schemas.ProbeReport
	if err = m.await(ctx, o, schemas.SyntheticProbeActivity, sealed, &report); err == nil {
		err = answered(schemas.SyntheticProbeActivity, sealed, &report)
	}
	if failed, ok := probeFailure(err); ok {
		report, err = failed, nil
	}
	switch {
	case !m.isOwned() || m.status.RunID != run:
		return
	case err != nil:
		m.trouble(ctx, err)
		return
	}
	m.conclude(ctx, report)
}

// conclude counts a probe.
func (m *owned) conclude(ctx workflow.Context, report schemas.ProbeReport) {
	c := &m.status.Checks
	c.Probe = auditedProbe(&report)
	if report.Status == schemas.ProbePass {
		c.ProbeFailures = 0
		m.find(ctx, schemas.ModelActive, "")
		return
	}
	c.ProbeFailures++
	if limit := m.status.Manifest.Monitor.Failures(); c.ProbeFailures < limit {
		if m.state() != schemas.ModelDegraded { // it is as approved, and not yet degraded
			m.find(ctx, schemas.ModelActive, "")
		}
		return
	}
	m.find(ctx, schemas.ModelDegraded, fmt.Sprintf("its probe failed %s in a row: %s", count(c.ProbeFailures, "time"),
		plain(firstNonEmpty(report.Error, report.ErrorCode), 300)))
}

func firstNonEmpty(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return "no reason is known"
}

// restore starts the operation that puts back what was approved, where the manifest asks for it. If another operation
// runs on the name, the next check looks again.
func (m *owned) restore(ctx workflow.Context) {
	if m.status.Manifest.Monitor.OnDrift != schemas.DriftRestore || m.status.Checks.Paused != nil {
		return
	}
	requester := schemas.ManageModelWorkflowID(m.name)
	start := StartOf(schemas.RegisterModelInput{Manifest: m.status.Manifest, Requester: requester})
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            schemas.RegisterModelWorkflowID(m.name),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		TypedSearchAttributes: start.Attributes,
		StaticSummary:         unlinked("Restore " + plain(m.name, 80) + ", as on_drift says"),
		StaticDetails:         start.Details,
		Priority:              PriorityOfFleet(""),
	})
	child := workflow.ExecuteChildWorkflow(ctx, schemas.ChangeModelWorkflow, schemas.ChangeModelInput{
		Manifest: m.status.Manifest, Requester: requester, Restore: true,
	})
	started := child.GetChildWorkflowExecution()
	err := started.Get(ctx, nil)
	var taken *temporal.ChildWorkflowExecutionAlreadyStartedError
	if err != nil && !errors.As(err, &taken) {
		m.status.Checks.Trouble = "what was approved could not be put back: " + plain(err.Error(), 300)
	}
}

// state is how the model is, whether its checks are paused or not.
func (m *owned) state() schemas.ModelState {
	if p := m.status.Checks.Paused; p != nil {
		return p.State
	}
	return m.status.State
}
