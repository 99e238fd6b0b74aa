package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// receiver is a webhook receiver whose port is taken from the start but refuses connections until it is up.
type receiver struct {
	url    string
	t      *testing.T
	socket int

	mu  sync.Mutex
	got []control.Webhook
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	require.NoError(t, syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	address, err := syscall.Getsockname(socket)
	require.NoError(t, err)
	return &receiver{t: t, socket: socket, url: fmt.Sprintf("http://127.0.0.1:%d/hook", address.(*syscall.SockaddrInet4).Port)}
}

// up begins to answer.
func (r *receiver) up() {
	r.t.Helper()
	require.NoError(r.t, syscall.Listen(r.socket, 16))
	file := os.NewFile(uintptr(r.socket), "receiver")
	listener, err := net.FileListener(file)
	require.NoError(r.t, err)
	require.NoError(r.t, file.Close())
	server := &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	r.t.Cleanup(func() { _ = server.Close() })
}

// ServeHTTP keeps what it gets.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	headers := map[string]string{}
	for name := range q.Header {
		headers[strings.ToLower(name)] = q.Header.Get(name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if strings.Contains(string(body), schemas.RegistrationUpdated) {
		r.got = append(r.got, control.Webhook{Headers: headers, Body: string(body), Status: http.StatusNoContent})
	}
	w.WriteHeader(http.StatusNoContent)
}

// events are the deliveries under one id.
func (r *receiver) events(id string) (out []control.Webhook) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.got {
		if w.Headers["webhook-id"] == id {
			out = append(out, w)
		}
	}
	return out
}
