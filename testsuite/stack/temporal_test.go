package stack

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAServerThatIsTooOldOrUnknownIsNotRunOn(t *testing.T) {
	for version, recent := range map[string]bool{
		"temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)":     true,
		"temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)": true,
		"temporal version 2.0.0 (Server 2.0.0, UI 3.0.0)":       true,
		"temporal version 1.3.0 (Server 1.27.1, UI 2.36.0)":     false,
		"temporal version 1.0.0 (server 1.24.0)":                false,
		"tctl version 1.18.1":                                   false,
	} {
		cli := filepath.Join(t.TempDir(), "temporal")
		require.NoError(t, os.WriteFile(cli, []byte("#!/bin/sh\necho '"+version+"'\n"), 0o755))
		said, is := RecentCLI(t.Context(), cli)
		require.Equal(t, recent, is, version)
		require.Equal(t, version, said)
	}
	_, is := RecentCLI(t.Context(), "/does/not/exist")
	require.False(t, is)
}
