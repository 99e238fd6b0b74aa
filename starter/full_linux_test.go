package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestResultsThatCannotBeWrittenAreAnErrorOfEveryCommand(t *testing.T) {
	f, _ := severalWaiting(t, "llm")
	f.ends = outcomes
	f.progress = &schemas.Progress{Name: "llm", Stage: schemas.StageApproval, StartedAt: moment}
	require.Zero(t, starter(t, "", f.env(), "fleet", folderOf(t, 1), "--id", "mig-1", "--detach").code)
	f.fleetProgress = &schemas.FleetProgress{FleetID: "mig-1", Status: schemas.FleetRunning, Total: 1, StartedAt: moment}
	p := newProviders(t)
	manifest, probed := file(t, "m.yaml", named("completed-1")), file(t, "p.yaml", p.manifest("my-model", "openai", "samples: 1"))
	trail := file(t, "trail.log", "")
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	for _, command := range []string{
		"--help", "--version", "version", "schema", "completion bash", "help register",
		"validate " + manifest, "validate -o json " + manifest, "probe " + probed, "register " + manifest, "register --detach -o json " + manifest,
		"list", "list -o json", "list --fleets", "status llm", "status -o json llm", "status mig-1", "fleet status mig-1", "fleet cancel mig-1",
		"approve llm --reason x", "cancel llm", "watch completed-1", "setup",
		"audit verify --trail " + trail, "audit verify -o json --trail " + trail,
	} {
		env := append(append(f.env(), p.env()...), "TEMPORAL_CONFIG_FILE=/does/not/exist", "REGISTRAR_REQUESTER=alice")
		var errs bytes.Buffer
		code := run(t.Context(), strings.Fields(command), env, strings.NewReader(""), full, &errs)
		require.Equal(t, exitFailed, code, "%s\n%s", command, errs.String())
		require.Contains(t, errs.String(), "the results could not be written to stdout: write /dev/full: no space left on device", command)
	}
}
