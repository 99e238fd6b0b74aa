package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"model-registrar/internal/approvers"
	"model-registrar/schemas"
)

// terminal is a person's side of a pseudo-terminal.
type terminal struct {
	person *os.File // what is typed and seen
	tty    *os.File // the program's side

	mu   sync.Mutex
	seen bytes.Buffer
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	tty, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	term := &terminal{person: person, tty: tty}
	t.Cleanup(func() { person.Close() }) // and tty when nothing reads it any more
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := person.Read(buffer)
			term.mu.Lock()
			term.seen.Write(buffer[:n])
			term.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return term
}

func (p *terminal) screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

// echoes reports whether what is typed is shown.
func (p *terminal) echoes(t *testing.T) bool {
	state, err := unix.IoctlGetTermios(int(p.tty.Fd()), unix.TCGETS)
	require.NoError(t, err)
	return state.Lflag&unix.ECHO != 0
}

// awaits waits until a text is on the screen.
func (p *terminal) awaits(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(p.screen(), text) }, time.Minute, time.Millisecond, "%q never came", text)
}

// starts runs the starter on the terminal.
func (p *terminal) starts(ctx context.Context, f *frontend, t *testing.T, args ...string) (code <-chan int) {
	t.Helper()
	env := append(f.env(), "TEMPORAL_CONFIG_FILE=/does/not/exist", "REGISTRAR_REQUESTER=alice", "TERM=xterm")
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, env, p.tty, io.Discard, p.tty) }()
	return ended
}

func TestOnATerminalAPersonIsAskedBeforeADecisionIsSent(t *testing.T) {
	for answer, sent := range map[string]bool{"y": true, "n": false, "": false} {
		f, got := deciding(t)
		p := newTerminal(t)
		ended := p.starts(t.Context(), f, t, "approve", "llm", "--reason", "fine")
		p.awaits(t, "Approve this? [y/N]")
		require.Contains(t, p.screen(), hashOf(t, "llm"), "the evidence comes first")
		require.Empty(t, *got)
		_, err := p.person.WriteString(answer + "\n")
		require.NoError(t, err)
		code := <-ended
		require.Equal(t, sent, code == exitDone, p.screen())
		require.Equal(t, sent, got.RunID != "")
		if !sent {
			p.awaits(t, "nothing was decided about llm")
		}
	}
	f, got := deciding(t)
	p := newTerminal(t)
	require.Zero(t, <-p.starts(t.Context(), f, t, "approve", "llm", "--reason", "fine", "--yes"))
	require.NotEmpty(t, *got)
	require.NotContains(t, p.screen(), "[y/N]")
}

func TestOnATerminalAPersonIsAskedBeforeAPlanIsApplied(t *testing.T) {
	for answer, started := range map[string]bool{"y": true, "n": false, "": false} {
		f := newFrontend(t)
		f.fleetEnds = doesAll
		p := newTerminal(t)
		ended := p.starts(t.Context(), f, t, "apply", planOf(t, without(schemas.PlanConflict)))
		p.awaits(t, "Apply this plan? [y/N]")
		require.Contains(t, p.screen(), "to-retire", "the plan comes first")
		require.Empty(t, f.started)
		_, err := p.person.WriteString(answer + "\n")
		require.NoError(t, err)
		require.Equal(t, started, <-ended == exitDone, p.screen())
		require.Equal(t, started, len(f.started) > 0)
	}
}

func TestAPassphraseIsAskedForOnTheTerminalWithoutEcho(t *testing.T) {
	key := newSSHKey(t, "open sesame")
	for typed, opens := range map[string]bool{"open sesame": true, "open barley": false} {
		f, got := deciding(t)
		p := newTerminal(t)
		ended := p.starts(t.Context(), f, t, "approve", "llm", "--reason", "fine", "--yes", "--key", key.private)
		p.awaits(t, "Passphrase of "+key.private)
		require.Eventually(t, func() bool { return !p.echoes(t) }, time.Minute, time.Millisecond)
		_, err := p.person.WriteString(typed + "\n")
		require.NoError(t, err)
		require.Equal(t, opens, <-ended == exitDone, p.screen())
		require.True(t, p.echoes(t))
		if opens {
			_, err := approvers.Fits(got.Statement("llm"), got.Signature)
			require.NoError(t, err)
		} else {
			require.Empty(t, *got)
			p.awaits(t, "the passphrase does not open")
		}
		require.NotContains(t, p.screen(), typed)
	}
}

func TestAnInterruptAtThePassphraseLeavesTheTerminalAsItWas(t *testing.T) {
	f, got := deciding(t)
	p := newTerminal(t)
	ctx, interrupt := context.WithCancel(t.Context())
	ended := p.starts(ctx, f, t, "approve", "llm", "--reason", "fine", "--yes", "--key", newSSHKey(t, "open sesame").private)
	p.awaits(t, "Passphrase of ")
	require.Eventually(t, func() bool { return !p.echoes(t) }, time.Minute, time.Millisecond)
	interrupt()
	require.Equal(t, exitInterrupted, <-ended)
	require.True(t, p.echoes(t))
	require.Empty(t, *got)
	_, err := p.person.WriteString("\n") // for whoever still reads
	require.NoError(t, err)
}

func TestKeysTypedWhileARegistrationIsFollowedDoNotDisturbTheView(t *testing.T) {
	f := newFrontend(t)
	p := newTerminal(t)
	ctx, interrupt := context.WithCancel(t.Context())
	waits := make(chan struct{})
	f.onWait = sync.OnceFunc(func() { close(waits) })
	ended := p.starts(ctx, f, t, "register", file(t, "model.yaml", tutorial))
	<-waits
	require.Eventually(t, func() bool { return !p.echoes(t) }, time.Minute, time.Millisecond)
	_, err := p.person.WriteString("qwertz\n")
	require.NoError(t, err)
	require.Eventually(t, func() bool { // the terminal has taken them in
		n, err := unix.IoctlGetInt(int(p.tty.Fd()), unix.TIOCINQ)
		return err == nil && n == len("qwertz\n")
	}, time.Minute, time.Millisecond)
	interrupt()
	require.Equal(t, exitInterrupted, <-ended)
	require.True(t, p.echoes(t), "the terminal is as it was")
	require.NotContains(t, p.screen(), "qwertz")
}
