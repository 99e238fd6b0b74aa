package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	updatepb "go.temporal.io/api/update/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// fleets is what a frontend plays of fleets.
type fleets struct {
	// fleetEnds is how a fleet ends when it is started; without it, it runs for ever.
	fleetEnds     func(schemas.RegisterFleetInput) (schemas.FleetResult, error)
	fleetProgress *schemas.FleetProgress
	order         func(update string, input *commonpb.Payloads) (*schemas.FleetReceipt, error)
	released      []string
	refuse        string // the workflow id that is taken
}

func (f *frontend) startOfFleet(r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	if r.WorkflowId == f.refuse || f.runs[r.WorkflowId] != nil {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("taken", r.RequestId, "run")
	}
	h := &historypb.History{Events: []*historypb.HistoryEvent{{EventId: 1, EventTime: timestamppb.New(moment),
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
				WorkflowType: r.WorkflowType, Input: r.Input}}}}}
	f.runs[r.WorkflowId] = h
	if r.WorkflowType.Name == schemas.RegisterFleetWorkflow && f.fleetEnds != nil {
		var in schemas.RegisterFleetInput
		if err := converter.GetDefaultDataConverter().FromPayloads(r.Input, &in); err != nil {
			return nil, err
		}
		h.Events = append(h.Events, fleetEvent(f.fleetEnds(in)))
	}
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run"}, nil
}

// fleetEvent is the last event of a fleet.
func fleetEvent(r schemas.FleetResult, err error) *historypb.HistoryEvent {
	e := endingWith(schemas.Result{}, err)
	switch {
	case err == nil:
		e.GetWorkflowExecutionCompletedEventAttributes().Result = payloads(r)
	case temporal.IsCanceledError(err):
		e.EventType = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED
		e.Attributes = &historypb.HistoryEvent_WorkflowExecutionCanceledEventAttributes{
			WorkflowExecutionCanceledEventAttributes: &historypb.WorkflowExecutionCanceledEventAttributes{Details: payloads(r)}}
	default:
		return e
	}
	if err == nil {
		e.EventType = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
	}
	return e
}

