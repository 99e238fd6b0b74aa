// Command program has a model registered that a person has to approve, approves it, and prints what came of it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

func main() {
	if err := run(context.Background(), []byte(os.Args[1])); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, manifest []byte) error {
	options, err := registrar.FromEnvironment(os.Environ())
	if err != nil {
		return err
	}
	c, err := registrar.Dial(ctx, options)
	if err != nil {
		return err
	}
	defer c.Close()
	request := registrar.Request{Requester: "alice@example.com"}
	if err := json.Unmarshal(manifest, &request.Manifest); err != nil {
		return err
	}
	started, err := c.Start(ctx, request)
	if err != nil {
		return err
	}
	if _, err := c.AwaitApproval(ctx, started.Name, started.RunID); err != nil {
		return err
	}
	_, err = c.Decide(ctx, started.Name, schemas.Decision{
		Decision: schemas.Approve, Approver: "bob@example.com", Reason: "the figures are fine",
		PayloadHash: started.PayloadHash, RunID: started.RunID,
	})
	if err != nil {
		return err
	}
	t, err := c.Follow(ctx, started.Name, started.RunID, func(v registrar.View) { log.Println(v.Progress().Stage) })
	if err != nil {
		return err
	}
	fmt.Println(t.Result().Status, t.Result().ModelID)
	return nil
}
