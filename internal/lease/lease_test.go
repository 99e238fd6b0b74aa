package lease

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clock is moved by hand.
type clock struct{ at time.Duration }

func (c *clock) now() time.Duration { return c.at }

func TestALeaseLastsSinceTheLastHeartbeatThatWasAccepted(t *testing.T) {
	c := &clock{at: time.Hour}
	l := newLease(10*time.Second, c.now)
	c.at += 9 * time.Second
	require.NoError(t, l.Check())
	require.Equal(t, time.Second, l.Left())

	require.NoError(t, l.Renew(func() error { c.at += 4 * time.Second; return nil }))
	require.Equal(t, 6*time.Second, l.Left(), "it counts from before the heartbeat was sent, not from its answer")

	refused := errors.New("refused")
	require.ErrorIs(t, l.Renew(func() error { return refused }), refused)
	c.at += 6 * time.Second
	var over *Over
	require.ErrorAs(t, l.Check(), &over)
	require.Contains(t, over.Error(), "no heartbeat for 10s")
}

func TestALeaseThatWasEndedStaysEnded(t *testing.T) {
	l := New(time.Hour)
	l.End(errors.New("the attempt is unknown"))
	require.NoError(t, l.Renew(func() error { return nil }))
	require.ErrorContains(t, l.Check(), "the attempt is unknown")
}

func TestTheContextCarriesTheLease(t *testing.T) {
	l := New(0)
	require.NoError(t, Check(t.Context()))
	require.Error(t, Check(With(t.Context(), l)))
	require.Error(t, Check(context.WithoutCancel(With(t.Context(), l))), "also where a cancellation is not to be heard")
}

func TestTheClockOfALeaseRunsOn(t *testing.T) {
	before := sinceBoot()
	require.Positive(t, before)
	require.GreaterOrEqual(t, sinceBoot(), before)
}
