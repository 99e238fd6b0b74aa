package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"model-registrar/internal/telemetry"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/baseline"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

const (
	unlimited = 1_000_000 // calls a minute: as good as no quota
	patience  = time.Minute
)

// bed is what one part measures on: a server on a SQLite file, a simulator, workers, and the baselines' client.
type bed struct {
	*stack.Stack
	b       *bench
	dir     string
	client  client.Client
	gateway *baseline.Gateway
	pprof   string // where the server's profiles are, if the run was asked for profiles

	mu    sync.Mutex
	names int
}

// open starts a server and a simulator whose jobs take that long.
func (b *bench) open(ctx context.Context, part string, job time.Duration) (*bed, error) {
	dir := filepath.Join(b.dir, part)
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	o := stack.Options{Bin: b.bin, Dir: dir, Worker: b.worker, Simulator: []string{"--quota", strconv.Itoa(unlimited)}}
	var pprof string
	if b.profiles != "" {
		address, err := freeAddress()
		if err != nil {
			return nil, err
		}
		_, port, _ := net.SplitHostPort(address)
		o.Devserver, pprof = []string{"--pprof-port", port}, "http://"+address
	}
	s, err := stack.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	c, err := client.Dial(client.Options{
		HostPort: s.Temporal, Logger: sdklog.NewStructuredLogger(telemetry.Logger(b.progress, "error", "")),
	})
	if err != nil {
		s.Close()
		return nil, err
	}
	d := &bed{Stack: s, b: b, dir: dir, client: c, pprof: pprof, gateway: &baseline.Gateway{
		URL: s.SimURL, ClientID: stack.ClientID, ClientSecret: stack.ClientSecret, ProviderToken: stack.ProviderToken,
		HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}},
	}}
	if err := errors.Join(d.jobsTake(ctx, job), d.gateway.Login(ctx)); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// jobsTake sets how long jobs take from now on.
func (d *bed) jobsTake(ctx context.Context, job time.Duration) error {
	ms := job.Milliseconds()
	_, err := d.Sim.ChangeSettings(ctx, control.SettingsChange{JobDurationMS: &ms})
	return err
}

// Close ends every process.
func (d *bed) Close() {
	d.client.Close()
	d.Stack.Close()
}

// worker is a running worker and where it tells its metrics.
type worker struct {
	*stack.Process
	url string
}

// startWorker starts a worker with further variables and waits until it is ready.
func (d *bed) startWorker(ctx context.Context, environ ...string) (*worker, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	environ = append(environ, "REGISTRAR_METRICS_ADDRESS="+address)
	if d.b.profiles != "" {
		environ = append(environ, "REGISTRAR_PPROF=true")
	}
	p, err := d.StartWorkerWith(environ...)
	if err != nil {
		return nil, err
	}
	w := &worker{Process: p, url: "http://" + address}
	return w, until(ctx, patience, 20*time.Millisecond, func() error {
		_, err := fetch(ctx, w.url+"/readyz")
		if err != nil {
			err = fmt.Errorf("the worker is not ready: %w\n%s", err, p.Log())
		}
		return err
	})
}

// heartbeats is how many the worker has sent to the server: they are billed, but no history shows them.
func (w *worker) heartbeats(ctx context.Context) (n float64, err error) {
	text, err := fetch(ctx, w.url+"/metrics")
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "temporal_request") &&
			strings.Contains(line, `operation="RecordActivityTaskHeartbeat"`) {
			if name, _, _ := strings.Cut(line, "{"); name == "temporal_request" || name == "temporal_request_total" {
				v, _ := strconv.ParseFloat(line[strings.LastIndex(line, " ")+1:len(line)-1], 64)
				n += v
			}
		}
	}
	return n, err
}

// profile saves a profile of a process if the run was asked for profiles.
func (b *bench) profile(ctx context.Context, name, url string) {
	if b.profiles == "" {
		return
	}
	text, err := fetch(ctx, url)
	if err == nil {
		err = errors.Join(os.MkdirAll(b.profiles, 0o755),
			os.WriteFile(filepath.Join(b.profiles, name+".pprof"), []byte(text), 0o644))
	}
	if err != nil {
		b.say("no profile %s: %v", name, err)
	}
}

