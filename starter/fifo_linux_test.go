package main

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPipeThatNobodyWritesToIsNamed_AndAnInterruptionEndsTheWait(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "model.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, command := range []string{"register", "validate"} {
		ctx, cancel := context.WithTimeout(t.Context(), pipePatience*3/2)
		r := starterWithin(ctx, t, "", newFrontend(t).env(), command, pipe)
		require.Equal(t, exitInterrupted, r.code, r.errors)
		require.Contains(t, r.errors, "Waiting for somebody to write to "+pipe+", which is a pipe")
		cancel()
		_ = os.WriteFile(pipe, nil, 0) // so that nothing is left waiting
	}
}

func TestAPipeIsReadLikeAFile(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "model.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	go func() {
		_ = os.WriteFile(pipe, []byte(tutorial), 0)
	}()
	r := starter(t, "", newFrontend(t).env(), "register", "--detach", pipe)
	require.Zero(t, r.code, r.errors)
}