func (f *frontend) describeFleet(id string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.runs[id]
	if h == nil {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	status := enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	if len(h.Events) > 1 {
		status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Status: status, Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"}}}, nil
}

func (f *frontend) orderFleet(r *workflowservice.UpdateWorkflowExecutionRequest) (*workflowservice.UpdateWorkflowExecutionResponse, error) {
	if f.order == nil {
		return nil, serviceerror.NewDeadlineExceeded("no worker")
	}
	receipt, err := f.order(r.Request.Input.Name, r.Request.Input.Args)
	outcome := &updatepb.Outcome{Value: &updatepb.Outcome_Success{Success: payloads(receipt)}}
	if err != nil {
		outcome = &updatepb.Outcome{Value: &updatepb.Outcome_Failure{Failure: temporal.GetDefaultFailureConverter().ErrorToFailure(err)}}
	}
	return &workflowservice.UpdateWorkflowExecutionResponse{
		UpdateRef: &updatepb.UpdateRef{WorkflowExecution: r.WorkflowExecution, UpdateId: r.Request.Meta.UpdateId},
		Outcome:   outcome, Stage: enumspb.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
	}, nil
}

func (f *frontend) SignalWorkflowExecution(_ context.Context, r *workflowservice.SignalWorkflowExecutionRequest) (*workflowservice.SignalWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.released = append(f.released, r.WorkflowExecution.WorkflowId)
	return &workflowservice.SignalWorkflowExecutionResponse{}, nil
}

// registersAll ends a fleet with every model registered but those at these indices.
func registersAll(but ...int) func(schemas.RegisterFleetInput) (schemas.FleetResult, error) {
	return func(in schemas.RegisterFleetInput) (schemas.FleetResult, error) {
		r := schemas.FleetResult{FleetID: in.FleetID, Status: schemas.FleetCompleted, Total: in.Total, Parts: in.Parts, DurationMs: 60_000,
			Outcomes: schemas.FleetTally{}, Registered: make([]byte, in.Total/8+1), WorkflowID: schemas.RegisterFleetWorkflowID(in.FleetID), RunID: "run", Runs: 1}
		for i := range in.Total {
			r.Registered[i/8] |= 1 << (i % 8)
		}
		for _, i := range but {
			r.Registered[i/8] &^= 1 << (i % 8)
			r.Failures = append(r.Failures, schemas.FleetFailure{Name: fmt.Sprintf("model-%d", i), Outcome: schemas.RolledBack, Reason: "the \x1b[31mprobe failed"})
		}
		r.Outcomes[schemas.Completed], r.Outcomes[schemas.RolledBack] = in.Total-len(but), len(but)
		return r, nil
	}
}

// folderOf writes so many manifests into a folder.
func folderOf(t *testing.T, n int) string {
	t.Helper()
	folder := t.TempDir()
	for i := range n {
		require.NoError(t, os.MkdirAll(filepath.Join(folder, fmt.Sprint("team-", i%2)), 0o700))
		name := filepath.Join(folder, fmt.Sprint("team-", i%2), fmt.Sprintf("%03d.yaml", i))
		require.NoError(t, os.WriteFile(name, []byte(named(fmt.Sprintf("model-%d", i))), 0o600))
	}
	return folder
}

func onFrontend(f *frontend) []string { return []string{"TEMPORAL_ADDRESS=" + f.address} }

// startedFleet reads what was started of a fleet.
func (f *frontend) startedFleet(t *testing.T) (parts []schemas.FleetPart, in schemas.RegisterFleetInput) {
	t.Helper()
	for _, r := range f.started {
		if r.WorkflowType.Name == schemas.RegisterFleetWorkflow {
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(r.Input, &in))
			continue
		}
		require.Equal(t, schemas.HoldFleetPartWorkflow, r.WorkflowType.Name)
		require.Equal(t, schemas.RegisterFleetInput{}, in, "the parts are started first")
		var p schemas.FleetPart
		require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(r.Input, &p))
		require.Equal(t, schemas.FleetPartWorkflowID(p.FleetID, p.Part), r.WorkflowId)
		parts = append(parts, p)
	}
	return parts, in
}

func TestAFleetIsStartedInPartsFromFoldersFilesAndStdin(t *testing.T) {
	f := newFrontend(t)
	f.fleetEnds = registersAll()
	folder := folderOf(t, 10)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "README.md"), []byte("not a manifest"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(folder, ".git"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, ".git", "x.yaml"), []byte("rubbish"), 0o600))
	lines := ""
	for i := range 3 {
		data, err := json.Marshal(schemas.Manifest{Name: fmt.Sprint("line-", i), EndpointURL: "https://a.example.com", AuthCredentialID: "c",
			ModelArchitecture: schemas.OpenAI, MaxRequestsPerMinute: 1, MaxTokensPerMinute: 1})
		require.NoError(t, err)
		lines += string(data) + "\n"
	}
	r := starter(t, named("from-stdin")+"---\n"+named("from-stdin-2"), onFrontend(f), "fleet", folder, file(t, "more.jsonl", lines), "-",
		"--id", "f1", "--part-size", "4", "--window", "7", "--stop-on-failure", "--approval", "always", "--requester", "ann")
	require.Zero(t, r.code, r.errors)
	parts, in := f.startedFleet(t)
	require.Equal(t, schemas.RegisterFleetInput{FleetID: "f1", Total: 15, Parts: 4, Window: 7, StopOnFailure: true, Requester: "ann"}, in)
	var names []string
	for _, p := range parts {
		require.Equal(t, len(names), p.First)
		for _, m := range p.Manifests {
			names = append(names, m.Name)
			require.Equal(t, schemas.ApproveAlways, m.Approval.Policy)
		}
	}
	require.Equal(t, []string{"model-0", "model-2", "model-4", "model-6", "model-8", "model-1", "model-3", "model-5", "model-7", "model-9",
		"line-0", "line-1", "line-2", "from-stdin", "from-stdin-2"}, names)
	require.Contains(t, r.out, "COMPLETED  fleet f1: 15 of 15 models registered")
}