// profileCPU saves what the server and, if it serves profiles, a worker spend CPU time on in the next seconds. It
// returns at once; what it returns waits for the profiles.
func (d *bed) profileCPU(ctx context.Context, name string, w *worker, seconds int) (wait func()) {
	var all sync.WaitGroup
	path := fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds)
	all.Go(func() { d.b.profile(ctx, name+".server.cpu", d.pprof+path) })
	if w.url != "" {
		all.Go(func() { d.b.profile(ctx, name+".worker.cpu", w.url+path) })
	}
	return all.Wait
}

// name makes a model name that was not used before.
func (d *bed) name(kind string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names++
	return fmt.Sprintf("%s-%06d", kind, d.names)
}

// start starts a registration on a task queue, as the starter does.
func (d *bed) start(ctx context.Context, queue string, m schemas.Manifest) (client.WorkflowRun, error) {
	started, err := registrar.New(d.client, registrar.Options{TaskQueue: queue}).
		Start(ctx, registrar.Request{Manifest: m, Requester: "bench"})
	if err != nil {
		return nil, err
	}
	return d.client.GetWorkflow(ctx, started.WorkflowID, started.RunID), nil
}

// register runs one registration to its end, which has to be COMPLETED.
func (d *bed) register(ctx context.Context, m schemas.Manifest) (client.WorkflowRun, error) {
	return d.registerOn(ctx, schemas.DefaultTaskQueue, m)
}

func (d *bed) registerOn(ctx context.Context, queue string, m schemas.Manifest) (client.WorkflowRun, error) {
	run, err := d.start(ctx, queue, m)
	if err != nil {
		return nil, err
	}
	return run, completed(ctx, run)
}

// completed waits for the end of a registration, which has to be COMPLETED.
func completed(ctx context.Context, run client.WorkflowRun) error {
	var result schemas.Result
	err := run.Get(ctx, &result)
	if err == nil && result.Status != schemas.Completed {
		err = fmt.Errorf("%s ended as %s: %s", result.Name, result.Status, result.Reason)
	}
	return err
}

// history reads a workflow's history, and its size in bytes as the server counts it.
func (d *bed) history(
	ctx context.Context, run client.WorkflowRun,
) (events []*historypb.HistoryEvent, size int64, err error) {
	it := d.client.GetWorkflowHistory(ctx, run.GetID(), run.GetRunID(), false,
		enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			return nil, 0, err
		}
		events = append(events, e)
	}
	described, err := d.client.DescribeWorkflowExecution(ctx, run.GetID(), run.GetRunID())
	if err != nil {
		return nil, 0, err
	}
	return events, described.WorkflowExecutionInfo.HistorySizeBytes, nil
}

// calls counts what the simulator got after a sequence number: calls to Genesys other than for tokens, and how many of
// them it refused with 429.
func (d *bed) calls(ctx context.Context, since uint64) (all, refused int, err error) {
	for _, op := range []control.Op{control.OpList, control.OpCreate, control.OpGet, control.OpUpdate, control.OpJob,
		control.OpHealth, control.OpHealthResult, control.OpDelete} {
		requests, err := d.Sim.Requests(ctx, control.RequestFilter{Op: op, Since: since})
		if err != nil {
			return 0, 0, err
		}
		for _, r := range requests {
			all++
			if r.Status == http.StatusTooManyRequests {
				refused++
			}
		}
	}
	return all, refused, nil
}

// each runs do for every i below n, some at a time, and returns the first error.
func each(ctx context.Context, n, atOnce int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan int)
	var all sync.WaitGroup
	for range min(n, atOnce) {
		all.Go(func() {
			for i := range todo {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case todo <- i:
		case <-ctx.Done():
		}
	}
	close(todo)
	all.Wait()
	return context.Cause(ctx)
}

// until repeats the check until it succeeds or time is up.
func until(ctx context.Context, limit, every time.Duration, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(every):
		}
	}
}

func fetch(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, data)
	}
	return string(data), err
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
