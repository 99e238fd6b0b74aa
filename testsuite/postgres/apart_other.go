//go:build !linux

package postgres

import "syscall"

// apart starts a process in a group of its own, so that Ctrl-C in a terminal reaches only us.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
