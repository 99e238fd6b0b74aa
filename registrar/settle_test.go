package registrar

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
)

// inTurn returns each error once, and from then on the last one.
func inTurn(each ...error) func(context.Context) error {
	n := 0
	return func(context.Context) error {
		n++
		return each[min(n, len(each))-1]
	}
}

func TestAStartWhoseAnswerIsLostIsSettledBeforeAnythingIsSaid(t *testing.T) {
	lost := serviceerror.NewUnavailable("connection reset")
	taken := serviceerror.NewWorkflowExecutionAlreadyStarted("taken", "", "run")
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		repeatable bool
		start      []error
		mine       bool
		check      func(t *testing.T, err error)
	}{
		"it arrived":                     {start: []error{lost, taken}, mine: true, check: isNil},
		"it did not arrive":              {start: []error{lost, nil}, check: isNil},
		"another one is there":           {start: []error{lost, taken}, check: is[*serviceerror.WorkflowExecutionAlreadyStarted]},
		"another one was there before":   {start: []error{taken}, mine: true, check: is[*serviceerror.WorkflowExecutionAlreadyStarted]},
		"it is repeated":                 {repeatable: true, start: []error{taken}, mine: true, check: isNil},
		"nobody answers":                 {start: []error{lost}, check: is[*Unsettled]},
		"it is refused, plainly":         {start: []error{refused}, check: is[*Failed]},
		"it is refused after a lost one": {start: []error{lost, refused}, check: is[*Failed]},
	} {
		t.Run(name, func(t *testing.T) {
			client := New(nil, Options{})
			err := client.settle(t.Context(), "register-model/a", c.repeatable, inTurn(c.start...),
				func(context.Context) (bool, error) { return c.mine, nil })
			c.check(t, err)
		})
	}
}

func isNil(t *testing.T, err error) { t.Helper(); require.NoError(t, err) }

func is[E error](t *testing.T, err error) {
	t.Helper()
	_, ok := errors.AsType[E](err)
	require.True(t, ok, "%T: %v", err, err)
}
