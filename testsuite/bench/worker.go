package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"model-registrar/testsuite/stack"
)

// worker is a running worker and where it tells its metrics.
type worker struct {
	*stack.Process
	url string
}

// startWorker starts a worker and waits until it is ready.
func (d *bed) startWorker() {
	address := stack.FreeAddress()
	w := worker{must(d.StartWorkerWith("REGISTRAR_METRICS_ADDRESS=" + address)), "http://" + address}
	check(w.Await(d.ctx, time.Minute, func() error {
		_, err := w.get("/readyz")
		return err
	}))
	d.started = append(d.started, w)
}

func (w worker) get(path string) (string, error) {
	resp, err := http.Get(w.url + path)
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

// heartbeats is how many the worker has sent to the server: they are billed, but no history shows them.
func (w worker) heartbeats() (n int) {
	for line := range strings.Lines(must(w.get("/metrics"))) {
		name, _, _ := strings.Cut(line, "{")
		if name != "temporal_request" && name != "temporal_request_total" ||
			!strings.Contains(line, `operation="RecordActivityTaskHeartbeat"`) {
			continue
		}
		value := strings.TrimSpace(line[strings.LastIndex(line, " ")+1:])
		n += int(must(strconv.ParseFloat(value, 64)))
	}
	return n
}
