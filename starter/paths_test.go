package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"model-registrar/schemas"
)

func TestFoldersAreTakenWhereverManifestsAre(t *testing.T) {
	f, p := newFrontend(t), newProviders(t)
	f.ends = outcomes
	folder := folderOf(t, 3)
	require.Len(t, documents[checked](t, starter(t, "", nil, "validate", "-o", "json", folder)), 3)
	require.Len(t, documents[schemas.Result](t, starter(t, "", f.env(), "register", "-o", "json", folder)), 3)

	probed := filepath.Dir(file(t, "model.yaml", p.manifest("my-model", "openai", "samples: 1")))
	r := starter(t, "", p.env(), "probe", "-o", "json", probed)
	require.Zero(t, r.code, r.errors)
}

func TestWhatIsNoFileInAFolderOfManifestsIsRefusedWithoutOpeningIt(t *testing.T) {
	folder := folderOf(t, 1)
	device := filepath.Join(folder, "device.yaml") // a pipe would wait for ever for who writes to it
	require.NoError(t, os.Symlink(os.DevNull, device))
	r := starter(t, "", nil, "validate", folder)
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errors, device+": this is a pipe or a device")
}

func TestANameThatComesTwiceIsAnErrorOfEveryCommandThatReadsManifests(t *testing.T) {
	one, two := file(t, "one.yaml", tutorial), file(t, "two.yaml", "# the same\n"+tutorial)
	for _, command := range []string{"validate", "register", "probe", "plan", "apply", "fleet", "change", "adopt"} {
		r := starter(t, "", nil, command, one, two)
		require.Equal(t, exitUsage, r.code, command)
		require.Contains(t, r.errors, two+`:3:1: name: "production-llm-v2" is taken by `+one+":2:1 already", command)
	}
	all := documents[checked](t, starter(t, "", nil, "validate", "-o", "json", one, two))
	require.True(t, all[0].Valid)
	require.False(t, all[1].Valid)
	require.Equal(t, schemas.CodeTaken, all[1].Violations[0].Code)
}

func TestStatusWatchAndCancelKnowAFleetByItsIDAndAModelByItsOwner(t *testing.T) {
	f := waiting(t)
	f.progress = &schemas.Progress{Name: "llm", Stage: schemas.StageProbing}
	require.Zero(t, starter(t, "", f.env(), "fleet", folderOf(t, 2), "--id", "mig-1", "--detach").code)
	f.fleetProgress = &schemas.FleetProgress{FleetID: "mig-1", Status: schemas.FleetRunning, Total: 2, StartedAt: moment}

	for _, name := range []string{"mig-1", "register-fleet/mig-1"} {
		r := starter(t, "", f.env(), "status", name)
		require.Zero(t, r.code, r.errors)
		require.Contains(t, r.out, "fleet mig-1 is RUNNING")
	}
	for _, name := range []string{"llm", "register-model/llm", "model/llm"} {
		r := starter(t, "", f.env(), "status", name)
		require.Zero(t, r.code, r.errors)
		require.Contains(t, r.out, "llm is at PROBING")
	}
	require.Zero(t, starter(t, "", f.env(), "cancel", "mig-1").code)
	require.Equal(t, []string{"register-fleet/mig-1"}, f.cancelled)
}

func TestFleetsAreSteeredByTheirOwnCommands(t *testing.T) {
	f := newFrontend(t)
	require.Zero(t, starter(t, "", f.env(), "fleet", folderOf(t, 2), "--id", "mig-1", "--detach").code)
	var orders []string
	var cancelled schemas.FleetCancel
	f.order = func(update string, args *commonpb.Payloads) (*schemas.FleetReceipt, error) {
		if orders = append(orders, update); update == schemas.CancelHandler {
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(args, &cancelled))
		}
		return &schemas.FleetReceipt{FleetID: "mig-1", Status: schemas.FleetRunning, Message: "it is so"}, nil
	}
	f.fleetProgress = &schemas.FleetProgress{FleetID: "mig-1", Status: schemas.FleetRunning, Total: 2, StartedAt: moment}
	for _, args := range []string{"pause mig-1", "resume register-fleet/mig-1", "window mig-1 20", "status mig-1", "cancel mig-1 --reason mistaken --by ann"} {
		r := starter(t, "", f.env(), append([]string{"fleet"}, strings.Fields(args)...)...)
		require.Zero(t, r.code, r.errors)
		require.Contains(t, r.out, "fleet mig-1")
	}
	require.Equal(t, []string{"pause", "resume", "window", "cancel"}, orders)
	require.Equal(t, schemas.FleetCancel{By: "ann", Reason: "mistaken"}, cancelled)
	require.Empty(t, f.cancelled, "Temporal would not know who and why")

	help := starter(t, "", nil, "--help").out
	require.NotRegexp(t, `(?m)^  (pause|resume|window) `, help, "the former spellings are hidden")
	require.Regexp(t, `(?m)^  window `, starter(t, "", nil, "fleet", "--help").out)
}

func TestAFleetWhereAModelIsMeantIsToldApart(t *testing.T) {
	f := newFrontend(t)
	require.Zero(t, starter(t, "", f.env(), "fleet", folderOf(t, 2), "--id", "mig-1", "--detach").code)
	for _, command := range []string{"approve", "reject", "check", "retire"} {
		r := starter(t, "", f.env(), command, "register-fleet/mig-1", "--reason", "x")
		require.Equal(t, exitUsage, r.code, r.errors)
		require.Contains(t, r.errors, "is a fleet", command)
	}
}

func TestANameInAnotherCaseIsSuggested(t *testing.T) {
	f := newFrontend(t)
	f.listed = []*workflowpb.WorkflowExecutionInfo{{Execution: &commonpb.WorkflowExecution{WorkflowId: "register-model/Production-LLM"}}}
	for _, command := range []string{"status", "watch", "cancel", "check"} {
		r := starter(t, "", f.env(), command, "production-llm")
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.errors, `did you mean "Production-LLM"?`, command)
	}
}
