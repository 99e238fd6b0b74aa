package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// machine is what the figures were measured on.
type machine struct {
	CPU    string `json:"cpu"`
	CPUs   int    `json:"cpus"`
	Memory int    `json:"memoryMiB"`
	OS     string `json:"os"`
	Go     string `json:"go"`
}

func thisMachine() machine {
	return machine{
		CPU:    procField("/proc/cpuinfo", "model name"),
		CPUs:   runtime.NumCPU(),
		Memory: leadingInt(procField("/proc/meminfo", "MemTotal")) / 1024,
		OS:     runtime.GOOS + "/" + runtime.GOARCH,
		Go:     runtime.Version(),
	}
}

// String says it in one line.
func (m machine) String() string {
	text := fmt.Sprintf("%d CPUs", m.CPUs)
	if m.CPU != "" {
		text += " (" + m.CPU + ")"
	}
	if m.Memory > 0 {
		text += fmt.Sprintf(", %d GiB", (m.Memory+512)/1024)
	}
	return text + ", " + m.OS + ", " + m.Go
}

// load is the load average of the last minute; 0 where nobody says.
func load() float64 {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(data), " ")
	v, _ := strconv.ParseFloat(first, 64)
	return v
}

// procField is the value of the first line "name: value" of a file under /proc; empty if there is none.
func procField(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// leadingInt is the number at the beginning of "12345 kB".
func leadingInt(text string) int {
	first, _, _ := strings.Cut(text, " ")
	n, _ := strconv.Atoi(first)
	return n
}
