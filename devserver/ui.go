package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/server/common/testing/freeport"
)

// webUI is the Temporal UI behind a door that knows the names of this machine alone.
type webUI struct {
	door *http.Server
	ui   *uiserver.Server
}

// startUI starts the Temporal UI with all its actions allowed (signal, update, cancel, terminate) and
// nothing fetched from outside. It returns before the UI answers.
func startUI(opts options, addrs addresses) (*webUI, error) {
	inner := freeport.MustGetFreePort()
	cfg := &uiconfig.Config{
		TemporalGRPCAddress: addrs.frontendAddress(),
		Host:                loopback.String(),
		Port:                inner,
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
	// Since the server took its time to start, look at the port once more for the sake of a readable error.
	if err := checkFree(addrs.ip, addrs.ui, "--ui-port"); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", hostPort(addrs.ip, addrs.ui))
	if err != nil {
		return nil, fmt.Errorf("the Temporal UI cannot listen: %w", err)
	}
	quiet := log.New(io.Discard, "", 0) // what the UI does not answer yet or any more is seen by who asked
	web := &webUI{
		door: &http.Server{
			Handler: knownHost(addrs.ip, proxyTo(hostPort(loopback, inner), quiet)), ErrorLog: quiet, ReadHeaderTimeout: 10 * time.Second,
		},
		ui: uiserver.NewServer(uioptions.WithConfigProvider(cfg)),
	}
	go func() { _ = web.ui.Start() }() // ends the process itself when it cannot listen
	go func() { _ = web.door.Serve(listener) }()
	return web, nil
}

// proxyTo hands requests on as they came, with their own Host, by which the UI knows its own pages.
func proxyTo(address string, logger *log.Logger) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: address})
			r.Out.Host = r.In.Host
		},
		Transport:     &http.Transport{DisableCompression: true}, // no proxy: it is this process
		FlushInterval: -1,
		ErrorLog:      logger,
	}
}

// Stop closes the door and the UI.
func (w *webUI) Stop() {
	_ = w.door.Close()
	w.ui.Stop()
}
