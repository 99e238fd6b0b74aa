package stack

import "syscall"

// apart starts a process in a group of its own, so that Ctrl-C in a terminal reaches only us, and has the kernel kill
// it when we die.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
