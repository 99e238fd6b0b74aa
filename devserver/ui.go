package main

import (
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	uiapi "github.com/temporalio/ui-server/v2/server/api"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/cors"
	"github.com/temporalio/ui-server/v2/server/csrf"
	"github.com/temporalio/ui-server/v2/server/headers"
	"github.com/temporalio/ui-server/v2/server/route"
	"github.com/temporalio/ui-server/v2/ui"
)

// startUI starts the Temporal UI with all its actions allowed (signal, update, cancel, terminate) and
// nothing fetched from outside, behind a door that knows the names of this machine alone.
func startUI(opts options, addrs addresses) (*http.Server, error) {
	handler, err := uiHandler(&uiconfig.Config{
		TemporalGRPCAddress: addrs.frontendAddress(),
		Host:                addrs.ip.String(),
		Port:                addrs.ui,
		EnableUI:            true,
		DefaultNamespace:    opts.namespace,
		DisableNewsFetch:    true,
		// The UI is served over plain http; a cookie marked secure would get lost, and every write with it.
		CORS: uiconfig.CORS{CookieInsecure: true},
	})
	if err != nil {
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
	door := &http.Server{
		Handler: knownHost(addrs.ip, handler), ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: log.New(io.Discard, "", 0), // what the UI does not answer yet or any more is seen by who asked
	}
	go func() { _ = door.Serve(listener) }()
	return door, nil
}

// uiHandler is what the ui-server's NewServer serves, put together here from its own parts, in its order: that one
// listens by itself, and a second port, which knows every Host, would be a way around the door.
func uiHandler(cfg *uiconfig.Config) (http.Handler, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	provider, err := uiconfig.NewConfigProviderWithRefresh(cfg)
	if err != nil {
		return nil, err
	}
	const extras, caller = "Authorization-Extras", "Caller-Type"
	e := echo.New()
	e.Use(middleware.Recover(), middleware.Gzip(), cors.CORSMiddleware(cors.CORSConfig{
		AllowHeaders: []string{
			echo.HeaderOrigin, echo.HeaderContentType, echo.HeaderAccept, echo.HeaderXCSRFToken, echo.HeaderAuthorization, extras, caller,
		},
		AllowCredentials: true, ConfigProvider: provider,
	}), middleware.Secure(), csrf.EnsureTokenCookie(!cfg.CORS.CookieInsecure),
		middleware.CSRFWithConfig(csrf.MiddlewareConfig(provider, !cfg.CORS.CookieInsecure)))
	e.Pre(route.PublicPath(cfg.PublicPath))
	route.SetHealthRoute(e)
	forwarded := []uiapi.Middleware{headers.WithForwardHeaders([]string{extras, caller})}
	if err := route.SetAPIRoutes(e, provider, forwarded); err != nil {
		return nil, err
	}
	route.SetAuthRoutes(e, provider)
	assets, err := ui.Assets()
	if err == nil {
		assets, err = fs.Sub(assets, "local")
	}
	if err != nil {
		return nil, err
	}
	route.SetUIRoutes(e, cfg.PublicPath, assets)
	route.SetRenderRoute(e, cfg.PublicPath)
	return e, nil
}
