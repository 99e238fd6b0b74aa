package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// stageMakers bring a registration to each stage that `starter list --stage` takes, and return its name.
var stageMakers = map[string]func(*kit) string{
	string(schemas.StageRegistering): func(k *kit) string { return k.startHeld(polling(1)) },
	string(schemas.StageApproval):    func(k *kit) string { return k.atGate(0) },
	string(schemas.StageRollingBack): func(k *kit) string {
		m := k.failing()
		k.fault(control.OpDelete, m.Name, 0, control.Action{Status: http.StatusServiceUnavailable})
		k.start(m)
		return m.Name
	},
	string(schemas.Completed): func(k *kit) string { return k.ended(k.Manifest(k.name("listed"))) },
	string(schemas.Unchanged): func(k *kit) string {
		m := k.Manifest(k.name("listed"))
		k.ended(m)
		return k.ended(m)
	},
	string(schemas.Failed): func(k *kit) string {
		m := k.Manifest(k.name("listed"))
		k.fault(control.OpCreate, m.Name, 0, control.Action{Status: http.StatusBadRequest})
		return k.ended(m)
	},
	string(schemas.Rejected): func(k *kit) string {
		name := k.atGate(0)
		k.reject(name)
		return name
	},
	string(schemas.RolledBack):       func(k *kit) string { return k.ended(k.failing()) },
	string(schemas.ApprovalTimedOut): func(k *kit) string { return k.atGate(time.Second) },
	string(schemas.Cancelled): func(k *kit) string {
		name := k.atGate(0)
		k.cancel(name)
		return name
	},
}

// failing is a manifest whose probe fails, and with it the registration.
func (k *kit) failing() schemas.Manifest {
	m := k.Manifest(k.name("listed"))
	m.Probe.Model = "probe-of-" + m.Name
	k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "no"})
	return m
}

// ended registers a manifest to its end and returns its name.
func (k *kit) ended(m schemas.Manifest) string {
	k.t.Helper()
	k.register(m)
	return m.Name
}

func TestEachStageThatListOffersFindsARegistrationThatStandsThere(t *testing.T) {
	k := onShared(t)
	help, _ := k.order("list", "--help")
	offered := regexp.MustCompile(`at this stage or ending:\s+((?:[A-Z_]+,\s+)+[A-Z_]+)`).FindStringSubmatch(help)
	require.NotNil(t, offered, help)
	for _, stage := range strings.Split(strings.Join(strings.Fields(offered[1]), " "), ", ") {
		require.Contains(t, stageMakers, stage)
		name := stageMakers[stage](k)
		k.eventually(func() bool {
			for _, l := range k.inList(name, "--stage", stage) {
				if l.Stage == stage {
					return true
				}
			}
			return false
		}, "%s should be listed at %s", name, stage)
	}
}

func TestATerminatedRegistrationIsNotListedAtTheStageThatItHad(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	k.eventually(func() bool { return len(k.inList(name, "--stage", string(schemas.StageApproval))) == 1 }, "it should be listed while it waits")
	require.NoError(t, k.client.TerminateWorkflow(k.ctx, schemas.RegisterModelWorkflowID(name), "", "a test"))
	k.eventually(func() bool { return len(k.inList(name, "--stage", string(schemas.StageApproval))) == 0 }, "it stands there no more")
	all := k.inList(name)
	require.Len(t, all, 1)
	require.NotNil(t, all[0].EndedAt)
}
