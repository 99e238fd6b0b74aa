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

// onOwn gives a test a stack of its own, with no worker yet.
func onOwn(t *testing.T, simulator ...string) *kit {
	t.Helper()
	return onOwnWith(t, nil, simulator...)
}

// onOwnWith is onOwn with further variables for the workers.
func onOwnWith(t *testing.T, worker []string, simulator ...string) *kit {
	t.Helper()
	return onOwnStack(t, stack.Options{Worker: worker, Simulator: simulator})
}

// onOwnStack is onOwn with these options.
func onOwnStack(t *testing.T, o stack.Options) *kit {
	t.Helper()
	o.InMemory = true
	return onDisk(t, o)
}

// onDisk is onOwnStack for tests that kill the server or read what it has stored.
func onDisk(t *testing.T, o stack.Options) *kit {
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

// begin starts an operation, a registration by default, and does not wait for it.
func (k *kit) begin(r registrar.Request) registrar.Registration {
	k.t.Helper()
	r.Requester = requester
	started, err := k.registrar.Start(k.ctx, r)
	require.NoError(k.t, err)
	return started
}

// start starts a registration and does not wait for it.
func (k *kit) start(m schemas.Manifest) { k.t.Helper(); k.begin(registrar.Request{Manifest: m}) }

// operate runs an operation to its end, whatever that is.
func (k *kit) operate(r registrar.Request) schemas.Result {
	k.t.Helper()
	return k.endOf(r.Manifest.Name, k.begin(r).RunID)
}

// done is operate with what has to complete.
func (k *kit) done(r registrar.Request) schemas.Result {
	k.t.Helper()
	result := k.operate(r)
	require.Equal(k.t, schemas.Completed, result.Status, result.Reason)
	return result
}

// register runs a registration to its end, whatever that is.
func (k *kit) register(m schemas.Manifest) schemas.Result {
	k.t.Helper()
	return k.operate(registrar.Request{Manifest: m})
}

// completed is register with what has to complete.
func (k *kit) completed(m schemas.Manifest) schemas.Result {
	k.t.Helper()
	return k.done(registrar.Request{Manifest: m})
}

// registered is a model that is registered.
func (k *kit) registered(kind string) (schemas.Manifest, schemas.Result) {
	k.t.Helper()
	m := k.Manifest(k.name(kind))
	return m, k.completed(m)
}

// The other operations.
func change(m schemas.Manifest) registrar.Request {
	return registrar.Request{Operation: schemas.ChangeModelWorkflow, Manifest: m}
}

func adopt(m schemas.Manifest) registrar.Request {
	return registrar.Request{Operation: schemas.AdoptModelWorkflow, Manifest: m}
}

func retire(name, reason string) registrar.Request {
	return registrar.Request{Operation: schemas.RetireModelWorkflow, Manifest: schemas.Manifest{Name: name}, Reason: reason}
}

// giveUp retires a model that stays in the gateway.
func giveUp(name string) registrar.Request {
	r := retire(name, "another team has it")
	r.Keep = true
	return r
}

// decide sends a decision about what a registration asks to be approved.
func (k *kit) decide(verdict schemas.Verdict, name, approver string) error {
	k.t.Helper()
	d := k.approval(name)
	d.Decision, d.Approver = verdict, approver
	_, err := k.registrar.Decide(k.ctx, name, d)
	return err
}

func (k *kit) approve(name string) {
	k.t.Helper()
	require.NoError(k.t, k.decide(schemas.Approve, name, "approver"))
}

func (k *kit) reject(name string) {
	k.t.Helper()
	require.NoError(k.t, k.decide(schemas.Reject, name, "approver"))
}

// cancel has somebody cancel an operation.
func (k *kit) cancel(name string) {
	k.t.Helper()
	_, err := k.registrar.Cancel(k.ctx, name, schemas.CancelRequest{By: "somebody", Reason: "enough"})
	require.NoError(k.t, err)
}

// order runs a command of the starter that has to succeed, and returns what it prints on the two.
func (k *kit) order(args ...string) (stdout, stderr string) {
	k.t.Helper()
	stdout, stderr, code := k.Run(k.ctx, args...)
	require.Zero(k.t, code, "%v: %s%s", args, stdout, stderr)
	return stdout, stderr
}

// byStarter runs a command of the starter that follows an operation to its end and prints the result.
func (k *kit) byStarter(args ...string) (result schemas.Result, stderr string, code int) {
	k.t.Helper()
	stdout, stderr, code := k.Run(k.ctx, append(args, "--output", "json", "--requester", requester)...)
	require.NoError(k.t, json.Unmarshal([]byte(stdout), &result), "%s\n%s", stdout, stderr)
	k.replay(result.Name)
	return result, stderr, code
}

// file is a manifest's, for the starter.
func (k *kit) file(m schemas.Manifest) string {
	k.t.Helper()
	file, err := k.WriteManifest(m)
	require.NoError(k.t, err)
	return file
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
	var p schemas.Progress
	k.eventually(func() bool {
		var err error
		p, err = k.progress(name)
		return err == nil && p.PayloadHash != ""
	}, "the payload of %s should be known", name)
	d := schemas.Decision{Decision: schemas.Approve, Approver: "approver", Reason: "fine", PayloadHash: p.PayloadHash}
	if p.Operation != schemas.RegisterModelWorkflow {
		d.Operation, d.PreviousHash = p.Operation, p.PreviousHash
	}
	return d
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

// awaitCall waits until a call has arrived, whatever has become of it by now.
func (k *kit) awaitCall(op control.Op, name string) {
	k.t.Helper()
	_, err := k.Sim.WaitRequests(k.ctx, control.RequestFilter{Op: op, Name: name}, 1)
	require.NoError(k.t, err)
}

// awaitRunning waits until an attempt of an activity is at work, which has to stay there until then.
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

// eventually waits for a condition. It looks the less often the longer it has waited: each look takes time from what
// it waits for.
func (k *kit) eventually(condition func() bool, message string, args ...any) {
	k.t.Helper()
	for began := time.Now(); !condition(); {
		waited := time.Since(began)
		require.Less(k.t, waited, limit, fmt.Sprintf(message, args...))
		time.Sleep(min(max(waited/10, 20*time.Millisecond), time.Second))
	}
}

// end waits until a registration's newest run has ended and returns its result, however it ended.
func (k *kit) end(name string) schemas.Result { k.t.Helper(); return k.endOf(name, "") }

// endOf is end of one run.
func (k *kit) endOf(name, runID string) schemas.Result {
	k.t.Helper()
	t, err := k.registrar.Follow(k.ctx, name, runID, func(registrar.View) {})
	require.NoError(k.t, err)
	require.NotNil(k.t, t.Ending.Result, t.Ending.Err)
	k.replay(name)
	return *t.Ending.Result
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
	var h *historypb.History
	k.eventually(func() bool { // a run that follows another can be replayed once a worker has taken it
		h = k.history(workflowID, "")
		return len(h.Events) >= 3
	}, "the newest run of %s should have begun", workflowID)
	require.NoError(k.t, replay.Encrypted(h, k.keys))
	return h
}

// history reads a run's, the newest for an empty id.
func (k *kit) history(workflowID, runID string) *historypb.History {
	k.t.Helper()
	var h historypb.History
	it := k.client.GetWorkflowHistory(k.ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		event, err := it.Next()
		require.NoError(k.t, err)
		h.Events = append(h.Events, event)
	}
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
