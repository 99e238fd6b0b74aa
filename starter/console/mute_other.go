//go:build !unix

package console

// Mute does nothing here.
func (p *Printer) Mute() (restore func()) { return func() {} }
