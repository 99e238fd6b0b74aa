package main

import (
	"fmt"
	"net/netip"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// startUI starts the Temporal UI with all its actions allowed (signal, update, cancel, terminate) and
// nothing fetched from outside. It returns before the UI answers.
func startUI(opts options, addrs addresses) (*uiserver.Server, error) {
	cfg := &uiconfig.Config{
		TemporalGRPCAddress: addrs.frontendAddress(),
		Host:                bracketed(addrs.ip),
		Port:                addrs.ui,
		EnableUI:            true,
		DefaultNamespace:    opts.namespace,
		DisableNewsFetch:    true,
		HideLogs:            true,
		// The UI is served over plain http; a cookie marked secure would get lost, and every write with it.
		CORS: uiconfig.CORS{CookieInsecure: true},
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("the Temporal UI cannot be set up: %w", err)
	}
	ui := uiserver.NewServer(uioptions.WithConfigProvider(cfg))
	// Start ends the process itself when it cannot listen, and returns nil once it is stopped. Since the
	// server took its time to start, look at the port once more for the sake of a readable error.
	if err := checkFree(addrs.ip, addrs.ui, "--ui-port"); err != nil {
		return nil, err
	}
	go func() { _ = ui.Start() }()
	return ui, nil
}

// bracketed is an address as it stands before a colon and a port.
func bracketed(ip netip.Addr) string {
	if ip.Is6() {
		return "[" + ip.String() + "]"
	}
	return ip.String()
}
