package main

import (
	"fmt"
	"os"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

const (
	clusterName = "active"
	storeName   = "sqlite"
	// stopTimeout bounds a clean shutdown. What is cut off then is what SIGKILL would cut off: nothing is lost.
	stopTimeout = 8 * time.Second
)

// server is the four Temporal services in this process.
type server struct {
	temporal temporal.Server
	logs     *serverLog
}

// startServer starts the services and returns when they listen, not yet when they answer.
func startServer(opts options, addrs addresses, db *database) (*server, error) {
	logs := newServerLog(opts.logLevel)
	logs.calm()
	srv, err := temporal.NewServer(
		temporal.WithConfig(serverConfig(opts, addrs, db)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(staticHosts(addrs)),
		temporal.WithDynamicConfigClient(dynamicConfig(opts)),
		temporal.WithLogger(logs.logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("the Temporal server cannot be set up: %w", err)
	}
	if err := srv.Start(); err != nil {
		return nil, fmt.Errorf("the Temporal server did not start: %w", err)
	}
	return &server{temporal: srv, logs: logs}, nil
}

// stop ends the services, in order when they let themselves be ended in time.
func (s *server) stop() {
	stopped := make(chan error, 1)
	go func() { stopped <- s.temporal.Stop() }()
	select {
	case err := <-stopped:
		if err != nil {
			fmt.Fprintf(os.Stderr, "devserver: the Temporal server did not stop cleanly: %v\n", err)
		}
	case <-time.After(stopTimeout):
		fmt.Fprintf(os.Stderr, "devserver: the Temporal server did not stop within %s and was cut off\n", stopTimeout)
	}
}

func serverConfig(opts options, addrs addresses, db *database) *config.Config {
	return &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     storeName,
			VisibilityStore:  storeName,
			NumHistoryShards: 1, // one SQLite writer serves no more; fixed for good in the database
			DataStores:       map[string]config.DataStore{storeName: {SQL: db.sql}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: addrs.frontendAddress()},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: addrs.frontendAddress()},
		Services: map[string]config.Service{
			string(primitives.FrontendService): {RPC: config.RPC{GRPCPort: addrs.frontend, BindOnIP: addrs.ip.String()}},
			string(primitives.HistoryService):  {RPC: config.RPC{GRPCPort: addrs.history, BindOnLocalHost: true}},
			string(primitives.MatchingService): {RPC: config.RPC{GRPCPort: addrs.matching, BindOnLocalHost: true}},
			string(primitives.WorkerService):   {RPC: config.RPC{GRPCPort: addrs.worker, BindOnLocalHost: true}},
		},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
	}
}

// staticHosts names each service's one host. Without it the services would find each other by gossip over
// rows in the database, where those of a killed process linger and delay the next start.
func staticHosts(addrs addresses) map[primitives.ServiceName]static.Hosts {
	local := func(port int) static.Hosts {
		return static.SingleLocalHost(fmt.Sprintf("127.0.0.1:%d", port))
	}
	return map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: static.SingleLocalHost(addrs.frontendAddress()),
		primitives.HistoryService:  local(addrs.history),
		primitives.MatchingService: local(addrs.matching),
		primitives.WorkerService:   local(addrs.worker),
	}
}
