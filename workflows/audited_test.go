package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// While the trail cannot be written, a workflow waits for as long as it takes, and says what for.
func TestATrailThatCannotBeWrittenIsWaitedForAndSaidSo(t *testing.T) {
	s := newStory(t)
	refusals, said := 0, ""
	s.world.audit = func(schemas.AuditEntry) (schemas.AuditReceipt, error) {
		if refusals < 45 { // several windows, of ten attempts each in this environment
			refusals++
			s.onLoop(func() { said = s.page().GetCurrentDetails() })
			return schemas.AuditReceipt{}, passing(schemas.ErrAuditUnavailable, "the disk is full")
		}
		return schemas.AuditReceipt{}, nil
	}
	out, err := s.deliver(undeliveredYet())
	require.NoError(t, err)
	require.True(t, out.Delivered)
	require.Contains(t, said, "waits for the audit trail")
	require.Contains(t, said, "the disk is full")
	require.NotContains(t, s.page().GetCurrentDetails(), "waits for the audit trail")
	entries := s.recordings()
	require.Len(t, entries, 46)
	require.Equal(t, entries[0], entries[45])
}

func TestATrailThatWillNeverTakeAnEntryFailsTheDelivery(t *testing.T) {
	s := newStory(t)
	s.world.audit = fails[schemas.AuditEntry, schemas.AuditReceipt](fatal(schemas.ErrInternal, "no such entry"))
	_, err := s.deliver(undeliveredYet())
	require.ErrorContains(t, err, "no such entry")
	require.Len(t, s.recordings(), 1)
}