func TestNothingOfAFleetStartsWhileAnythingIsWrongWithIt(t *testing.T) {
	f := newFrontend(t)
	folder := folderOf(t, 3)
	bad := file(t, "bad.yaml", named("model-1")+"---\n"+strings.Replace(named("fine-name"), "openai", "opnai", 1))
	r := starter(t, "", onFrontend(f), "fleet", folder, bad, t.TempDir(), filepath.Join(folder, "missing"))
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errors, bad+`:2:1: name: "model-1" is taken by `+filepath.Join(folder, "team-1", "001.yaml")+":2:1 already")
	require.Contains(t, r.errors, bad+":15:1: model_architecture: ")
	require.Contains(t, r.errors, "no manifest is in this folder")
	require.Contains(t, r.errors, "missing: cannot be read")
	require.Contains(t, r.errors, "4 problems; nothing was started")
	require.Empty(t, f.started)
}

func TestAFileThatIsLargerThanTheParserTakesIsReadInPiecesWithItsPlaces(t *testing.T) {
	data, err := json.Marshal(schemas.Manifest{Name: "model-xxxxx", EndpointURL: "https://a.example.com/", AuthCredentialID: "c",
		ModelArchitecture: schemas.OpenAI, MaxRequestsPerMinute: 1, MaxTokensPerMinute: 1})
	require.NoError(t, err)
	data = append(append([]byte("{"), bytes.Repeat([]byte(" "), 10_000)...), data[1:]...)
	var lines, yaml bytes.Buffer
	for i := range 300 {
		name := fmt.Sprintf("model-%05d", i)
		if i == 250 {
			name = "x" // too short
		}
		line := strings.Replace(string(data), "model-xxxxx", name, 1) + "\n"
		lines.WriteString(line)
		yaml.WriteString("---\n" + line)
	}
	for name, content := range map[string]*bytes.Buffer{"large.jsonl": &lines, "large.yaml": &yaml} {
		documents, problems := parseInPieces(name, content.Bytes())
		require.Empty(t, problems)
		require.Len(t, documents, 300)
		require.Equal(t, 299, documents[299].Index)
		want := 251
		if name == "large.yaml" {
			want *= 2
		}
		for i, d := range documents {
			if i != 250 {
				require.Empty(t, d.Violations)
				continue
			}
			require.Equal(t, want, d.Violations[0].Line)
			line, _ := d.Position("name")
			require.Equal(t, want, line)
		}
	}
	_, problems := parseInPieces("large.yaml", bytes.Repeat([]byte("# nothing but words\n"), 100_000))
	require.ErrorContains(t, problems[0], "more than 1 MiB")
}

func TestWhatAFleetCameToIsShownWithACommandThatRetriesTheRest(t *testing.T) {
	f := newFrontend(t)
	f.fleetEnds = registersAll(2, 5)
	folder := folderOf(t, 8)
	r := starter(t, "", onFrontend(f), "fleet", folder, "--id", "f1", "--part-size", "3")
	require.Equal(t, exitRejected, r.code)
	for _, want := range []string{"COMPLETED  fleet f1: 6 of 8 models registered", "COMPLETED    6\n", "ROLLED_BACK  2\n", "8.0 models a minute",
		"model-2  ROLLED_BACK  the probe failed\n", "What to do:", "fix what the probe found",
		"Register what is not:  starter fleet --only-failed-of f1 " + quote(folder)} {
		require.Contains(t, r.out, want)
	}

	f.started = nil
	f.fleetEnds = registersAll()
	r = starter(t, "", onFrontend(f), "fleet", folder, "--only-failed-of", "register-fleet/f1", "--id", "f2", "-o", "json")
	require.Zero(t, r.code, r.errors)
	parts, in := f.startedFleet(t)
	require.Equal(t, 2, in.Total)
	// In the order of the parts: 0 2 4, 6 1 3, 5 7, of which the third and the sixth failed.
	require.Equal(t, []string{"model-4", "model-3"}, []string{parts[0].Manifests[0].Name, parts[0].Manifests[1].Name})
	require.Equal(t, 2, documents[schemas.FleetResult](t, r)[0].Total)

	r = starter(t, "", onFrontend(f), "fleet", folder, "--only-failed-of", "f2")
	require.Zero(t, r.code)
	require.Contains(t, r.errors, "nothing to do")
}

