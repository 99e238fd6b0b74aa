package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

const (
	modelName = "production-llm-v2"
	example   = "examples/production-llm-v2.yaml"
	patience  = time.Minute
)

// demo registers the example, has it approved, shows what came of it, and raises its limit by plan and apply.
func demo(ctx context.Context, server stack.Server) error {
	dir, err := os.MkdirTemp("", "model-registrar-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := begin(ctx, stack.Options{Dir: dir, Server: server, UsualPorts: true, InMemory: true})
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.StartWorker(); err != nil {
		return err
	}
	manifest, err := exampleManifest(s, dir, modelName+".yaml")
	if err != nil {
		return err
	}
	if err := likeAModel(ctx, s); err != nil {
		return err
	}
	if s.UI != "" {
		fmt.Printf("Temporal UI: %s\n\n", s.UI)
	}
	fmt.Printf("$ starter register %s   (its two URLs lead to the simulator here)\n\n", example)

	verdict, err := approved(ctx, s, "the probe passed", "register", manifest)
	if err != nil {
		return err
	}
	if err := showRecords(ctx, s); err != nil {
		return err
	}
	if verdict == schemas.Approve {
		if err := change(ctx, s, manifest); err != nil {
			return err
		}
	}
	if interactive() {
		if s.UI != "" {
			fmt.Printf("\nIts page in the Temporal UI: %s/namespaces/%s/workflows/%s", s.UI,
				cmp.Or(os.Getenv("TEMPORAL_NAMESPACE"), client.DefaultNamespace),
				strings.ReplaceAll(schemas.RegisterModelWorkflowID(modelName), "/", "%2F"))
		}
		fmt.Print("\nPress Enter to stop everything. ")
		readLine(ctx)
	}
	return nil
}

// exampleManifest writes the example with its two URLs changed to the simulator's, and further keys to the values after
// them.
func exampleManifest(s *stack.Stack, dir, name string, further ...string) (string, error) {
	data, err := os.ReadFile(example)
	if err != nil {
		return "", err
	}
	further = append(further, "endpoint_url", s.SimURL+"/providers/openai", "webhook_callback_url",
		s.SimURL+"/webhooks/genesys-llm")
	for pair := range slices.Chunk(further, 2) {
		data = regexp.MustCompile(`(?m)^`+pair[0]+`:.*$`).ReplaceAll(data, []byte(strings.Join(pair, ": ")))
	}
	file := filepath.Join(dir, name)
	return file, os.WriteFile(file, data, 0o644)
}

// likeAModel makes the simulated provider take as long over its answers as a real one might.
func likeAModel(ctx context.Context, s *stack.Stack) error {
	_, err := s.Sim.Fault(ctx, control.Fault{
		Match: control.Match{Op: control.OpProvider}, Action: control.Action{FirstTokenMS: 180, BetweenTokensMS: 15},
	})
	return err
}

// approved runs a command that somebody has to approve, decides for this reason, and waits for its end.
func approved(ctx context.Context, s *stack.Stack, reason string, args ...string) (schemas.Verdict, error) {
	before, err := newestRun(ctx, s)
	if err != nil {
		return "", err
	}
	cmd := starter(ctx, s, append(args, "--requester", "platform-engineer")...)
	cmd.Stdin = nil
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	verdict, err := decide(ctx, s, before, reason, ended)
	if err != nil {
		return "", err
	}
	if err := <-ended; err != nil && verdict == schemas.Approve {
		return "", fmt.Errorf("starter %s did not complete: %w", args[0], err)
	}
	return verdict, nil
}

// change raises the model's limit as a pipeline does, by plan and apply, and reads back that nothing is left to do.
func change(ctx context.Context, s *stack.Stack, manifest string) error {
	data, err := os.ReadFile(manifest)
	if err != nil {
		return err
	}
	raised := regexp.MustCompile(`(?m)^max_requests_per_minute: 500\b`).ReplaceAll(data,
		[]byte("max_requests_per_minute: 600"))
	if err := os.WriteFile(manifest, raised, 0o644); err != nil {
		return err
	}
	file := filepath.Base(manifest)
	plan := func() error {
		fmt.Printf("\n$ starter plan %s\n\n", file)
		return starter(ctx, s, "plan", manifest).Run()
	}
	fmt.Printf("\nThe manifest now says max_requests_per_minute: 600.\n")
	if err := plan(); err != nil {
		return err
	}
	fmt.Printf("\n$ starter apply %s --yes\n\n", file)
	verdict, err := approved(ctx, s, "600 requests fit our contract", "apply", manifest, "--yes")
	if err != nil || verdict != schemas.Approve {
		return err
	}
	return plan()
}

// decide waits for the gate, asks a person if there is one, and decides.
func decide(ctx context.Context, s *stack.Stack, before, reason string, ended chan error) (schemas.Verdict, error) {
	if err := gateOpen(ctx, s, before, ended); err != nil {
		return "", err
	}
	verdict := schemas.Approve
	if interactive() {
		fmt.Print("\nYou are the approver. Approve it? [Y/n] ")
		answer := strings.ToLower(strings.TrimSpace(readLine(ctx)))
		if ctx.Err() != nil {
			return "", errors.New("interrupted")
		}
		if answer != "" && !strings.HasPrefix(answer, "y") {
			verdict, reason = schemas.Reject, "rejected in the demo"
		}
	} else {
		fmt.Println("\nThere is no terminal to ask at, so the demo approves by itself.")
	}
	command := []string{string(verdict), modelName, "--approver", "model-owner", "--reason", reason}
	fmt.Printf("\n$ starter %s\n\n", shellLine(command))
	return verdict, starter(ctx, s, command...).Run()
}

// newestRun is the newest operation's run on the model; empty if there is none.
func newestRun(ctx context.Context, s *stack.Stack) (string, error) {
	c, err := s.Dial(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return runOf(ctx, c)
}

func runOf(ctx context.Context, c *registrar.Client) (string, error) {
	t, err := c.Find(ctx, modelName)
	if _, none := errors.AsType[*registrar.NotFound](err); none {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return t.RunID, nil
}

// gateOpen waits until an operation that began after the run before asks for approval.
func gateOpen(ctx context.Context, s *stack.Stack, before string, ended chan error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := s.Dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	run := before
	for run == before {
		if run, err = runOf(ctx, c); err != nil {
			return err
		}
		if run != before {
			break
		}
		select {
		case err := <-ended:
			return errors.Join(errors.New("the operation was not started"), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	_, err = c.AwaitApproval(ctx, modelName, run)
	if _, over := errors.AsType[*registrar.Ended](err); over {
		return errors.Join(errors.New("the operation ended before it asked for approval"), <-ended)
	}
	return err
}

// starter prepares a command of the starter with its output on ours. It gets a pipe, not the terminal, because the demo
// writes there at the same time.
func starter(ctx context.Context, s *stack.Stack, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.Starter(), args...)
	cmd.Env = s.Environ()
	cmd.Stdout, cmd.Stderr = writer{os.Stdout}, writer{os.Stdout}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// writer hides that a file is a terminal.
type writer struct{ f *os.File }

func (w writer) Write(p []byte) (int, error) { return w.f.Write(p) }

// showRecords prints what other systems and auditors got.
func showRecords(ctx context.Context, s *stack.Stack) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, args := range [][]string{{"audit", "show", modelName}, {"audit", "verify"}} {
		fmt.Println("\n$ starter " + shellLine(args))
		stdout, stderr, code := s.Run(ctx, append(args, "--trail", s.AuditFile)...)
		fmt.Print(stdout)
		if code != 0 {
			return fmt.Errorf("starter %s: %s", shellLine(args), stderr)
		}
	}
	hooks, err := s.Sim.WaitWebhooks(ctx, control.WebhookFilter{Event: schemas.RegistrationUpdated}, 2)
	if err != nil {
		return err
	}
	ended := hooks[len(hooks)-1]
	fmt.Println("\nThe webhook that the receiver got when it ended (one before it told that somebody had to decide):")
	for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		fmt.Printf("  %s: %s\n", name, ended.Headers[name])
	}
	printJSON([]byte(ended.Body))
	return nil
}

func printJSON(data []byte) {
	var out bytes.Buffer
	if json.Indent(&out, bytes.TrimSpace(data), "  ", "  ") != nil {
		out.Write(data)
	}
	fmt.Println("  " + out.String())
}

func shellLine(args []string) string {
	var out []string
	for _, a := range args {
		if strings.Contains(a, " ") {
			a = `"` + a + `"`
		}
		out = append(out, a)
	}
	return strings.Join(out, " ")
}

// readLine reads a line from standard input; an interrupt ends the waiting.
func readLine(ctx context.Context) string {
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		line <- text
	}()
	select {
	case text := <-line:
		return text
	case <-ctx.Done():
		return ""
	}
}
