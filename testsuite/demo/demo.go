package main

import (
	"bufio"
	"bytes"
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

	"go.temporal.io/sdk/log"

	"model-registrar/internal/telemetry"
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

// demo registers the example, has it approved, and shows what came of it.
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
	fmt.Printf("Temporal UI: %s/namespaces/default/workflows\n\n$ starter register %s   (its two URLs lead to the simulator here)\n\n",
		s.UI, example)

	register := starter(ctx, s, "register", manifest, "--requester", "platform-engineer")
	register.Stdin = nil
	if err := register.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- register.Wait() }()
	verdict, err := decide(ctx, s, ended)
	if err != nil {
		return err
	}
	if err := <-ended; err != nil && verdict == schemas.Approve {
		return fmt.Errorf("the registration did not complete: %w", err)
	}
	if err := showRecords(ctx, s); err != nil {
		return err
	}
	if interactive() {
		fmt.Printf("\nIts page in the Temporal UI: %s/namespaces/default/workflows/%s\nPress Enter to stop everything. ", s.UI,
			strings.ReplaceAll(schemas.RegisterModelWorkflowID(modelName), "/", "%2F"))
		readLine(ctx)
	}
	return nil
}

// exampleManifest writes the example with its two URLs changed to the simulator's, and further keys to the values after them.
func exampleManifest(s *stack.Stack, dir, name string, further ...string) (string, error) {
	data, err := os.ReadFile(example)
	if err != nil {
		return "", err
	}
	further = append(further, "endpoint_url", s.SimURL+"/providers/openai", "webhook_callback_url", s.SimURL+"/webhooks/genesys-llm")
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

// decide waits for the gate, asks a person if there is one, and decides.
func decide(ctx context.Context, s *stack.Stack, ended chan error) (schemas.Verdict, error) {
	if err := gateOpen(ctx, s, ended); err != nil {
		return "", err
	}
	verdict, reason := schemas.Approve, "the probe passed"
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

// gateOpen waits until the registration asks for approval.
func gateOpen(ctx context.Context, s *stack.Stack, ended chan error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	o, err := registrar.FromEnvironment(s.Environ())
	if err != nil {
		return err
	}
	o.Temporal.Logger = log.NewStructuredLogger(telemetry.Logger(os.Stderr, "error", "console"))
	c, err := registrar.Dial(ctx, o)
	if err != nil {
		return err
	}
	defer c.Close()
	for {
		_, err = c.AwaitApproval(ctx, modelName, "")
		if _, early := errors.AsType[*registrar.NotFound](err); !early {
			break
		}
		select {
		case err := <-ended:
			return errors.Join(errors.New("the registration was not started"), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	if _, over := errors.AsType[*registrar.Ended](err); over {
		return errors.Join(errors.New("the registration ended before it asked for approval"), <-ended)
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
