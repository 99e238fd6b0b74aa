package registrar_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

// connect is how each example reaches Temporal.
func connect(ctx context.Context) *registrar.Client {
	options, err := registrar.FromEnvironment(os.Environ())
	if err != nil {
		log.Fatal(err)
	}
	c, err := registrar.Dial(ctx, options)
	if err != nil {
		log.Fatal(err)
	}
	return c
}

func ExampleClient_Start() {
	ctx := context.Background()
	c := connect(ctx)
	defer c.Close()

	started, err := c.Start(ctx, registrar.Request{Manifest: manifest("example-start"), Requester: "alice@example.com"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("started:", started.WorkflowID)

	// A registration of the same name excludes a second one.
	_, err = c.Start(ctx, registrar.Request{Manifest: manifest("example-start"), Requester: "carol@example.com"})
	if busy, ok := errors.AsType[*registrar.InProgress](err); ok {
		fmt.Println("in progress, requested by", busy.Registration.Input.Requester)
	}
	if _, err := c.Cancel(ctx, started.Name, schemas.CancelRequest{By: "ann@example.com", Reason: "not needed any more"}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// started: register-model/example-start
	// in progress, requested by alice@example.com
}

func ExampleClient_Follow() {
	ctx := context.Background()
	c := connect(ctx)
	defer c.Close()

	m := manifest("example-follow")
	m.Approval.Policy = schemas.ApproveNever
	started, err := c.Start(ctx, registrar.Request{Manifest: m, Requester: "alice@example.com"})
	if err != nil {
		log.Fatal(err)
	}
	// The view tells what is going on: v.Current, v.Attempts, v.Stalled, v.Lost.
	t, err := c.Follow(ctx, started.Name, started.RunID, func(v registrar.View) {})
	if err != nil {
		log.Fatal(err)
	}
	for _, stage := range t.Stages {
		fmt.Println(stage.Stage)
	}
	fmt.Println(t.Result().Status)
	// Output:
	// VALIDATING
	// SUBMITTING
	// REGISTERING
	// PROBING
	// HEALTH_CHECK
	// HANDING_OVER
	// RECORDING
	// COMPLETED
}

func ExampleClient_Decide() {
	ctx := context.Background()
	c := connect(ctx)
	defer c.Close()

	started, err := c.Start(ctx, registrar.Request{Manifest: manifest("example-decide"), Requester: "alice@example.com"})
	if err != nil {
		log.Fatal(err)
	}
	evidence, err := c.AwaitApproval(ctx, started.Name, started.RunID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the probe says", evidence.Validation.Status)

	approval := schemas.Decision{
		Decision: schemas.Approve, Approver: "alice@example.com", Reason: "mine",
		PayloadHash: evidence.PayloadHash, RunID: started.RunID,
	}
	_, err = c.Decide(ctx, started.Name, approval)
	if _, ok := errors.AsType[*registrar.Refused](err); ok {
		fmt.Println("refused: alice is the requester")
	}
	approval.Approver, approval.Reason = "bob@example.com", "the figures are fine"
	receipt, err := c.Decide(ctx, started.Name, approval)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(receipt.Decision, "by", receipt.Approver)
	// Output:
	// the probe says PASS
	// refused: alice is the requester
	// approve by bob@example.com
}

func ExampleClient_List() {
	ctx := context.Background()
	c := connect(ctx)
	defer c.Close()

	// Temporal's visibility store may lag behind by a second or so.
	waiting, more, err := c.List(ctx, registrar.Filter{Stage: schemas.StageApproval, Architecture: schemas.Cohere})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range waiting {
		fmt.Println(r.Name, r.StartedAt)
	}
	fmt.Println("more:", more)
	// Output:
	// more: false
}

func ExampleClient_Find() {
	ctx := context.Background()
	c := connect(ctx)
	defer c.Close()

	_, err := c.Find(ctx, "nobody-registered-this")
	if _, ok := errors.AsType[*registrar.NotFound](err); ok {
		fmt.Println(err)
	}
	// Output:
	// no registration of "nobody-registered-this" is known in namespace "default"
}
