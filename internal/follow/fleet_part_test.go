package follow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"model-registrar/schemas"
)

func registrations(n, size int) (all []schemas.FleetItem) {
	for _, m := range manifests(n, size) {
		all = append(all, schemas.FleetItem{Operation: schemas.RegisterModelWorkflow, Manifest: &m})
	}
	return all
}

func manifests(n, size int) (all []schemas.Manifest) {
	for i := range n {
		all = append(all, schemas.Manifest{Name: fmt.Sprintf("model-%d", i), EndpointURL: strings.Repeat("x", size)})
	}
	return all
}

// held is a workflow's history that begins with this event, or cannot be read.
type held struct {
	event *historypb.HistoryEvent
	err   error
}

func (h held) GetWorkflowHistory(context.Context, string, string, bool, enumspb.HistoryEventFilterType) client.HistoryEventIterator {
	return &h
}
func (h *held) HasNext() bool                          { return true }
func (h *held) Next() (*historypb.HistoryEvent, error) { return h.event, h.err }

func startedWith(t *testing.T, workflowType string, input any) *historypb.HistoryEvent {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(input)
	require.NoError(t, err)
	return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
			WorkflowType: &commonpb.WorkflowType{Name: workflowType}, Input: payloads,
		}}}
}

func TestAPartIsReadBackFromTheStartOfItsWorkflow(t *testing.T) {
	part := schemas.FleetPart{FleetID: "f", Part: 2, First: 10, Manifests: manifests(3, 10)}
	got, err := FleetPart(t.Context(), held{event: startedWith(t, schemas.HoldFleetPartWorkflow, part)}, "default", nil, "f", 2)
	require.NoError(t, err)
	require.Equal(t, part, got)
}

func TestWhatIsNoSuchPartIsToldFromWhatCannotBeUsedAndFromAnOutage(t *testing.T) {
	part := schemas.FleetPart{FleetID: "f", Part: 2, Manifests: manifests(1, 1)}
	outage := serviceerror.NewUnavailable("down")
	for what, c := range map[string]struct {
		held held
		want error
	}{
		"unknown":       {held{err: serviceerror.NewNotFound("no")}, ErrNoPart},
		"down":          {held{err: outage}, outage},
		"another fleet": {held{event: startedWith(t, schemas.HoldFleetPartWorkflow, schemas.FleetPart{FleetID: "g", Part: 2, Manifests: part.Manifests})}, ErrDamagedPart},
		"another part":  {held{event: startedWith(t, schemas.HoldFleetPartWorkflow, schemas.FleetPart{FleetID: "f", Part: 1, Manifests: part.Manifests})}, ErrDamagedPart},
		"another type":  {held{event: startedWith(t, "Other", part)}, ErrDamagedPart},
		"empty":         {held{event: startedWith(t, schemas.HoldFleetPartWorkflow, schemas.FleetPart{FleetID: "f", Part: 2})}, ErrDamagedPart},
		"not a part":    {held{event: startedWith(t, schemas.HoldFleetPartWorkflow, []int{1})}, ErrDamagedPart},
	} {
		_, err := FleetPart(t.Context(), c.held, "default", nil, "f", 2)
		require.True(t, errors.Is(err, c.want), "%s: %v", what, err)
	}
}

func TestAPartHoldsOperationsWhereNotAllAreRegistrations(t *testing.T) {
	all := append(registrations(3, 10), schemas.FleetItem{Operation: schemas.RetireModelWorkflow, Name: "gone", Reason: "replaced"})
	parts, err := schemas.FleetParts("f", all, 2, 1000)
	require.NoError(t, err)
	require.Len(t, parts, 2)
	for i, p := range parts {
		require.Empty(t, p.Manifests, "a worker that knows registrations alone must not take a retirement for one")
		got, err := FleetPart(t.Context(), held{event: startedWith(t, schemas.HoldFleetPartWorkflow, p)}, "default", nil, "f", i)
		require.NoError(t, err)
		require.Equal(t, p, got)
	}
}

func TestAForgedPartOfOperationsCannotBeUsed(t *testing.T) {
	retire := map[string]any{"operation": schemas.RetireModelWorkflow, "name": "gone", "reason": "r"}
	for says, c := range map[string]map[string]any{
		`unknown field "kep"`:         {"items": []any{map[string]any{"operation": schemas.RetireModelWorkflow, "kep": true}}},
		"aproval: is not a known key": {"items": []any{map[string]any{"operation": schemas.ChangeModelWorkflow, "manifest": map[string]any{"name": "abc", "aproval": 1}}}},
		"holds something else":        {"manifests": manifests(1, 1), "items": []any{retire}},
		"part/0 cannot be decoded":    {"items": "many"},
		`unknown field "payload"`:     {"items": []any{retire, map[string]any{"seen": map[string]any{"payload": "x"}}}},
		"part/0 holds something else": {"items": []any{}},
	} {
		c["fleetId"] = "f"
		_, err := FleetPart(t.Context(), held{event: startedWith(t, schemas.HoldFleetPartWorkflow, c)}, "default", nil, "f", 0)
		require.ErrorIs(t, err, ErrDamagedPart)
		require.ErrorContains(t, err, says)
	}
}
