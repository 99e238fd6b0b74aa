// Package postgres runs a private PostgreSQL server for tests: a real one, on loopback, that forgets nothing when it is
// killed, and that is gone afterwards.
package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// The superuser that tests connect as. The password is one that tests can search for.
const (
	User     = "superuser"
	Password = "password-of-the-test-database"
)

const (
	startTime = time.Minute
	stopTime  = 30 * time.Second
	lookEvery = 20 * time.Millisecond
)

// Server is a PostgreSQL server of its own, with its own data.
type Server struct {
	binaries  string // folder of initdb and postgres
	dir       string
	port      int
	owner     *syscall.Credential // whom it runs as; nil is who we are
	databases atomic.Int32

	process *exec.Cmd
	done    chan struct{}
}

// Start makes a server in a folder of its own and starts it. Close removes both.
func Start(ctx context.Context) (*Server, error) {
	binaries, err := find(os.Getenv("PATH"), debian)
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "registrar-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{binaries: binaries, dir: dir, owner: owner}
	if err := s.init(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	// Somebody else may take the free port first.
	for range 3 {
		if s.port, err = freePort(); err != nil {
			break
		}
		if err = s.Restart(ctx); err == nil {
			return s, nil
		}
	}
	return nil, errors.Join(err, s.Close())
}

// init makes the folder's owner who will run the server, and a database cluster in it.
func (s *Server) init(ctx context.Context) error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(Password), 0o600); err != nil {
		return err
	}
	if s.owner != nil {
		for _, path := range []string{s.dir, secret} {
			if err := os.Chown(path, int(s.owner.Uid), int(s.owner.Gid)); err != nil {
				return err
			}
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.binaries, "initdb"), "--pgdata", s.data(), "--username", User,
		"--pwfile", secret, "--auth", "scram-sha-256", "--locale", "C", "--encoding", "UTF8", "--no-sync")
	var said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, &said)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// URL is how a database of the server is reached as superuser, with the password.
func (s *Server) URL(database string) string { return s.URLAs(User, Password, database) }

// URLAs is how a database of the server is reached as somebody else.
func (s *Server) URLAs(user, password, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(user, password), Path: "/" + database, RawQuery: "sslmode=disable",
		Host: net.JoinHostPort("127.0.0.1", fmt.Sprint(s.port)),
	}
	return u.String()
}

// NewDatabase makes an empty database and returns its URL.
func (s *Server) NewDatabase(ctx context.Context) (string, error) {
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	if err := s.do(ctx, "create database "+name); err != nil {
		return "", err
	}
	return s.URL(name), nil
}

func (s *Server) do(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}

// Restart starts the server after Stop or Kill, at its former address, and waits until it answers.
func (s *Server) Restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		err := s.launch()
		if err != nil {
			return err
		}
		if err = s.await(ctx); err == nil {
			return nil
		}
		// After a kill, its children may hold its memory for a moment, and it refuses to start.
		if ctx.Err() != nil {
			return fmt.Errorf("PostgreSQL does not start: %w\n%s", err, s.Log())
		}
	}
}

func (s *Server) launch() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(s.binaries, "postgres"), "-D", s.data(), "-p", fmt.Sprint(s.port), "-k", s.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=on", "-c", "shared_buffers=16MB", "-c", "max_connections=60")
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	cmd.SysProcAttr = apart()
	cmd.SysProcAttr.Credential = s.owner
	if err := cmd.Start(); err != nil {
		return err
	}
	s.process, s.done = cmd, make(chan struct{})
	go func(done chan struct{}) { _ = cmd.Wait(); close(done) }(s.done)
	return nil
}

// await waits until the server answers, or has ended.
func (s *Server) await(ctx context.Context) error {
	for {
		err := s.do(ctx, "select 1")
		if err == nil {
			return nil
		}
		select {
		case <-s.done:
			return err
		case <-ctx.Done():
			return errors.Join(ctx.Err(), s.Kill())
		case <-time.After(lookEvery):
		}
	}
}

// Stop shuts the server down; connections are cut.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	_ = s.process.Process.Signal(syscall.SIGINT) // "fast" shutdown; it may have ended by itself
	select {
	case <-s.done:
		s.process = nil
		return nil
	case <-time.After(stopTime):
		return s.Kill()
	}
}

// Kill kills the server with SIGKILL, as a crash would.
func (s *Server) Kill() error {
	if s.process == nil {
		return nil
	}
	_ = s.process.Process.Kill()
	<-s.done
	s.process = nil
	return nil
}

// Log is what the server has written so far.
func (s *Server) Log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Close stops the server and removes its data.
func (s *Server) Close() error { return errors.Join(s.Stop(), os.RemoveAll(s.dir)) }

// freePort is a port that nobody listens on, below those that the system gives to whoever asks for any: while the
// server is stopped, its port would else go to another program, or to a client that looks for it and finds itself.
func freePort() (int, error) {
	const first, last, tries = 15_000, 32_000, 100
	var err error
	for range tries {
		var l net.Listener
		port := first + rand.IntN(last-first)
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, err
}
