package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"model-registrar/schemas"
	"model-registrar/testsuite/stack"
)

// ourTaskQueue is what the demo's workers poll on a server that others may use too: no worker of theirs must get its
// tasks, nor it theirs.
const ourTaskQueue = schemas.DefaultTaskQueue + "-demo"

// chooseServer says which Temporal server to run on, in words too: the one of TEMPORAL_ADDRESS, or the development
// server of Temporal's CLI where that is on the PATH and recent enough, or ours, which is built if it has not been.
func chooseServer(ctx context.Context) (stack.Server, error) {
	path, err := exec.LookPath("temporal")
	switch how := os.Getenv("DEVSERVER"); {
	case how != "" && how != "build":
		return stack.Server{}, fmt.Errorf("DEVSERVER is %q; it is build, which insists on this project's own server, "+
			"or not set", how)
	case how == "build":
		return ours(ctx, "DEVSERVER=build")
	case os.Getenv("TEMPORAL_ADDRESS") != "":
		return running(os.Environ()), nil
	case err != nil:
		return ours(ctx, "the temporal command is not on the PATH")
	}
	version, recent := stack.RecentCLI(ctx, path)
	if !recent {
		return ours(ctx, fmt.Sprintf("%s (%s) is not known to be of server %s or newer", path, version,
			stack.LeastServer))
	}
	fmt.Printf("The Temporal server is that of %s,\n%s.\nDEVSERVER=build uses this project's own.\n", path, version)
	return stack.Server{CLI: path}, nil
}

// running is the server that the environment leads to.
func running(environ []string) stack.Server {
	s := stack.Server{UI: os.Getenv("REGISTRAR_UI_URL")}
	queue := "REGISTRAR_TASK_QUEUE=" + ourTaskQueue
	for _, variable := range environ {
		switch {
		case strings.HasPrefix(variable, "TEMPORAL_"):
			s.Running = append(s.Running, variable)
		case strings.HasPrefix(variable, "REGISTRAR_TASK_QUEUE="):
			queue = variable
		}
	}
	s.Running = append(s.Running, queue)
	fmt.Printf("The Temporal server is that of TEMPORAL_ADDRESS, %s, with the task queue %s.\n"+
		"What it keeps stays, while the simulated Genesys Cloud forgets.\n", os.Getenv("TEMPORAL_ADDRESS"),
		strings.TrimPrefix(queue, "REGISTRAR_TASK_QUEUE="))
	return s
}

// ours builds this project's development server if need be.
func ours(ctx context.Context, why string) (stack.Server, error) {
	fmt.Printf("The Temporal server is this project's own: %s.\n", why)
	build := exec.CommandContext(ctx, "make", "--no-print-directory", "bin/devserver")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return stack.Server{}, errors.Join(errors.New("the development server could not be built"), err)
	}
	return stack.Server{}, nil
}
