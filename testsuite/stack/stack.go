// Package stack runs the whole product as real processes on loopback: the development server, the simulator and a
// worker. The demo and the end-to-end tests share it.
package stack

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"model-registrar/internal/codec"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

// Options say where the stack keeps its files and how it is configured.
type Options struct {
	// Bin is the folder with the built binaries.
	Bin string
	// Dir takes the database, the audit trail and the logs.
	Dir string
	// UsualPorts makes the development server use 7233 and 8233 where they are free. Default: any free ones.
	UsualPorts bool
	// InMemory keeps the development server's data in memory, for runs that never restart it.
	InMemory bool
	// Server is the Temporal server. Default: the development server of Bin.
	Server Server
	// WorkerDir is the working folder of the workers, which relative paths in their variables are relative to. Default:
	// Dir.
	WorkerDir string
	// Devserver, Simulator and Worker are further arguments and variables of those processes.
	Devserver []string
	Simulator []string
	Worker    []string
	// Keys are the encryption keys of workers and starter; without any, nothing is encrypted.
	Keys string
}

// Stack is a running stack. Its processes can be killed and started again one by one.
type Stack struct {
	Temporal  string // host:port
	UI        string // URL
	Sim       *control.Client
	SimURL    string
	AuditFile string

	options   Options
	devserver *Process
	simulator *Process
	workers   []*Process
	others    []*Process
}

// Credentials that the simulator takes by default, and the secret with which the workers sign webhooks.
const (
	ClientID      = simulator.DefaultClientID
	ClientSecret  = simulator.DefaultClientSecret
	ProviderToken = simulator.DefaultProviderToken
	WebhookSecret = "whsec_c2ltdWxhdG9yLXdlYmhvb2stc2VjcmV0LTMyYnl0ZXM="
)

const startTimeout = time.Minute

// Start starts the development server and the simulator, and waits until both are ready. Workers are started by
// [Stack.StartWorker]. On an error nothing is left running.
func Start(ctx context.Context, o Options) (*Stack, error) {
	s := &Stack{options: o, AuditFile: filepath.Join(o.Dir, "llm_model_audit.log")}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, err
	}
	simulator := make(chan error, 1)
	go func() { simulator <- s.startSimulator(ctx) }()
	err := errors.Join(s.StartDevserver(ctx), <-simulator)
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Stack) startSimulator(ctx context.Context) error {
	var ready struct{ URL string }
	p, err := s.launch(ctx, "simulator", append([]string{"--listen", "127.0.0.1:0"}, s.options.Simulator...), &ready)
	if err != nil {
		return err
	}
	s.simulator, s.SimURL, s.Sim = p, ready.URL, control.New(ready.URL)
	return nil
}

// StartDevserver starts the development server, on its former address if it ran before, or makes do with the server
// that the options name.
func (s *Stack) StartDevserver(ctx context.Context) error {
	switch server := s.options.Server; {
	case server.CLI != "":
		return s.startCLI(ctx)
	case len(server.Running) > 0:
		return s.useRunning(ctx)
	}
	port, uiPort := "0", "0"
	switch {
	case s.Temporal != "":
		_, port, _ = net.SplitHostPort(s.Temporal)
		if u, err := url.Parse(s.UI); err == nil {
			uiPort = u.Port()
		}
	case s.options.UsualPorts:
		port, uiPort = freeOr0("7233"), freeOr0("8233")
	case !s.options.InMemory: // it may be started again, and needs its ports then
		port, uiPort = reserved(20_000), reserved(25_000)
	}
	args := append([]string{"--port", port, "--ui-port", uiPort, "--log-level", "error"}, s.options.Devserver...)
	if s.options.InMemory {
		args = append(args, "--in-memory")
	} else {
		args = append(args, "--db-file", s.Database())
	}
	var ready struct{ Address, UIURL string }
	p, err := s.launch(ctx, "devserver", args, &ready)
	if err != nil {
		return err
	}
	s.devserver, s.Temporal, s.UI = p, ready.Address, ready.UIURL
	return nil
}

// launch starts a binary that writes a ready file, and reads that file.
func (s *Stack) launch(ctx context.Context, name string, args []string, ready any) (*Process, error) {
	file := filepath.Join(s.options.Dir, name+".ready.json")
	os.Remove(file)
	p, err := s.run(name, append(args, "--ready-file", file), nil)
	if err != nil {
		return nil, err
	}
	err = p.Await(ctx, startTimeout, func() error {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return json.Unmarshal(data, ready)
	})
	if err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

func (s *Stack) run(name string, args, environ []string) (*Process, error) {
	return start(filepath.Join(s.options.Bin, name), filepath.Join(s.options.Dir, name+".log"), s.options.Dir, args,
		environ)
}

// freeOr0 returns the port if nothing listens on it, or 0, which stands for any free one.
func freeOr0(port string) string {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return "0"
	}
	l.Close()
	return port
}

// reserved is a free port among the 5,000 from the first, which no system gives to whoever asks for any: the clients of
// a server that is down would otherwise take its port for a connection of their own sooner or later.
func reserved(first int) string {
	for range 100 {
		if port := freeOr0(strconv.Itoa(first + rand.IntN(5000))); port != "0" {
			return port
		}
	}
	return "0"
}

// Devserver is the running development server.
func (s *Stack) Devserver() *Process { return s.devserver }

