package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const (
	readyTimeout  = 60 * time.Second
	readyInterval = 20 * time.Millisecond
	callTimeout   = 5 * time.Second
)

// awaitReady returns when every part that a worker, a client or a browser needs has answered once.
func awaitReady(ctx context.Context, opts options, addrs addresses) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	conn, err := grpc.NewClient(addrs.frontendAddress(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("cannot reach the server that was just started: %w", err)
	}
	defer conn.Close()

	p := probe{
		namespace: opts.namespace,
		workflow:  workflowservice.NewWorkflowServiceClient(conn),
		operator:  operatorservice.NewOperatorServiceClient(conn),
		uiURL:     addrs.uiURL(),
	}
	checks := []func(context.Context) error{p.frontend, p.searchAttributes, p.visibility, p.matching, p.history}
	if !opts.headless {
		checks = append(checks, p.ui)
	}
	for _, check := range checks {
		if err := retry(ctx, check); err != nil {
			return fmt.Errorf("the Temporal server did not become ready: %w", err)
		}
	}
	return nil
}

// retry calls check until it succeeds. When ctx ends first, the error is check's last one.
func retry(ctx context.Context, check func(context.Context) error) error {
	for {
		callCtx, cancel := context.WithTimeout(ctx, callTimeout)
		err := check(callCtx)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(readyInterval):
		}
	}
}

// probe asks each part of the server something that only that part can answer.
type probe struct {
	namespace string
	workflow  workflowservice.WorkflowServiceClient
	operator  operatorservice.OperatorServiceClient
	uiURL     string
}

func (p probe) frontend(ctx context.Context) error {
	_, err := p.workflow.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: p.namespace})
	return err
}

// searchAttributes also adds the missing ones, for a file whose namespace was made by another server.
func (p probe) searchAttributes(ctx context.Context) error {
	listed, err := p.operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: p.namespace})
	if err != nil {
		return err
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, kind := range searchAttributes {
		if listed.GetCustomAttributes()[name] != kind {
			missing[name] = kind
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = p.operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: p.namespace, SearchAttributes: missing,
	})
	if err != nil {
		return err
	}
	return errors.New("search attributes were added and are not listed yet")
}

func (p probe) visibility(ctx context.Context) error {
	_, err := p.workflow.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: p.namespace, Query: `RegistrationStage = "none"`,
	})
	return err
}

func (p probe) matching(ctx context.Context) error {
	_, err := p.workflow.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace:     p.namespace,
		TaskQueue:     &taskqueuepb.TaskQueue{Name: "devserver-readiness"},
		TaskQueueType: enumspb.TASK_QUEUE_TYPE_WORKFLOW,
	})
	return err
}

// history asks for a workflow that does not exist; that it knows so is the answer.
func (p probe) history(ctx context.Context) error {
	_, err := p.workflow.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: p.namespace,
		Execution: &commonpb.WorkflowExecution{WorkflowId: "devserver-readiness"},
	})
	if status.Code(err) == codes.NotFound {
		return nil
	}
	return err
}

// ui asks the page itself and, through the UI, the server.
func (p probe) ui(ctx context.Context) error {
	for _, path := range []string{"/", "/api/v1/namespaces/" + p.namespace} {
		if err := getOK(ctx, p.uiURL+path); err != nil {
			return err
		}
	}
	return nil
}

func getOK(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy: it is this process
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}
