package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"model-registrar/testsuite/stack"
)

// simulatorCredential is the credential id that leads to the token of the simulated provider.
const simulatorCredential = "simulator"

// pause is how long a worker that ended is waited with before another one is started.
const pause = time.Second

// upstack is a stack that people use from other terminals.
type upstack struct {
	*stack.Stack
	folder string            // of this run, relative to the project's
	given  map[string]string // the caller's variables that are the worker's
	health string            // address where the worker says whether it is ready
}

// up runs the stack in the foreground until it is interrupted. A worker that dies is replaced, as a supervisor would.
// Nothing outlives the run: the simulator keeps its models in memory, so the server does too.
func up(ctx context.Context, server stack.Server) error {
	folder, release, err := ownFolder(".run")
	if err != nil {
		return err
	}
	defer release()
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	s, err := begin(ctx, stack.Options{
		Dir: filepath.Join(root, folder), WorkerDir: root, Server: server, UsualPorts: true, InMemory: true,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	u := &upstack{Stack: s, folder: folder, given: workersVariables(os.Environ()), health: stack.FreeAddress()}
	if address := u.given["REGISTRAR_METRICS_ADDRESS"]; address != "" {
		u.health = address
	}
	worker, err := u.start(ctx)
	if err != nil {
		return err
	}
	fmt.Print(u.manual())
	for {
		worker.Wait(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		if ctx.Err() != nil {
			fmt.Println("\nStopping. What was registered here is forgotten.")
			return nil
		}
		fmt.Printf("\nThe worker ended (see %s/worker.log); another one is started.\n", folder)
		if worker, err = s.StartWorkerWith(u.environ()...); err != nil {
			return err
		}
	}
}

// ownFolder takes a folder that no other run uses, and clears it of the records of an earlier run.
func ownFolder(parent string) (folder string, release func(), err error) {
	for n := 1; ; n++ {
		folder = filepath.Join(parent, fmt.Sprint(n))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return "", nil, err
		}
		lock := flock.New(filepath.Join(folder, "lock"))
		switch mine, err := lock.TryLock(); {
		case err != nil:
			return "", nil, err
		case !mine:
			continue
		}
		left, err := filepath.Glob(filepath.Join(folder, "*.log*"))
		for _, file := range left {
			err = errors.Join(err, os.Remove(file))
		}
		return folder, func() { _ = lock.Unlock() }, err
	}
}

// workersVariables are the variables of the caller's that say how a worker is to work.
func workersVariables(environ []string) map[string]string {
	given := map[string]string{}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "REGISTRAR_") && name != "REGISTRAR_UI_URL" ||
			strings.HasPrefix(name, "EXTERNAL_AI_TOKEN") {
			given[name] = value
		}
	}
	return given
}

// start writes what the worker and other terminals read, and starts a worker that is ready.
func (u *upstack) start(ctx context.Context) (*stack.Process, error) {
	if err := u.writeFiles(); err != nil {
		return nil, err
	}
	worker, err := u.StartWorkerWith(u.environ()...)
	if err != nil {
		return nil, err
	}
	health := u.health
	if strings.HasPrefix(health, ":") {
		health = "127.0.0.1" + health
	}
	client := http.Client{Timeout: pause}
	return worker, worker.Await(ctx, patience, func() error {
		answer, err := client.Get("http://" + health + "/readyz")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return errors.New(answer.Status)
		}
		return nil
	})
}

// environ are the variables of the worker beside those of every stack: the caller's, and what the simulator needs with
// them.
func (u *upstack) environ() []string {
	out := []string{"REGISTRAR_METRICS_ADDRESS=" + u.health}
	for name, value := range u.given {
		out = append(out, name+"="+value)
	}
	return append(out, u.outbound()...)
}

