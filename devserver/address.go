package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"go.temporal.io/server/common/testing/freeport"
)

// addresses are where the parts of this process listen.
type addresses struct {
	ip       netip.Addr // what the frontend and the UI bind to
	frontend int
	ui       int
	history  int // this and the two below are internal, always on 127.0.0.1
	matching int
	worker   int
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// chooseAddresses checks the ports that were asked for and picks the others. The picked ones cannot be
// taken by another process that asks for a free port in the meantime: freeport leaves them in TIME_WAIT,
// in which the kernel hands them to nobody who does not ask for them by number.
func chooseAddresses(opts options) (addresses, error) {
	a := addresses{
		ip:       netip.MustParseAddr(opts.ip),
		frontend: opts.port,
		ui:       opts.uiPort,
	}
	if a.frontend == 0 {
		a.frontend = freeport.MustGetFreePort()
	}
	if a.ui == 0 {
		a.ui = freeport.MustGetFreePort()
	}
	if err := checkFree(a.ip, a.frontend, "--port"); err != nil {
		return addresses{}, err
	}
	if !opts.headless {
		if err := checkFree(a.ip, a.ui, "--ui-port"); err != nil {
			return addresses{}, err
		}
	}
	if opts.pprofPort != 0 {
		if err := checkFree(loopback, opts.pprofPort, "--pprof-port"); err != nil {
			return addresses{}, err
		}
	}
	a.history = freeport.MustGetFreePort()
	a.matching = freeport.MustGetFreePort()
	a.worker = freeport.MustGetFreePort()
	return a, nil
}

// checkFree turns a port that cannot be bound into a sentence. Left to themselves, the server and the UI
// would end the process from within, with a log record.
func checkFree(ip netip.Addr, port int, flag string) error {
	address := hostPort(ip, port)
	listener, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use by another process: stop that one or choose another port with %s (0 picks a free one)",
			address, flag)
	case err != nil:
		return fmt.Errorf("cannot listen on %s, choose another address with --ip or %s: %w", address, flag, err)
	}
	return listener.Close()
}

// dialIP is the address under which this machine reaches what is bound to ip.
func (a addresses) dialIP() netip.Addr {
	switch {
	case !a.ip.IsUnspecified():
		return a.ip
	case a.ip.Is4():
		return loopback
	default:
		return netip.IPv6Loopback()
	}
}

func (a addresses) frontendAddress() string { return hostPort(a.dialIP(), a.frontend) }

func (a addresses) uiURL() string { return "http://" + hostPort(a.dialIP(), a.ui) }

func hostPort(ip netip.Addr, port int) string {
	return net.JoinHostPort(ip.String(), strconv.Itoa(port))
}
