package stack

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/log"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

// Server says which Temporal server a stack runs on. The zero value is the development server among the stack's
// binaries.
type Server struct {
	// CLI is Temporal's own command-line tool, whose development server takes the place of ours.
	CLI string
	// Running are the variables that lead to a server which runs already: TEMPORAL_ADDRESS and what else its clients
	// need.
	Running []string
	// UI is the address of that server's UI; it may be empty.
	UI string
}

// LeastServer is the oldest Temporal server that the stack was tried on: the one in version 1.5.1 of Temporal's CLI.
const LeastServer = "1.29"

var serverVersion = regexp.MustCompile(`\(Server (\d+)\.(\d+)`)

// RecentCLI reports whether a Temporal CLI has a development server that the stack runs on. The version is what the CLI
// says of itself, on one line.
func RecentCLI(ctx context.Context, path string) (version string, recent bool) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	version = strings.TrimSpace(string(out))
	if err != nil {
		return "that does not say its version", false
	}
	return version, atLeast(version)
}

func atLeast(version string) bool {
	is := serverVersion.FindStringSubmatch(version)
	least := strings.Split(LeastServer, ".")
	if is == nil {
		return false
	}
	for i := range least {
		a, _ := strconv.Atoi(is[i+1])
		b, _ := strconv.Atoi(least[i])
		if a != b {
			return a > b
		}
	}
	return true
}

// startCLI starts the development server of Temporal's CLI, with what ours has set up: the search attributes, and a
// limit less. It keeps everything in memory.
func (s *Stack) startCLI(ctx context.Context) error {
	port, uiPort := "7233", "8233"
	if !s.options.UsualPorts || freeOr0(port) == "0" {
		port = freePort()
	}
	if !s.options.UsualPorts || freeOr0(uiPort) == "0" {
		uiPort = freePort()
	}
	args := []string{"server", "start-dev", "--ip", "127.0.0.1", "--port", port, "--ui-port", uiPort, "--log-level",
		"error",
		"--dynamic-config-value", "frontend.enableServerVersionCheck=false", // it talks to nobody outside
		"--dynamic-config-value", `history.workflowIdReuseMinimalInterval="0s"`}
	for _, name := range schemas.SearchAttributes {
		args = append(args, "--search-attribute", name+"=Keyword")
	}
	p, err := start(s.options.Server.CLI, filepath.Join(s.options.Dir, "temporal.log"), s.options.Dir, args,
		cleanEnviron())
	if err != nil {
		return err
	}
	s.devserver, s.Temporal, s.UI = p, net.JoinHostPort("127.0.0.1", port), "http://"+net.JoinHostPort("127.0.0.1",
		uiPort)
	return p.Await(ctx, startTimeout, func() error {
		return s.onTemporal(ctx, func(ctx context.Context, c *registrar.Client) error { return c.Check(ctx) })
	})
}

// useRunning prepares the server that runs already: it registers the search attributes that are missing. A namespace in
// which another installation works is left alone, since what runs here would take its models over by their names.
func (s *Stack) useRunning(ctx context.Context) error {
	for _, variable := range s.options.Server.Running {
		if address, ok := strings.CutPrefix(variable, "TEMPORAL_ADDRESS="); ok {
			s.Temporal = address
		}
	}
	s.UI = s.options.Server.UI
	err := s.onTemporal(ctx, func(ctx context.Context, c *registrar.Client) error {
		if err := alone(ctx, c); err != nil {
			return err
		}
		_, err := c.Setup(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("the Temporal server of TEMPORAL_ADDRESS cannot be used: %w", err)
	}
	return nil
}

// alone refuses a namespace in which models or operations are served by workers of another task queue.
func alone(ctx context.Context, c *registrar.Client) error {
	types := append([]string{schemas.ManageModelWorkflow, schemas.RegisterFleetWorkflow}, schemas.Operations...)
	found, err := c.Temporal().ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: 1,
		Query: fmt.Sprintf("ExecutionStatus = 'Running' AND TaskQueue != '%s' AND WorkflowType IN ('%s')",
			strings.ReplaceAll(c.TaskQueue(), "'", "''"), strings.Join(types, "', '")),
	})
	if err != nil {
		return c.Explain(ctx, err)
	}
	for _, w := range found.GetExecutions() {
		return fmt.Errorf("another installation works in its namespace %q (%s, on the task queue %s), whose models "+
			"would be taken over by their names; name another namespace with TEMPORAL_NAMESPACE",
			c.Namespace(), w.GetExecution().GetWorkflowId(), w.GetTaskQueue())
	}
	return nil
}

// onTemporal does something with a client of the stack's Temporal.
func (s *Stack) onTemporal(ctx context.Context, do func(context.Context, *registrar.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*registrar.SetupTimeout)
	defer cancel()
	c, err := s.Dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return do(ctx, c)
}

// Dial makes a client of the stack's Temporal.
func (s *Stack) Dial(ctx context.Context) (*registrar.Client, error) {
	o, err := registrar.FromEnvironment(s.Environ())
	if err != nil {
		return nil, err
	}
	o.Temporal.Logger = log.NewStructuredLogger(slog.New(slog.DiscardHandler)) // its errors are told by others
	return registrar.Dial(ctx, o)
}

// FreeAddress is an address of this machine on which nothing listened a moment ago.
func FreeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "127.0.0.1:0"
	}
	defer l.Close()
	return l.Addr().String()
}

func freePort() string {
	_, port, _ := net.SplitHostPort(FreeAddress())
	return port
}
