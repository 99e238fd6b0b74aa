package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/protobuf/encoding/protojson"

	"model-registrar/internal/codec"
	"model-registrar/internal/telemetry"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/replay"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// kit is what a test works with: a stack, and clients of its Temporal.
type kit struct {
	*stack.Stack
	t         *testing.T
	ctx       context.Context
	client    client.Client
	registrar *registrar.Client
	keys      *codec.Keys
}

// onShared gives a test the shared stack.
func onShared(t *testing.T) *kit {
	t.Helper()
	t.Parallel()
	return newKit(t, shared)
}

// onOwn gives a test a stack of its own, on a file, with no worker yet.
func onOwn(t *testing.T, simulator ...string) *kit { return onOwnWith(t, nil, simulator...) }

// onOwnWith is onOwn with further variables for the workers.
func onOwnWith(t *testing.T, worker []string, simulator ...string) *kit {
	t.Helper()
	return onOwnStack(t, stack.Options{Worker: worker, Simulator: simulator})
}

// onOwnStack is onOwn with these options.
func onOwnStack(t *testing.T, o stack.Options) *kit {
	t.Helper()
	o.Bin, o.Dir, o.Simulator = bin, t.TempDir(), append([]string{"--quota", "1000000"}, o.Simulator...)
	s, err := stack.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return newKit(t, s)
}

func newKit(t *testing.T, s *stack.Stack) *kit {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	keys, err := s.Keys()
	require.NoError(t, err)
	k := &kit{Stack: s, t: t, ctx: ctx}
	k.connect(keys)
	return k
}

// connect gives the test clients with these keys.
func (k *kit) connect(keys *codec.Keys) {
	options := client.Options{HostPort: k.Temporal, Logger: sdklog.NewStructuredLogger(telemetry.Logger(os.Stderr, "error", "json"))}
	keys.Client().Into(&options)
	c, err := client.NewLazyClient(options)
	require.NoError(k.t, err)
	k.t.Cleanup(c.Close)
	k.client, k.registrar, k.keys = c, registrar.New(c, registrar.Options{Temporal: options}), keys
}

var names atomic.Int64

// name makes a model name that no other test uses, and that is part of no other name.
func (k *kit) name(kind string) string { return fmt.Sprintf("%s-%04d", kind, names.Add(1)) }

// requester is who asks for every registration here.
const requester = "requester"

// start starts a registration as the starter does, without waiting.
func (k *kit) start(m schemas.Manifest) {
	k.t.Helper()
	file, err := k.WriteManifest(m)
	require.NoError(k.t, err)
	stdout, stderr, code := k.Run(k.ctx, "register", file, "--detach", "--requester", requester)
	require.Equal(k.t, 0, code, stdout+stderr)
}

// register runs `starter register --output json` to its end.
func (k *kit) register(m schemas.Manifest) (result schemas.Result, stderr string, code int) {
	k.t.Helper()
	file, err := k.WriteManifest(m)
	require.NoError(k.t, err)
	stdout, stderr, code := k.Run(k.ctx, "register", file, "--output", "json", "--requester", requester)
	require.NoError(k.t, json.Unmarshal([]byte(stdout), &result), "%s\n%s", stdout, stderr)
	k.replay(m.Name)
	return result, stderr, code
}

// fault orders the simulator to misbehave for one model.
func (k *kit) fault(op control.Op, name string, times int, action control.Action) {
	k.t.Helper()
	skip := 0
	if op == control.OpWebhook {
		skip = 1 // the platform's own callback, at the job's end
	}
	_, err := k.Sim.Fault(k.ctx, control.Fault{Match: control.Match{Op: op, Name: name}, Skip: skip, Times: times, Action: action})
	require.NoError(k.t, err)
}

// requests are the requests of one kind that the simulator got for a model.
func (k *kit) requests(op control.Op, name string) []control.Request {
	k.t.Helper()
	out, err := k.Sim.Requests(k.ctx, control.RequestFilter{Op: op, Name: name})
	require.NoError(k.t, err)
	return out
}

// models are the models of a name that exist in the gateway now.
func (k *kit) models(name string) []control.Model {
	k.t.Helper()
	out, err := k.Sim.Models(k.ctx, name)
	require.NoError(k.t, err)
	return out
}

// events are the deliveries of our own events for a model; the platform's callbacks are left out.
func (k *kit) events(name string) []control.Webhook {
	k.t.Helper()
	out, err := k.Sim.Webhooks(k.ctx, control.WebhookFilter{Path: "/webhooks/" + name, Event: schemas.RegistrationUpdated})
	require.NoError(k.t, err)
	return out
}

// announcements are the deliveries of a model's ending.
func (k *kit) announcements(name string) (out []control.Webhook) {
	k.t.Helper()
	for _, w := range k.events(name) {
		if !strings.Contains(w.Body, `"status":"`+string(schemas.StageApproval)+`"`) {
			out = append(out, w)
		}
	}
	return out
}