// outbound lets probes and webhooks reach the simulator, beside what the caller lets them reach.
func (u *upstack) outbound() []string {
	out := []string{"REGISTRAR_ALLOW_NETWORKS=" + joined("127.0.0.0/8", u.given["REGISTRAR_ALLOW_NETWORKS"])}
	// then the simulator's, which is no secret
	if u.given["EXTERNAL_AI_TOKEN"] == "" && u.given["EXTERNAL_AI_TOKEN_FILE"] == "" {
		out = append(out, "EXTERNAL_AI_TOKEN="+stack.ProviderToken,
			"EXTERNAL_AI_TOKEN_HOSTS="+joined(hostOf(u.SimURL), u.given["EXTERNAL_AI_TOKEN_HOSTS"]))
	}
	if u.credential() == simulatorCredential {
		out = append(out, "REGISTRAR_CREDENTIALS_FILE="+u.path("credentials.yaml"))
	}
	return out
}

// credential is the id under which the simulated provider's token is found; the example's own where the caller's file
// counts.
func (u *upstack) credential() string {
	if u.given["REGISTRAR_CREDENTIALS_FILE"] != "" {
		return "cred_abc123xyz"
	}
	return simulatorCredential
}

// path is a file of this run, as an absolute path.
func (u *upstack) path(name string) string { return filepath.Join(filepath.Dir(u.AuditFile), name) }

// writeFiles writes the example, the credential of the simulated provider, and the variables for other terminals.
func (u *upstack) writeFiles() error {
	_, err := exampleManifest(u.Stack, u.folder, "example.yaml", "auth_credential_id", u.credential())
	credentials := fmt.Sprintf("credentials:\n  %s:\n    hosts: [%s]\n    token_file: simulator-token\n",
		simulatorCredential, hostOf(u.SimURL))
	for file, text := range map[string]string{
		"credentials.yaml": credentials, "simulator-token": stack.ProviderToken + "\n", "env": u.exports(),
	} {
		err = errors.Join(err, os.WriteFile(u.path(file), []byte(text), 0o600))
	}
	return err
}

// exports are the variables for other terminals, as a shell reads them. Secrets of the caller's are none of them.
func (u *upstack) exports() string {
	out := []string{"REGISTRAR_UI_URL=" + u.UI}
	for _, variable := range u.Environ() {
		switch name, _, _ := strings.Cut(variable, "="); name {
		case "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_PROFILE", "REGISTRAR_TASK_QUEUE":
			out = append(out, variable)
		}
	}
	if _, own := u.given["REGISTRAR_AUDIT"]; !own && u.given["REGISTRAR_AUDIT_FILE"] == "" {
		out = append(out, "REGISTRAR_AUDIT=file:"+u.AuditFile)
	}
	var text strings.Builder
	for _, variable := range append(out, u.outbound()...) {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Fprintf(&text, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	return text.String()
}

func joined(list ...string) string {
	var out []string
	for _, item := range list {
		if item != "" {
			out = append(out, item)
		}
	}
	return strings.Join(out, ",")
}

func hostOf(url string) string { return strings.TrimPrefix(url, "http://") }

// manual says what runs and what to type, in 80 columns.
func (u *upstack) manual() string {
	ui := u.UI
	if ui == "" {
		ui = "not known here; REGISTRAR_UI_URL says where it is"
	}
	return fmt.Sprintf(`
Everything runs until you press Ctrl-C, and then forgets all that was
registered. Logs are in %[1]s/.

  Temporal UI   %[2]s
  simulator     %[3]s   (its state: /_sim/state)

In another terminal, in this folder:

  . %[1]s/env
  bin/starter register %[1]s/example.yaml
  bin/starter approve production-llm-v2 --approver owner@example.com \
      --reason "the probe passed"
  bin/starter audit show production-llm-v2
  bin/starter probe %[1]s/example.yaml

A manifest of your own, against the simulated provider:

  endpoint_url: %[3]s/providers/openai
  auth_credential_id: %[4]s
  webhook_callback_url: %[3]s/webhooks/anything

(or /providers/anthropic, azure, cohere or custom, as model_architecture
says). Against an endpoint of your own, a local Ollama for example: stop this,
and start it again with the variables of docs/configuration.md that the worker
needs, for example

  EXTERNAL_AI_TOKEN_HOSTS=127.0.0.1:11434 make up

REGISTRAR_* and EXTERNAL_AI_TOKEN* reach the worker, so that policies,
credentials and signatures can be tried too.
`, u.folder, ui, u.SimURL, u.credential())
}
