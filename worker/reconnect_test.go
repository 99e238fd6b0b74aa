package main

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"model-registrar/schemas"
)

// resetting plays a Temporal server that is ready, and resets its connections when a worker is about to poll.
type resetting struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer
	net.Listener

	mu     sync.Mutex
	conns  []net.Conn
	resets int  // that are still to come
	scoped bool // the credentials are for the namespace alone
	polled chan struct{}
	once   sync.Once
}

func (s *resetting) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(s.conns, c)
	return c, err
}

// reset resets every connection, if one is still to come.
func (s *resetting) reset() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.resets == 0 {
		return false
	}
	s.resets--
	for _, c := range s.conns {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	s.conns = nil
	return true
}

func (s *resetting) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	if s.scoped {
		return nil, status.Error(codes.PermissionDenied, "Request unauthorized.")
	}
	all := map[string]enumspb.IndexedValueType{}
	for _, name := range schemas.SearchAttributes {
		all[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: all}, nil
}

func (s *resetting) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	if s.reset() {
		return nil, status.Error(codes.Canceled, "the connection is gone")
	}
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (s *resetting) DescribeNamespace(context.Context, *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{}, nil
}

func (s *resetting) DescribeTaskQueue(context.Context, *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	return &workflowservice.DescribeTaskQueueResponse{}, nil
}

func (s *resetting) PollActivityTaskQueue(ctx context.Context, _ *workflowservice.PollActivityTaskQueueRequest) (*workflowservice.PollActivityTaskQueueResponse, error) {
	s.once.Do(func() { close(s.polled) })
	<-ctx.Done()
	return &workflowservice.PollActivityTaskQueueResponse{}, nil
}

func (s *resetting) PollWorkflowTaskQueue(ctx context.Context, _ *workflowservice.PollWorkflowTaskQueueRequest) (*workflowservice.PollWorkflowTaskQueueResponse, error) {
	<-ctx.Done()
	return &workflowservice.PollWorkflowTaskQueueResponse{}, nil
}

func (s *resetting) CountWorkflowExecutions(context.Context, *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return &workflowservice.CountWorkflowExecutionsResponse{}, nil
}

func TestAWorkerWhoseConnectionIsResetBeforeItsFirstPollTriesAgain(t *testing.T) {
	log := runUntilItPolls(t, &resetting{resets: 2})
	require.Contains(t, log, "polling could not begin; it is tried again")
}

func TestAWorkerWhoseKeyIsForItsNamespaceAloneRunsAndSaysWhatItCouldNotCheck(t *testing.T) {
	log := runUntilItPolls(t, &resetting{scoped: true})
	require.Contains(t, log, "these credentials may not look at the namespace's search attributes")
	require.NotContains(t, log, "does not answer")
}

// runUntilItPolls runs a worker against a server until it polls, and returns its log.
func runUntilItPolls(t *testing.T, s *resetting) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.Listener, s.polled = l, make(chan struct{})
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, s)
	operatorservice.RegisterOperatorServiceServer(server, s)
	go func() { _ = server.Serve(s) }()
	t.Cleanup(server.Stop)

	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	ended := make(chan int, 1)
	var log bytes.Buffer
	go func() {
		ended <- run(ctx, []string{
			"TEMPORAL_ADDRESS=" + l.Addr().String(), "GENESYS_OAUTH_CLIENT_ID=id", "GENESYS_OAUTH_CLIENT_SECRET=secret",
			"GENESYS_CLOUD_HOST=http://127.0.0.1:1", "GENESYS_LOGIN_HOST=http://127.0.0.1:1", "REGISTRAR_METRICS_ADDRESS=127.0.0.1:0",
			"REGISTRAR_AUDIT=file:" + filepath.Join(t.TempDir(), "audit.log"), "REGISTRAR_SHUTDOWN_TIMEOUT=1s",
		}, &log)
	}()
	select {
	case <-s.polled:
	case code := <-ended:
		require.Fail(t, "the worker ended", "with %d:\n%s", code, log.String())
	case <-time.After(2 * time.Minute):
		require.Fail(t, "the worker does not poll")
	}
	stop()
	require.Equal(t, exitOK, <-ended, log.String())
	return log.String()
}
