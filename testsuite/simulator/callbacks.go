package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"time"

	"model-registrar/internal/netguard"
	"model-registrar/testsuite/simulator/control"
)

const (
	callbackTimeout = 5 * time.Second
	callbacksAtOnce = 64
)

// callbacks plays the platform calling a payload's webhookCallbackUrl when its job ends. It tries once, and
// only at loopback addresses, so that nothing leaves the machine.
type callbacks struct {
	stopped context.Context
	mu      sync.Mutex // orders the start of a call and close
	running sync.WaitGroup
	slots   chan struct{}
	client  *http.Client
	made    *journal[control.Callback]
}

func newCallbacks(stopped context.Context, keep int) *callbacks {
	dialer := &net.Dialer{Timeout: callbackTimeout, Control: onlyLoopback}
	return &callbacks{
		stopped: stopped,
		slots:   make(chan struct{}, callbacksAtOnce),
		made:    newJournal[control.Callback](keep, nil),
		client: &http.Client{
			Timeout: callbackTimeout,
			Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 8,
				IdleConnTimeout: 10 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// onlyLoopback looks at the address that is dialled, because "localhost" is only a name.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if !netguard.IsLoopback(host) {
		return errors.New("not a loopback address")
	}
	return nil
}

// jobEnded calls back in the background.
func (cb *callbacks) jobEnded(j control.Job, callbackURL string) {
	cb.mu.Lock()
	defer cb.mu.Unlock()
	if callbackURL == "" || cb.stopped.Err() != nil {
		return
	}
	cb.running.Go(func() {
		select {
		case cb.slots <- struct{}{}:
			defer func() { <-cb.slots }()
			cb.call(j, callbackURL)
		case <-cb.stopped.Done():
		}
	})
}

// wait returns when the calls in progress have ended; stopped must be done.
func (cb *callbacks) wait() {
	cb.mu.Lock() // who held it before has either started its call or will see stopped
	defer cb.mu.Unlock()
	cb.running.Wait()
}

func (cb *callbacks) call(j control.Job, callbackURL string) {
	made := control.Callback{Time: time.Now().UTC(), JobID: j.ID, ModelID: j.ModelID, JobStatus: j.Status}
	u, err := url.Parse(callbackURL)
	switch {
	case err != nil:
		made.Error = "the URL cannot be parsed"
	case !netguard.IsLoopback(u.Hostname()):
		made.Host, made.Skipped = u.Host, true
	default:
		made.Host = u.Host
		made.Status, err = cb.post(j, callbackURL)
		made.Error = shortError(err)
	}
	cb.made.add(func(seq uint64) control.Callback {
		made.Seq = seq
		return made
	})
}

func (cb *callbacks) post(j control.Job, callbackURL string) (int, error) {
	body, err := json.Marshal(map[string]any{
		"event": control.CallbackEvent, "timestamp": platformTime(time.Now()),
		"jobId": j.ID, "modelId": j.ModelID, "status": j.Status,
	})
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(cb.stopped, http.MethodPost, callbackURL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "simulator-platform-callback")
	resp, err := cb.client.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// shortError leaves out the URL, which may hold secrets in its query.
func shortError(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if err == nil {
		return ""
	}
	return fmt.Sprint(err)
}
