//go:build unix

package console

import (
	"os"

	"golang.org/x/sys/unix"
)

// Mute keeps what is typed on the printer's terminal from being shown, so that it does not stand in the midst of a
// block that is redrawn. The answer restores what was before; keys stay typed, for whoever reads them next.
func (p *Printer) Mute() (restore func()) {
	f, ok := p.W.(*os.File)
	if !ok || !p.Terminal() {
		return func() {}
	}
	fd := int(f.Fd())
	// A process in the background would be stopped for it.
	if group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil && group != unix.Getpgrp() {
		return func() {}
	}
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return func() {}
	}
	quiet := *before
	quiet.Lflag &^= unix.ECHO
	_ = unix.IoctlSetTermios(fd, setTermios, &quiet)
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }
}
