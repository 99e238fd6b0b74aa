package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/prometheus/procfs"

	"model-registrar/testsuite/stack"
)

const mib = 1 << 20

// thisMachine says in one line what the figures were measured on.
func thisMachine() string {
	text := fmt.Sprintf("%d CPUs%s", runtime.NumCPU(), cpuName())
	if proc, err := procfs.NewDefaultFS(); err == nil { // as on Linux
		if memory, err := proc.Meminfo(); err == nil && memory.MemTotalBytes != nil {
			text += fmt.Sprintf(", %d GiB", (*memory.MemTotalBytes+512*mib)/(1024*mib))
		}
	}
	return text + ", " + runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version()
}

// cpuName is what Linux calls the first CPU, in parentheses.
func cpuName() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, known := strings.Cut(string(data), "model name")
	if !known {
		return ""
	}
	line, _, _ := strings.Cut(rest, "\n")
	return " (" + strings.Trim(line, "\t :") + ")"
}

// load is the load average of the last minute; 0 where nobody says.
func load() (average float64) {
	data, _ := os.ReadFile("/proc/loadavg")
	fmt.Sscan(string(data), &average)
	return average
}

// resident is the resident memory of a process in MiB.
func resident(p *stack.Process) (float64, error) {
	proc, err := procfs.NewProc(p.PID())
	if err != nil {
		return 0, fmt.Errorf("this figure needs Linux: %w", err)
	}
	status, err := proc.NewStatus()
	return float64(status.VmRSS) / mib, err
}

// usage is the CPU time that workflows have used. Unlike the wall time it hardly depends on what else the machine does.
type usage struct {
	ms        [3]float64 // of the server, the worker and the simulator
	workflows int
}

// timedCPU is [bed.timed] for n workflows of a worker, and adds the CPU time that was used meanwhile.
func (d *bed) timedCPU(u *usage, worker *stack.Process, n int, do func()) spent {
	processes := []*stack.Process{d.Devserver(), worker, d.Simulator()}
	for i, p := range processes {
		u.ms[i] -= cpuMs(p)
	}
	took := d.timed(do)
	for i, p := range processes {
		u.ms[i] += cpuMs(p)
	}
	u.workflows += n
	return took
}

// String gives the share of one workflow.
func (u usage) String() string {
	n := float64(max(1, u.workflows))
	return fmt.Sprintf("server %.1f ms, worker %.1f ms, simulator %.1f ms", u.ms[0]/n, u.ms[1]/n, u.ms[2]/n)
}

// cpuMs is the CPU time of a process since its start, which Linux counts in hundredths of a second; 0 elsewhere.
func cpuMs(p *stack.Process) float64 {
	proc, err := procfs.NewProc(p.PID())
	if err != nil {
		return 0
	}
	stat, err := proc.Stat()
	if err != nil {
		return 0
	}
	return 1000 * stat.CPUTime()
}