func TestTheExitCodeOfAFleetIsThatOfItsWorstEnding(t *testing.T) {
	for _, c := range []struct {
		status schemas.FleetStatus
		tally  schemas.FleetTally
		code   int
	}{
		{schemas.FleetCompleted, schemas.FleetTally{schemas.Completed: 3, schemas.Unchanged: 2}, exitDone},
		{schemas.FleetCompleted, schemas.FleetTally{schemas.Completed: 3, schemas.Rejected: 1}, exitRejected},
		{schemas.FleetCompleted, schemas.FleetTally{schemas.Rejected: 3, schemas.Failed: 1}, exitFailed},
		{schemas.FleetCompleted, schemas.FleetTally{schemas.AlreadyInProgress: 1}, exitFailed},
		{schemas.FleetCompleted, schemas.FleetTally{schemas.Duplicate: 1}, exitFailed},
		{schemas.FleetCancelled, schemas.FleetTally{schemas.Completed: 3}, exitRejected},
		{schemas.FleetStopped, schemas.FleetTally{schemas.Failed: 1}, exitFailed},
		{schemas.FleetFailed, schemas.FleetTally{schemas.Completed: 1}, exitFailed},
	} {
		require.Equal(t, c.code, fleetExitCode(schemas.FleetResult{Status: c.status, Outcomes: c.tally}), "%+v", c)
	}
}

func TestACancelledFleetsSummaryIsReadFromItsError(t *testing.T) {
	f := newFrontend(t)
	f.fleetEnds = func(in schemas.RegisterFleetInput) (schemas.FleetResult, error) {
		r, _ := registersAll(1)(in)
		r.Status, r.Reason = schemas.FleetCancelled, "cancelled: wrong list"
		return r, temporal.NewCanceledError(r)
	}
	r := starter(t, "", onFrontend(f), "fleet", folderOf(t, 2), "-o", "json")
	require.Equal(t, exitRejected, r.code, r.errors)
	require.Equal(t, "cancelled: wrong list", documents[schemas.FleetResult](t, r)[0].Reason)
}

func TestADetachedFleetGoesOnAndAnInterruptedOneSaysHowToWatchIt(t *testing.T) {
	f := newFrontend(t)
	r := starter(t, "", onFrontend(f), "fleet", folderOf(t, 2), "--id", "f1", "--detach", "-o", "json")
	require.Zero(t, r.code)
	require.Equal(t, schemas.FleetStatus("STARTED"), documents[schemas.FleetResult](t, r)[0].Status)

	ctx, interrupt := context.WithCancel(t.Context())
	f.fleetProgress = &schemas.FleetProgress{FleetID: "f2", Status: schemas.FleetRunning, Total: 2, Queued: 1, InFlight: 1, StartedAt: time.Now()}
	f.onWait = interrupt
	r = starterWithin(ctx, t, "", onFrontend(f), "fleet", folderOf(t, 2), "--id", "f2")
	require.Equal(t, exitInterrupted, r.code)
	require.Contains(t, r.errors, "The fleet f2 goes on without this command.")
	require.Contains(t, r.errors, "starter watch register-fleet/f2")

	f.onWait = nil
	for _, args := range [][]string{{"watch", "f2"}, {"fleet", folderOf(t, 2), "--id", "f3"}} {
		r = starter(t, "", onFrontend(f), append(args, "--timeout", "1s", "-o", "json")...)
		require.Equal(t, exitInterrupted, r.code, r.errors)
		require.Contains(t, r.errors, "Waiting for the end, for at most 1s.")
		require.Contains(t, r.errors, "Not over within 1s. The fleet f")
		require.EqualValues(t, statusInProgress, documents[schemas.FleetResult](t, r)[0].Status)
	}
}