// Simulator is the running simulator.
func (s *Stack) Simulator() *Process { return s.simulator }

// KillDevserver kills the development server with SIGKILL.
func (s *Stack) KillDevserver() { s.devserver.Kill() }

// Environ is the environment in which the starter reaches the stack's Temporal.
func (s *Stack) Environ() []string {
	environ := append(cleanEnviron(), "TEMPORAL_ADDRESS="+s.Temporal, "REGISTRAR_UI_URL="+s.UI,
		codec.Variable+"="+s.options.Keys)
	return append(environ, s.options.Server.Running...)
}

// WorkerEnviron is the environment of the stack's workers.
func (s *Stack) WorkerEnviron() []string {
	host := ""
	if u, err := url.Parse(s.SimURL); err == nil {
		host = u.Host
	}
	return append(append(s.Environ(),
		"GENESYS_CLOUD_HOST="+s.SimURL, "GENESYS_LOGIN_HOST="+s.SimURL,
		"GENESYS_READ_LAG=2s", "GENESYS_OAUTH_CLIENT_ID="+ClientID, "GENESYS_OAUTH_CLIENT_SECRET="+ClientSecret,
		"EXTERNAL_AI_TOKEN="+ProviderToken, "EXTERNAL_AI_TOKEN_HOSTS="+host,
		"REGISTRAR_WEBHOOK_SECRET="+WebhookSecret, "REGISTRAR_ALLOW_NETWORKS=127.0.0.0/8",
		"REGISTRAR_AUDIT=file:"+s.AuditFile, "REGISTRAR_METRICS_ADDRESS=127.0.0.1:0",
		"REGISTRAR_LOG_FORMAT=json",
	), s.options.Worker...)
}

// Keys are the encryption keys of workers and starter.
func (s *Stack) Keys() (*codec.Keys, error) { return codec.ParseKeys(s.options.Keys) }

// Database is the file with the development server's data; beside it there may be one with -wal at its end.
func (s *Stack) Database() string { return filepath.Join(s.options.Dir, "temporal.db") }

// StartWorker starts one worker more, which polls within a moment.
func (s *Stack) StartWorker() (*Process, error) { return s.StartWorkerWith() }

// StartWorkerWith is StartWorker with further environment variables.
func (s *Stack) StartWorkerWith(environ ...string) (*Process, error) {
	return s.Launch(filepath.Join(s.options.Bin, "worker"), nil, append(s.WorkerEnviron(), environ...))
}

// Launch starts another program beside the workers; Close ends it.
func (s *Stack) Launch(binary string, args, environ []string) (*Process, error) {
	log := filepath.Join(s.options.Dir, filepath.Base(binary)+".log")
	dir := s.options.Dir
	if s.options.WorkerDir != "" {
		dir = s.options.WorkerDir
	}
	p, err := start(binary, log, dir, args, environ)
	if err == nil {
		s.workers = append(s.workers, p)
	}
	return p, err
}

// Close ends every process, politely first.
func (s *Stack) Close() {
	for _, p := range append(append(s.workers, s.others...), s.simulator, s.devserver) {
		if p != nil {
			p.Stop()
		}
	}
}

// Manifest is a manifest whose endpoint and webhook are the simulator's.
func (s *Stack) Manifest(name string) schemas.Manifest {
	temperature, maxTokens := 0.7, 4096
	return schemas.Manifest{
		Name: name, EndpointURL: s.SimURL + "/providers/openai", AuthCredentialID: "cred_abc123xyz",
		ModelArchitecture: schemas.OpenAI, MaxRequestsPerMinute: 500, MaxTokensPerMinute: 100000,
		Parameters:         schemas.Parameters{Temperature: &temperature, MaxTokens: &maxTokens},
		WebhookCallbackURL: s.SimURL + "/webhooks/" + url.PathEscape(name),
		Probe:              schemas.ProbeSpec{Model: "gpt-4o-mini", Samples: 1},
	}
}

// Run runs a command of the starter to its end, and returns what it wrote and its exit code.
func (s *Stack) Run(ctx context.Context, args ...string) (stdout, stderr string, code int) {
	return s.RunWith(ctx, nil, args...)
}

// RunWith is Run with further environment variables.
func (s *Stack) RunWith(ctx context.Context, environ []string, args ...string) (stdout, stderr string, code int) {
	return output(ctx, s.Starter(), s.options.Dir, append(s.Environ(), environ...), args)
}

// StartStarter starts a command of the starter that goes on until it is stopped. Its output goes to a log of that name.
func (s *Stack) StartStarter(log string, environ []string, args ...string) (*Process, error) {
	p, err := start(s.Starter(), filepath.Join(s.options.Dir, log+".log"), s.options.Dir, args,
		append(s.Environ(), environ...))
	if err == nil {
		s.others = append(s.others, p)
	}
	return p, err
}

// Starter names the starter's binary, for commands that a person is told to type.
func (s *Stack) Starter() string { return filepath.Join(s.options.Bin, "starter") }

// WriteManifest writes a manifest as JSON, which is YAML as well, and returns the file.
func (s *Stack) WriteManifest(m schemas.Manifest) (string, error) {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", err
	}
	base := schemas.EscapeID(m.Name) // a name may hold a slash, and be longer than a file's may be
	file := filepath.Join(s.options.Dir, base[:min(len(base), 200)]+".json")
	return file, os.WriteFile(file, data, 0o644)
}
