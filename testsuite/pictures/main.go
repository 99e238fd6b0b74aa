// Package main takes the pictures of the Temporal UI that the documentation shows, from a running stack. It fails if a
// registration cannot be approved there as a person would do it, in the UI's own dialog.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/stack"
)

// limit bounds everything: taking the pictures takes about half a minute.
const limit = 4 * time.Minute

func main() {
	bin := flag.String("bin", "bin", "folder of the built binaries")
	out := flag.String("out", "docs/images", "folder for the pictures")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := run(ctx, *bin, *out); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, bin, out string) error {
	browser, err := findBrowser()
	if err != nil {
		return err
	}
	if bin, err = filepath.Abs(bin); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "model-registrar-pictures-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := stack.Start(ctx, stack.Options{Bin: bin, Dir: dir, InMemory: true})
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.StartWorker(); err != nil {
		return err
	}
	c, err := s.Dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := setScene(ctx, s, c); err != nil {
		return err
	}
	if err := nameThePayload(s); err != nil {
		return err
	}
	if err := take(ctx, script{
		Browser: browser, Profile: filepath.Join(dir, "browser"), Out: out,
		UI: s.UI, WorkflowID: schemas.RegisterModelWorkflowID(star), Waiting: waiting(), Decision: decision,
	}); err != nil {
		return fmt.Errorf("the pictures could not be taken: %w", err)
	}
	return checkApproved(ctx, c)
}

// nameThePayload has the decision name what it approves, as the current details show it to be copied.
func nameThePayload(s *stack.Stack) (err error) {
	for _, a := range cast {
		if a.name == star {
			decision.PayloadHash, err = a.manifest(s).Payload().Hash()
		}
	}
	return err
}

// script is what take.mjs needs to know.
type script struct {
	Browser    string           `json:"browser"`
	Profile    string           `json:"profile"`
	Out        string           `json:"out"`
	UI         string           `json:"ui"`
	WorkflowID string           `json:"workflowId"`
	Waiting    []string         `json:"waiting"` // workflow ids of those that wait for approval
	Decision   schemas.Decision `json:"decision"`
}

// take drives the browser. The script gets an interrupt, so that it closes the browser, before it is killed.
func take(ctx context.Context, s script) error {
	args, err := json.Marshal(s)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "node", "testsuite/pictures/take.mjs", string(args))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd.Run()
}

// checkApproved makes sure that what was typed in the browser is what the registration took.
func checkApproved(ctx context.Context, c *registrar.Client) error {
	t, err := c.Follow(ctx, star, "", func(registrar.View) {})
	if err != nil {
		return err
	}
	r := t.Ending.Result
	if r == nil || r.Status != schemas.Completed || r.Approval == nil || r.Approval.Approver != decision.Approver ||
		r.Approval.Decision != decision.Decision || r.Approval.Reason != decision.Reason {
		return fmt.Errorf("%s did not take the decision sent from the UI: %+v", star, r)
	}
	fmt.Printf("%s is %s, approved by %s in the UI.\n", star, r.Status, r.Approval.Approver)
	return nil
}

// findBrowser finds Chromium: the one that the environment variable CHROMIUM names, or an installed one.
func findBrowser() (string, error) {
	if named := os.Getenv("CHROMIUM"); named != "" {
		return named, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium found: install the package chromium, or name one in the environment variable " +
		"CHROMIUM")
}
