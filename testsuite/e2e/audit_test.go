package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"model-registrar/schemas"
	"model-registrar/testsuite/postgres"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

func TestFourWorkersThatAreKilledKeepOneUnbrokenTrailInAFile(t *testing.T) {
	t.Parallel()
	keepUnbroken(t, "file:"+filepath.Join(t.TempDir(), "trail.log"))
}

func TestFourWorkersThatAreKilledKeepOneUnbrokenTrailInADatabase(t *testing.T) {
	t.Parallel()
	keepUnbroken(t, newTrail(t, startPostgres(t)))
}

// keepUnbroken kills one of four workers after the other while they write to a trail.
func keepUnbroken(t *testing.T, trail string) {
	const endings = 200
	k := onOwnWith(t, []string{"REGISTRAR_AUDIT=" + trail}, "--job-duration", "100ms")
	workers := make([]*stack.Process, 4)
	for i := range workers {
		workers[i] = k.worker()
	}
	var names []string
	for i := range endings {
		m := k.Manifest(k.name("trail"))
		m.WebhookCallbackURL = ""
		if i%5 == 0 {
			k.fault(control.OpCreate, m.Name, 0, control.Action{Status: 400, Message: "no"})
		}
		names = append(names, m.Name)
		k.start(m)
	}
	for i := 1; i <= 8; i++ {
		k.eventually(func() bool { return k.closed() >= int64(i*endings/10) }, "registrations should end")
		workers[i%4].Kill()
		workers[i%4] = k.worker()
	}
	k.eventually(func() bool { return k.closed() == endings }, "every registration should end")
	k.requireUnbroken(trail, names)
}

func TestRegistrationsWaitForAStoppedDatabase_AndSayso_AndLoseNothing(t *testing.T) {
	t.Parallel()
	database := startPostgres(t)
	trail := newTrail(t, database)
	k := onOwnWith(t, []string{"REGISTRAR_AUDIT=" + trail})
	k.startWorker()
	var names []string
	held := k.Manifest(k.name("outage")) // in the middle of its job when the database stops
	k.fault(control.OpCreate, held.Name, 0, control.Action{JobStuck: true})
	k.start(held)
	k.awaitStage(held.Name, schemas.StageRegistering)

	require.NoError(t, database.Stop())
	names = append(names, held.Name)
	for range 20 {
		m := k.Manifest(k.name("outage"))
		k.start(m)
		names = append(names, m.Name)
	}
	jobs, err := k.Sim.Jobs(k.ctx, held.Name)
	require.NoError(t, err)
	_, err = k.Sim.FinishJob(k.ctx, jobs[0].ID)
	require.NoError(t, err)
	for _, name := range names {
		k.eventually(func() bool {
			return strings.Contains(k.currentDetails(name), "This waits until the audit trail can be written again")
		}, "%s should say that it waits for the audit trail", name)
	}
	for _, name := range names[1:] {
		require.Empty(t, k.models(name), "nothing leaves before its start is recorded")
	}
	k.eventually(func() bool { return k.attempts(held.Name, schemas.WriteAuditActivity) >= 6 }, "the outage should last")

	require.NoError(t, database.Restart(k.ctx))
	for _, name := range names {
		require.Equal(t, schemas.Completed, k.end(name).Status)
		require.Len(t, k.models(name), 1)
		require.Len(t, k.announcements(name), 1)
	}
	k.requireUnbroken(trail, names)
}

func TestAnEndingsWebhookCarriesACheckpointThatShowsWhatWasCutOffLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	trail := filepath.Join(dir, "trail.log")
	k := onOwnWith(t, []string{"REGISTRAR_AUDIT=file:" + trail, "REGISTRAR_AUDIT_KEY=" + auditKey})
	k.startWorker()
	m, result := k.registered("checkpoint")
	require.True(t, result.Webhook.Delivered)
	body := filepath.Join(dir, "body.json")
	require.NoError(t, os.WriteFile(body, []byte(k.announcements(m.Name)[0].Body), 0o600))
	verify := func() (string, int) {
		stdout, stderr, code := k.RunWith(k.ctx, []string{"REGISTRAR_AUDIT_KEY=" + auditKey}, "audit", "verify", "--trail", trail, "--checkpoint", body)
		return stdout + stderr, code
	}
	output, code := verify()
	require.Equal(t, 0, code, output)

	whole, err := os.ReadFile(trail)
	require.NoError(t, err)
	lines := strings.SplitAfter(strings.TrimSuffix(string(whole), "\n"), "\n")
	ended := 0
	for i, line := range lines {
		if strings.Contains(line, `"event":"registration_ended"`) {
			ended = i
		}
	}
	require.NoError(t, os.WriteFile(trail, []byte(strings.Join(lines[:ended], "")), 0o600))
	output, code = verify()
	require.Equal(t, 1, code, output)
	require.Contains(t, output, fmt.Sprintf("entry %d", ended+1))
}

// auditKey is what the tests' checkpoints are signed with.
const auditKey = "YXVkaXQta2V5LW9mLXRlc3RzLTMyLWJ5dGVzLWxvbmc="

func startPostgres(t *testing.T) *postgres.Server {
	t.Helper()
	s, err := postgres.Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func newTrail(t *testing.T, s *postgres.Server) string {
	t.Helper()
	target, err := s.NewDatabase(t.Context())
	require.NoError(t, err)
	return target
}

// worker starts one worker more.
func (k *kit) worker() *stack.Process {
	k.t.Helper()
	p, err := k.StartWorker()
	require.NoError(k.t, err)
	return p
}

// closed counts the registrations that have ended.
func (k *kit) closed() int64 {
	answer, err := k.client.CountWorkflow(k.ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Query: "WorkflowType = '" + schemas.RegisterModelWorkflow + "' AND ExecutionStatus != 'Running'",
	})
	if err != nil {
		return 0
	}
	return answer.Count
}

// attempts is how often the pending activity of this type has been tried.
func (k *kit) attempts(name, activity string) int32 {
	d, err := k.client.DescribeWorkflowExecution(k.ctx, schemas.RegisterModelWorkflowID(name), "")
	if err != nil {
		return 0
	}
	for _, a := range d.PendingActivities {
		if a.ActivityType.Name == activity {
			return a.Attempt
		}
	}
	return 0
}

// requireUnbroken checks the trail as an auditor does: it is whole, and each registration started and ended in it once.
func (k *kit) requireUnbroken(trail string, names []string) {
	k.t.Helper()
	k.order("audit", "verify", "--trail", trail)
	stdout, _ := k.order("audit", "export", "--trail", trail)
	seen := map[string]bool{}
	seq := int64(0)
	for line := range strings.Lines(stdout) {
		var e schemas.AuditEntry
		require.NoError(k.t, json.Unmarshal([]byte(line), &e))
		seq++
		require.Equal(k.t, seq, e.Seq)
		what := e.Name + " " + string(e.Event)
		require.False(k.t, seen[what], "%s twice", what)
		seen[what] = true
	}
	for _, name := range names {
		for _, event := range []schemas.AuditEvent{schemas.AuditStarted, schemas.AuditEnded} {
			require.True(k.t, seen[name+" "+string(event)], "%s of %s", event, name)
		}
	}
}