// audited are the audit entries of a model's endings.
func (k *kit) audited(name string) (out []schemas.AuditEntry) {
	k.t.Helper()
	for _, e := range k.trail(name) {
		if e.Event == schemas.AuditEnded {
			out = append(out, e)
		}
	}
	return out
}

// trail is what the audit trail holds about a model.
func (k *kit) trail(name string) (out []schemas.AuditEntry) {
	k.t.Helper()
	data, err := os.ReadFile(k.AuditFile)
	require.NoError(k.t, err)
	for line := range strings.Lines(string(data)) {
		var e schemas.AuditEntry
		require.NoError(k.t, json.Unmarshal([]byte(line), &e), line)
		if e.Name == name {
			out = append(out, e)
		}
	}
	return out
}

// requireRecordedOnce checks that a registration's ending was audited once and announced once.
func (k *kit) requireRecordedOnce(name string) {
	k.t.Helper()
	require.Len(k.t, k.audited(name), 1)
	require.Len(k.t, k.announcements(name), 1)
}

// approval is an approver's approval of what a manifest of this name was built into.
func (k *kit) approval(name string) schemas.Decision {
	k.t.Helper()
	var hash string
	k.eventually(func() bool {
		p, err := k.progress(name)
		hash = p.PayloadHash
		return err == nil && hash != ""
	}, "the payload of %s should be known", name)
	return schemas.Decision{Decision: schemas.Approve, Approver: "approver", Reason: "fine", PayloadHash: hash}
}

// progress asks the workflow where it stands.
func (k *kit) progress(name string) (schemas.Progress, error) {
	return k.registrar.Status(k.ctx, name, "")
}

// awaitStage waits until a registration is at a stage.
func (k *kit) awaitStage(name string, stage schemas.Stage) {
	k.t.Helper()
	k.eventually(func() bool {
		p, err := k.progress(name)
		return err == nil && p.Stage == stage
	}, "%s should get to %s", name, stage)
}

// awaitRunning waits until an attempt of an activity is at work.
func (k *kit) awaitRunning(name, activity string) {
	k.t.Helper()
	k.eventually(func() bool {
		d, err := k.client.DescribeWorkflowExecution(k.ctx, schemas.RegisterModelWorkflowID(name), "")
		if err != nil {
			return false
		}
		for _, a := range d.PendingActivities {
			if a.ActivityType.Name == activity && a.State == enumspb.PENDING_ACTIVITY_STATE_STARTED {
				return true
			}
		}
		return false
	}, "%s should be at work on %s", name, activity)
}

// eventually waits for a condition; the interval is how often it looks, not how long it takes.
func (k *kit) eventually(condition func() bool, message string, args ...any) {
	k.t.Helper()
	require.Eventually(k.t, condition, limit, 20*time.Millisecond, fmt.Sprintf(message, args...))
}

// end waits until a registration's workflow has closed and returns its result, however it ended.
func (k *kit) end(name string) schemas.Result {
	k.t.Helper()
	run := k.client.GetWorkflow(k.ctx, schemas.RegisterModelWorkflowID(name), "")
	var result schemas.Result
	err := run.Get(k.ctx, &result)
	if err != nil {
		result = resultOf(k.t, err)
	}
	k.replay(name)
	return result
}

// replay replays the history of a closed registration against the present code and returns it.
func (k *kit) replay(name string) []*historypb.HistoryEvent {
	k.t.Helper()
	h := k.replayed(schemas.RegisterModelWorkflowID(name))
	k.record(name, h)
	return h.Events
}

// replayed replays a workflow's history against the present code.
func (k *kit) replayed(workflowID string) *historypb.History {
	k.t.Helper()
	var h historypb.History
	it := k.client.GetWorkflowHistory(k.ctx, workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		event, err := it.Next()
		require.NoError(k.t, err)
		h.Events = append(h.Events, event)
	}
	require.NoError(k.t, replay.Encrypted(&h, k.keys))
	return &h
}

// record keeps a history for testsuite/replay if it was asked to: one for each test, by its name.
func (k *kit) record(name string, h *historypb.History) {
	dir := os.Getenv("RECORD_HISTORIES")
	if dir == "" || k.keys.On() { // whoever replays them later has no keys
		return
	}
	data, err := protojson.Marshal(h)
	require.NoError(k.t, err)
	// The machine that it ran on is nobody's business.
	data = regexp.MustCompile(`"identity":\s?"[^"]*"`).ReplaceAll(data, []byte(`"identity":"recorded"`))
	if host, err := os.Hostname(); err == nil {
		data = bytes.ReplaceAll(data, []byte(`"`+host+`:`), []byte(`"recorded:`))
	}
	file := strings.NewReplacer("/", "_", " ", "_").Replace(strings.TrimPrefix(k.t.Name(), "Test")) + ".json"
	require.NoError(k.t, os.WriteFile(filepath.Join(dir, file), data, 0o644), name)
}
