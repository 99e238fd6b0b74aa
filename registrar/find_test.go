package registrar

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

func TestAWorkflowThatNobodyAnswersForIsSaidToLackAWorkerWhoeverNoticesFirst(t *testing.T) {
	c := New(nil, Options{Temporal: client.Options{HostPort: "127.0.0.1:7233"}, TaskQueue: "model-registrar"})
	for _, err := range []error{
		context.DeadlineExceeded,
		serviceerror.NewDeadlineExceeded("context deadline exceeded"),
		serviceerror.NewCanceled("stream terminated by RST_STREAM with error code: CANCEL"), // the server's clock was first
		serviceerror.NewFailedPrecondition("no poller seen for task queue recently"),
	} {
		require.EqualError(t, c.unanswered(t.Context(), err), `no worker on task queue "model-registrar" answered`, "%T", err)
	}
	require.EqualError(t, c.unanswered(t.Context(), serviceerror.NewUnavailable("connection refused")),
		"cannot reach Temporal at 127.0.0.1:7233: connection refused")
}
