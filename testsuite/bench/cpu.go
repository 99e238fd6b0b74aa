package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"model-registrar/testsuite/stack"
)

// usage is the CPU time that the processes of a bed have used, in milliseconds, or what one workflow used of it. Unlike
// the wall time it hardly depends on what else the machine does.
type usage struct {
	server, worker, simulator float64
	workflows                 int
}

func usageOf(d *bed, worker *stack.Process) usage {
	return usage{server: cpuMs(d.Devserver()), worker: cpuMs(worker), simulator: cpuMs(d.Simulator())}
}

// add adds what n workflows used between two looks.
func (u *usage) add(before, after usage, n int) {
	u.server += after.server - before.server
	u.worker += after.worker - before.worker
	u.simulator += after.simulator - before.simulator
	u.workflows += n
}

// String gives the share of one workflow.
func (u usage) String() string {
	n := float64(max(1, u.workflows))
	return fmt.Sprintf("server %.1f ms, worker %.1f ms, simulator %.1f ms", u.server/n, u.worker/n, u.simulator/n)
}

// cpuMs is the CPU time of a process since its start; 0 where /proc does not tell. Linux counts in hundredths of a
// second.
func cpuMs(p *stack.Process) float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), ") ") // the name before it may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return 10 * (user + system)
}