func TestAFleetWhoseIDIsAnotherFleetsTouchesNothingOfIt(t *testing.T) {
	f := newFrontend(t)
	f.refuse = "register-fleet/f1"
	r := starter(t, "", onFrontend(f), "fleet", folderOf(t, 5), "--id", "f1", "--part-size", "2")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, `the fleet was not started: the id "f1" is taken by another fleet`)
	require.Empty(t, f.released, "the parts may be the other fleet's")
}

func TestStatusWatchAndCancelKnowAFleetByItsWorkflowsID(t *testing.T) {
	f := newFrontend(t)
	require.Zero(t, starter(t, "", onFrontend(f), "fleet", folderOf(t, 2), "--id", "f1", "--detach").code)
	f.fleetProgress = &schemas.FleetProgress{FleetID: "f1", Status: schemas.FleetPaused, Total: 2, Queued: 2, Window: 5, Requester: "ann",
		Outcomes: schemas.FleetTally{}, StartedAt: moment}
	r := starter(t, "", onFrontend(f), "status", "register-fleet/f1")
	require.Zero(t, r.code, r.errors)
	require.Contains(t, r.out, "fleet f1 is PAUSED: 0 of 2 done")
	require.Equal(t, *f.fleetProgress, documents[schemas.FleetProgress](t, starter(t, "", onFrontend(f), "status", "-o", "json", "register-fleet/f1"))[0])

	r = starter(t, "", onFrontend(f), "cancel", "register-fleet/f1")
	require.Zero(t, r.code, r.errors)
	require.Equal(t, []string{"register-fleet/f1"}, f.cancelled)
	require.Contains(t, r.errors, "no worker answered, so it was cancelled through Temporal: the fleet's result will not say who did so and why")

	f.runs["register-fleet/f1"].Events = append(f.runs["register-fleet/f1"].Events, fleetEvent(registersAll()(schemas.RegisterFleetInput{FleetID: "f1", Total: 2, Parts: 1})))
	for _, command := range []string{"watch", "status"} {
		r = starter(t, "", onFrontend(f), command, "register-fleet/f1")
		require.Zero(t, r.code, r.errors)
		require.Contains(t, r.out, "2 of 2 models registered")
	}
	require.Contains(t, starter(t, "", onFrontend(f), "cancel", "register-fleet/f1").errors, "there is nothing left to cancel")
	require.Contains(t, starter(t, "", onFrontend(f), "watch", "register-fleet/unknown").errors, `no fleet "unknown" is known`)
}

func TestAFleetIsSteeredByUpdates(t *testing.T) {
	f := newFrontend(t)
	require.Zero(t, starter(t, "", onFrontend(f), "fleet", folderOf(t, 2), "--id", "f1", "--detach").code)
	var orders []string
	f.order = func(update string, input *commonpb.Payloads) (*schemas.FleetReceipt, error) {
		var w schemas.FleetWindow
		if len(input.GetPayloads()) > 0 {
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(input, &w))
		}
		orders = append(orders, fmt.Sprint(update, w.Size))
		if w.Size == 9 {
			return nil, temporal.NewApplicationError("the fleet f1 is STOPPING and starts nothing any more", string(schemas.ErrFleetRefused))
		}
		return &schemas.FleetReceipt{FleetID: "f1", Status: schemas.FleetRunning, Message: "it is so"}, nil
	}
	for _, args := range [][]string{{"pause", "f1"}, {"resume", "register-fleet/f1"}, {"window", "f1", "20"}} {
		r := starter(t, "", onFrontend(f), args...)
		require.Zero(t, r.code, r.errors)
		require.Contains(t, r.out, "fleet f1 is RUNNING: it is so")
	}
	require.Equal(t, []string{"pause0", "resume0", "window20"}, orders)
	r := starter(t, "", onFrontend(f), "window", "f1", "9")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "the fleet refused: the fleet f1 is STOPPING")
}

