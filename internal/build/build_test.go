package build

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheBinaryOfACheckoutSaysItsCommit(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}
	require.Equal(t, "unknown", versionOf(info))
	info.Settings = []debug.BuildSetting{{Key: "vcs.revision", Value: "0123abc"}}
	require.Equal(t, "development (commit 0123abc)", versionOf(info))
	info.Main.Version = "v0.0.0-20261129000000-0123abc+dirty"
	info.Settings = append(info.Settings, debug.BuildSetting{Key: "vcs.modified", Value: "true"})
	require.Equal(t, "v0.0.0-20261129000000-0123abc (commit 0123abc, modified)", versionOf(info))
	require.Equal(t, "v1.2.3", versionOf(&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}))
}
