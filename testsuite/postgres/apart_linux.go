package postgres

import "syscall"

// apart keeps Ctrl-C in a terminal from the server, and has the kernel end it when we die.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT}
}
