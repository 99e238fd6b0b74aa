package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const taskQueue = "devserver-test"

var registrationStage = temporal.NewSearchAttributeKeyKeyword("RegistrationStage")

// waitForDecision is a workflow with a timer and a signal, like a registration that waits for a person.
func waitForDecision(ctx workflow.Context) (string, error) {
	var before string
	options := workflow.ActivityOptions{StartToCloseTimeout: time.Minute}
	if err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), activityOnce).Get(ctx, &before); err != nil {
		return "", err
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, registrationStage.ValueSet("approval")); err != nil {
		return "", err
	}
	if err := workflow.Sleep(ctx, time.Second); err != nil {
		return "", err
	}
	var decision string
	workflow.GetSignalChannel(ctx, "decide").Receive(ctx, &decision)
	return before + " " + decision, nil
}

func activityOnce() (string, error) { return "asked", nil }

func startWorker(t *testing.T, c client.Client) {
	t.Helper()
	w := worker.New(c, taskQueue, worker.Options{})
	w.RegisterWorkflow(waitForDecision)
	w.RegisterActivity(activityOnce)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}

func startWorkflow(t *testing.T, c client.Client, id string) client.WorkflowRun {
	t.Helper()
	run, err := c.ExecuteWorkflow(testContext(t), client.StartWorkflowOptions{
		ID: id, TaskQueue: taskQueue,
		TypedSearchAttributes: temporal.NewSearchAttributes(registrationStage.ValueSet("validate")),
	}, waitForDecision)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func listed(t *testing.T, c client.Client, query string) []string {
	t.Helper()
	response, err := c.ListWorkflow(testContext(t), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, execution := range response.GetExecutions() {
		ids = append(ids, execution.GetExecution().GetWorkflowId())
	}
	return ids
}

func dbFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "it's 100% new?.db") // an awkward name is a name too
}

func TestOnAFreshFileTheNamespaceAndSearchAttributesAreThereAndAWorkflowRuns(t *testing.T) {
	t.Parallel()
	p := start(t, "--db-file="+dbFile(t))
	c := p.dial(t)

	namespace, err := c.WorkflowService().DescribeNamespace(testContext(t), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	if got := namespace.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); got != retention {
		t.Errorf("retention is %s, want %s", got, retention)
	}
	attributes, err := c.OperatorService().ListSearchAttributes(testContext(t), &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ModelName", "ModelArchitecture", "RegistrationStage", "PayloadHash", "ModelState"} {
		if kind := attributes.GetCustomAttributes()[name]; kind != enumspb.INDEXED_VALUE_TYPE_KEYWORD {
			t.Errorf("search attribute %s is %s, want Keyword", name, kind)
		}
	}

	run := startWorkflow(t, c, "fresh")
	eventually(t, "found by the stage it was started with", func() bool {
		return len(listed(t, c, `RegistrationStage="validate"`)) == 1
	})
	startWorker(t, c)
	eventually(t, "found by the stage it has set", func() bool {
		return len(listed(t, c, `RegistrationStage="approval"`)) == 1
	})
	decideAndExpect(t, c, run, "asked approve")
}

func TestKilledWhileAWorkflowSleepsItGoesOnWhereItWasOnOtherPorts(t *testing.T) {
	t.Parallel()
	file := dbFile(t)
	first := start(t, "--db-file="+file)
	c := first.dial(t)
	startWorker(t, c)
	run := startWorkflow(t, c, "sleeper")
	eventually(t, "asleep", func() bool { return len(listed(t, c, `RegistrationStage="approval"`)) == 1 })

	if code := first.end(t, syscall.SIGKILL); code != -1 {
		t.Fatalf("exit code %d after SIGKILL", code)
	}
	second := start(t, "--db-file="+file)
	if second.Address == first.Address {
		t.Errorf("both ran on %s, the test wants other ports", first.Address)
	}
	c = second.dial(t)
	startWorker(t, c)
	decideAndExpect(t, c, run, "asked approve")
	history := c.GetWorkflowHistory(testContext(t), run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	activities := 0
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED {
			activities++
		}
	}
	if activities != 1 {
		t.Errorf("the activity was scheduled %d times, want once", activities)
	}
}

func TestKilledAndRestartedOnTheSamePortConnectedWorkersAndClientsGoOn(t *testing.T) {
	t.Parallel()
	file := dbFile(t)
	first := start(t, "--db-file="+file)
	c := first.dial(t)
	startWorker(t, c)
	run := startWorkflow(t, c, "in progress")
	eventually(t, "asleep", func() bool { return len(listed(t, c, `RegistrationStage="approval"`)) == 1 })

	first.end(t, syscall.SIGKILL)
	_, port, err := net.SplitHostPort(first.Address)
	if err != nil {
		t.Fatal(err)
	}
	start(t, "--db-file="+file, "--port="+port)
	decideAndExpect(t, c, run, "asked approve")
}

func decideAndExpect(t *testing.T, c client.Client, run client.WorkflowRun, want string) {
	t.Helper()
	if err := c.SignalWorkflow(testContext(t), run.GetID(), "", "decide", "approve"); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := c.GetWorkflow(testContext(t), run.GetID(), "").Get(testContext(t), &got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("the workflow returned %q, want %q", got, want)
	}
}

func TestSIGTERMAndSIGINTEndItCleanlyWithinSeconds(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			file := dbFile(t)
			p := start(t, "--db-file="+file)
			begin := time.Now()
			if code := p.end(t, signal); code != exitOK {
				t.Errorf("exit code %d, want 0", code)
			}
			if took := time.Since(begin); took > stopTimeout {
				t.Errorf("stopping took %s", took)
			}
			if got := p.stderr.String(); got != "" {
				t.Errorf("a clean life wrote to stderr:\n%s", got)
			}
			if info, err := os.Stat(file + "-wal"); err == nil && info.Size() > 0 {
				t.Errorf("%d bytes are left in the write-ahead log", info.Size())
			}
		})
	}
}

func TestReadinessIsTwoLinesOnStdoutAndAFileThatGoesWithTheProcess(t *testing.T) {
	t.Parallel()
	file := dbFile(t)
	p := start(t, "--db-file="+file, "--namespace=models")
	want := fmt.Sprintf("Temporal server  %s  (namespace models, SQLite file %s)\nTemporal UI      %s\n", p.Address, file, p.UIURL)
	eventually(t, "the lines on stdout", func() bool { return p.stdout.String() == want })
	if p.PID != p.cmd.Process.Pid || p.Namespace != "models" {
		t.Errorf("the ready file says %+v", p.readiness)
	}
	p.end(t, syscall.SIGTERM)
	if fileExists(p.readyFile) {
		t.Error("the ready file is still there")
	}
}

func TestTwoRunSideBySideOnDifferentFiles(t *testing.T) {
	t.Parallel()
	one := start(t, "--db-file="+dbFile(t))
	two := start(t, "--in-memory", "--headless")
	for _, p := range []*process{one, two} {
		c := p.dial(t)
		startWorker(t, c)
		decideAndExpect(t, c, startWorkflow(t, c, "same id"), "asked approve")
	}
	if two.UIURL != "" || strings.Contains(two.stdout.String(), "UI") {
		t.Errorf("headless, and yet a UI at %q", two.UIURL)
	}
}