func TestWrongUsageOfFleetsExitsWith2(t *testing.T) {
	for want, args := range map[string]string{
		"name at least one manifest file or folder": "fleet",
		"--window must be from 1 to 1000":           "fleet x --window 0",
		"--id: a fleet's id has":                    "fleet x --id a/b",
		"--only-failed-of: a fleet's id has":        "fleet x --only-failed-of a/b",
		"name exactly one fleet":                    "pause",
		"name one fleet and the size":               "window f1",
		"the size of the window must be a number":   "window f1 many",
		"goes with none of":                         "list --fleets --stage FAILED",
		"a fleet's id has letters":                  "list --fleet a/b",
	} {
		r := starter(t, "", nil, strings.Fields(args)...)
		require.Equal(t, exitUsage, r.code, args)
		require.Contains(t, r.errors, want)
	}
}

func TestListShowsFleetsAndTheRegistrationsOfOne(t *testing.T) {
	f := newFrontend(t)
	require.Zero(t, starter(t, "", onFrontend(f), "fleet", folderOf(t, 2), "--id", "f1", "--detach").code)
	f.listed = []*workflowpb.WorkflowExecutionInfo{{Execution: &commonpb.WorkflowExecution{WorkflowId: "register-fleet/f1", RunId: "run"}}}
	r := starter(t, "", onFrontend(f), "list", "--fleets")
	require.Zero(t, r.code, r.errors)
	require.Regexp(t, `(?m)^f1 .* 2 registrations `, r.out)
	require.Equal(t, "WorkflowType = 'RegisterFleet' AND ExecutionStatus != 'ContinuedAsNew'", f.listQuery)
	starter(t, "", onFrontend(f), "list", "--fleet", "f1", "--stage", "FAILED")
	require.Equal(t, "WorkflowType IN ('RegisterModel', 'ChangeModel', 'AdoptModel', 'RetireModel') AND ParentWorkflowId = 'register-fleet/f1' AND RegistrationStage = 'FAILED'", f.listQuery)
}

func TestAFleetsProgressIsFewLinesWhereThereIsNoTerminal(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&console.Printer{W: &out}, []string{"f1"})
	seen := newFleetSketch(false)
	look := func(v schemas.FleetProgress, stalled string) {
		p.rows[0].show(seen, func() { seen.look(v, stalled) })
	}
	for i := range 10_001 {
		look(schemas.FleetProgress{Status: schemas.FleetRunning, Total: 10_000, Ended: i, Queued: 10_000 - i,
			StartedAt: time.Now().Add(-time.Minute)}, "")
	}
	look(schemas.FleetProgress{}, "no worker answers")
	look(schemas.FleetProgress{}, "no worker answers")
	p.close()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.LessOrEqual(t, len(lines), 25)
	require.Contains(t, lines[0], "RUNNING  0 of 10000 done  10000 queued")
	require.Contains(t, lines[10], "5000 of 10000 done")
	require.Equal(t, "! no worker answers", lines[len(lines)-1])
}

// printed is what lines are on paper.
func printed(lines []console.Line) string {
	var out bytes.Buffer
	(&console.Printer{W: &out}).Print(lines...)
	return out.String()
}

func TestAFleetsBarShowsCountsRateAndTimeLeft(t *testing.T) {
	seen := newFleetSketch(true)
	seen.look(schemas.FleetProgress{}, "no worker answers")
	require.Equal(t, "waiting for the fleet to say where it stands\n  ! no worker answers\n", printed(seen.block(moment)))
	seen.look(schemas.FleetProgress{Status: schemas.FleetRunning, Total: 100, Ended: 50, Queued: 40, InFlight: 8, Waiting: 2, Window: 8,
		Outcomes: schemas.FleetTally{schemas.Completed: 49, schemas.Failed: 1}, StartedAt: time.Now().Add(-25 * time.Second),
		Recent: []schemas.FleetFailure{{Name: "model-7", Outcome: schemas.Failed, Reason: "the job failed"}}}, "")
	require.Empty(t, seen.next(time.Now()), "the block says it")
	shown := printed(seen.block(time.Now()))
	for _, want := range []string{strings.Repeat("█", 15) + strings.Repeat("░", 15), "50 of 100  50 %  RUNNING  2.0/s, about 2",
		"49 COMPLETED, 1 FAILED, 8 in flight (window 8), 2 waiting for approval, 40 queued", "model-7 FAILED  the job failed"} {
		require.Contains(t, shown, want)
	}
}
