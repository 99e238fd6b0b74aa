package follow

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
)

// source plays a server: histories are read one after another, and each may break after its events.
type source struct {
	mu       sync.Mutex
	readings []reading
	down     bool // descriptions fail
}

type reading struct {
	events []*historypb.HistoryEvent
	err    error // after the events; nil waits as a long poll does
}

func (s *source) GetWorkflowHistory(ctx context.Context, _, _ string, _ bool, _ enumspb.HistoryEventFilterType) client.HistoryEventIterator {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.readings[0]
	if len(s.readings) > 1 {
		s.readings = s.readings[1:]
	}
	return &iterator{ctx: ctx, reading: r}
}

func (s *source) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, serviceerror.NewUnavailable("refused")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{}, nil
}

func (s *source) DescribeTaskQueue(context.Context, string, enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	return &workflowservice.DescribeTaskQueueResponse{}, nil
}

type iterator struct {
	ctx context.Context
	reading
}

func (i *iterator) HasNext() bool {
	if len(i.events) > 0 || i.err != nil {
		return true
	}
	<-i.ctx.Done()
	return false
}

func (i *iterator) Next() (*historypb.HistoryEvent, error) {
	if len(i.events) == 0 {
		return nil, i.err
	}
	e := i.events[0]
	i.events = i.events[1:]
	return e, nil
}

func TestFollowingGoesOnAfterTheConnectionBreaks(t *testing.T) {
	s := newScript(t).upToProbe()
	half := len(s.events) / 2
	s.completed(schemas.Result{Status: schemas.Completed})
	src := &source{readings: []reading{
		{events: s.events[:half], err: serviceerror.NewUnavailable("refused")},
		{err: serviceerror.NewUnavailable("still refused")},
		{events: s.events},
	}}
	var lost, back bool
	tl, err := Follow(t.Context(), src, Decoder{}, "id", "run", func(v View) {
		back = back || lost && v.Lost == nil
		lost = lost || v.Lost != nil
	})
	require.NoError(t, err)
	require.True(t, tl.Ending.Completed())
	require.Len(t, tl.Log, 3, "no stage is told twice")
	require.True(t, lost)
	require.True(t, back)
}

func TestAConnectionThatIsBackIsNotLeftToADeadLongPoll(t *testing.T) {
	s := newScript(t)
	s.completed(schemas.Result{Status: schemas.Completed})
	src := &source{down: true, readings: []reading{{events: s.events[:1]}, {events: s.events}}}
	tl, err := Follow(t.Context(), src, Decoder{}, "id", "run", func(v View) {
		if v.Lost != nil {
			src.mu.Lock()
			src.down = false
			src.mu.Unlock()
		}
	})
	require.NoError(t, err)
	require.True(t, tl.Ending.Completed())
}

func TestFollowingAnUnknownWorkflowEnds(t *testing.T) {
	gone := serviceerror.NewNotFound("no such workflow")
	_, err := Follow(t.Context(), &source{readings: []reading{{err: gone}}}, Decoder{}, "id", "run", func(View) {})
	require.ErrorIs(t, err, gone)
}

func TestAnInterruptedFollowerReturnsWhatItKnows(t *testing.T) {
	s := newScript(t).upToProbe()
	ctx, cancel := context.WithCancel(t.Context())
	tl, err := Follow(ctx, &source{readings: []reading{{events: s.events}}}, Decoder{}, "id", "run", func(v View) {
		if v.Current.Stage == schemas.StageRegistering && v.Evidence.ModelID != "" {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, schemas.StageRegistering, tl.Current.Stage)
}

func TestALongPollThatTimesOutIsNoLostConnection(t *testing.T) {
	s := newScript(t)
	s.completed(schemas.Result{Status: schemas.Completed})
	src := &source{readings: []reading{{err: context.DeadlineExceeded}, {events: s.events}}}
	_, err := Follow(t.Context(), src, Decoder{}, "id", "run", func(v View) { require.NoError(t, v.Lost) })
	require.NoError(t, err)
}

func TestAHistoryThatCannotBeReadIsNotTakenForAnEmptyOne(t *testing.T) {
	boom := errors.New("boom")
	_, err := Load(t.Context(), &source{readings: []reading{{err: boom}}}, Decoder{}, "id", "")
	require.ErrorIs(t, err, boom)
}
