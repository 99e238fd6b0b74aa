package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

func TestWithoutATerminalRegisterSaysAtOnceThatItWaitsAndForHowLong(t *testing.T) {
	f := newFrontend(t)
	manifest := file(t, "model.yaml", tutorial)
	r := starter(t, "", f.env(), "register", "--timeout", "1s", "-o", "json", manifest)
	require.Equal(t, exitInterrupted, r.code)
	require.Contains(t, r.errors, "Waiting for the end, for at most 1s.")
	require.Contains(t, r.errors, "Not over within 1s. The registration of production-llm-v2 goes on")
	require.Equal(t, statusInProgress, documents[schemas.Result](t, r)[0].Status)
	require.Equal(t, exitInterrupted, starter(t, "", f.env(), "watch", "--timeout", "1s", "production-llm-v2").code)

	f = newFrontend(t)
	f.ends = outcomes
	r = starter(t, "", f.env(), "register", file(t, "model.yaml", named("completed-1")))
	require.Zero(t, r.code)
	require.Contains(t, r.errors, "Waiting for the end, however long it takes, a person's decision included; --timeout limits that")
	require.NotContains(t, starter(t, "", f.env(), "register", "--detach", manifest).errors, "Waiting")
}

func TestRegisteringWhatIsInProgressSaysWhetherThePayloadIsTheSame(t *testing.T) {
	f := newFrontend(t)
	manifest := file(t, "model.yaml", tutorial)
	require.Zero(t, starter(t, "", f.env(), "register", "--detach", manifest).code)
	r := starter(t, "", f.env(), "register", manifest)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "its payload is the same as this manifest's")
	f.runs = map[string]*historypb.History{}
	f.begin(schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: "production-llm-v2"}, Requester: "carol"}, "run-0", nil)
	r = starter(t, "", f.env(), "register", manifest)
	require.Contains(t, r.errors, "its payload is another: ")
}

func TestStatusShowsWhyAStepIsBeingRetried(t *testing.T) {
	f := waiting(t)
	f.progress = &schemas.Progress{Name: "llm", Stage: schemas.StageSubmitting, StartedAt: moment}
	f.pending = []*workflowpb.PendingActivityInfo{{
		ActivityType: &commonpb.ActivityType{Name: schemas.SubmitRegistrationActivity}, Attempt: 4,
		State: enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, NextAttemptScheduleTime: timestamppb.New(time.Now().Add(time.Hour)),
		LastFailure: &failurepb.Failure{Message: "the gateway answered 503"},
	}}
	r := starter(t, "", f.env(), "status", "llm")
	require.Zero(t, r.code, r.errors)
	require.Regexp(t, `↻ SubmitRegistration attempt 4 in (1h|59m|60m)\S*; last failure: the gateway answered 503`, r.out)
	retrying := documents[schemas.Progress](t, starter(t, "", f.env(), "status", "-o", "json", "llm"))[0].Retrying
	require.Len(t, retrying, 1)
	require.Equal(t, "the gateway answered 503", retrying[0].Failure)
	require.Equal(t, int32(4), retrying[0].Number)
}

func TestStatusOfAnEndedRunNamesTheRun(t *testing.T) {
	f := newFrontend(t)
	in := schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: "llm"}}
	f.begin(in, "run-1", endingWith(schemas.Result{Name: "llm", Status: schemas.Completed}, nil))
	p := documents[schemas.Progress](t, starter(t, "", f.env(), "status", "-o", "json", "llm"))[0]
	require.Equal(t, "run-1", p.RunID)
}

func TestListIsInTheOrderOfTheStarts(t *testing.T) {
	f := newFrontend(t)
	for i, name := range []string{"ended-last", "newest", "oldest"} {
		f.listed = append(f.listed, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: "register-model/" + name},
			StartTime: timestamppb.New(moment.Add([]time.Duration{1, 2, 0}[i] * time.Hour)),
		})
	}
	var names []string
	for _, l := range documents[registrar.Listed](t, starter(t, "", f.env(), "list", "-o", "json")) {
		names = append(names, l.Name)
	}
	require.Equal(t, []string{"newest", "ended-last", "oldest"}, names)
}
