package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/testsuite/stack"
)

// onPath puts a temporal command of this server's version on the PATH, and a make that notes what it is to build.
func onPath(t *testing.T, server string) (cli, built string) {
	dir := t.TempDir()
	cli, built = filepath.Join(dir, "temporal"), filepath.Join(dir, "built")
	if server != "" {
		require.NoError(t, os.WriteFile(cli, []byte("#!/bin/sh\necho 'temporal version 1.0.0 (Server "+server+", UI 1.0.0)'\n"), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "make"), []byte("#!/bin/sh\nfor last; do :; done; echo $last >"+built+"\n"), 0o755))
	t.Setenv("PATH", dir)
	t.Setenv("TEMPORAL_ADDRESS", "")
	t.Setenv("DEVSERVER", "")
	return cli, built
}

func TestTheServerOfTemporalsCLISavesBuildingOurs(t *testing.T) {
	cli, built := onPath(t, "1.29.1")
	server, err := chooseServer(t.Context())
	require.NoError(t, err)
	require.Equal(t, stack.Server{CLI: cli}, server)
	require.NoFileExists(t, built)
}

func TestOursIsBuiltWhereThereIsNoOtherOrItIsInsistedOn(t *testing.T) {
	for _, c := range []struct{ server, devserver string }{{"", ""}, {"1.27.1", ""}, {"1.29.1", "build"}} {
		_, built := onPath(t, c.server)
		t.Setenv("DEVSERVER", c.devserver)
		server, err := chooseServer(t.Context())
		require.NoError(t, err)
		require.Equal(t, stack.Server{}, server)
		target, err := os.ReadFile(built)
		require.NoError(t, err)
		require.Equal(t, "bin/devserver\n", string(target))
	}
}

func TestAServerThatRunsIsUsedWithATaskQueueOfItsOwn(t *testing.T) {
	_, built := onPath(t, "1.29.1")
	t.Setenv("TEMPORAL_ADDRESS", "temporal.example.com:7233")
	t.Setenv("TEMPORAL_NAMESPACE", "trial")
	server, err := chooseServer(t.Context())
	require.NoError(t, err)
	require.Contains(t, server.Running, "TEMPORAL_ADDRESS=temporal.example.com:7233")
	require.Contains(t, server.Running, "TEMPORAL_NAMESPACE=trial")
	require.Contains(t, server.Running, "REGISTRAR_TASK_QUEUE=model-registrar-demo")
	require.NoFileExists(t, built)
}

func TestAWrongWishForAServerIsRefused(t *testing.T) {
	onPath(t, "1.29.1")
	t.Setenv("DEVSERVER", "bild")
	_, err := chooseServer(t.Context())
	require.ErrorContains(t, err, `DEVSERVER is "bild"`)
}

func TestMakeBuildsNoServerForWhatMayNotNeedOurs(t *testing.T) {
	for _, target := range []string{"demo", "up"} {
		out, err := exec.Command("make", "-C", "../..", "--dry-run", "--always-make", target).Output()
		require.NoError(t, err)
		require.NotContains(t, string(out), "devserver")
	}
}
