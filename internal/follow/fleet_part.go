package follow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"model-registrar/internal/codec"
	"model-registrar/internal/manifest"
	"model-registrar/schemas"
)

// ErrNoPart says that a part is not held by any workflow, running or closed, that Temporal knows of.
var ErrNoPart = errors.New("no such part")

// ErrDamagedPart says that a part cannot be used: it cannot be decoded, or is not what it should be.
var ErrDamagedPart = errors.New("the part cannot be used")

// FleetPart reads a part of what a fleet is to do from the start of the workflow that holds it. That needs no worker,
// unlike a query, and works on a closed workflow too, for as long as the namespace keeps it. The error is [ErrNoPart],
// [ErrDamagedPart] or Temporal's.
func FleetPart(ctx context.Context, source interface {
	GetWorkflowHistory(ctx context.Context, workflowID, runID string, longPoll bool,
		filter enumspb.HistoryEventFilterType) client.HistoryEventIterator
}, namespace string, data converter.DataConverter, fleetID string, part int) (schemas.FleetPart, error) {
	id := schemas.FleetPartWorkflowID(fleetID, part)
	events := source.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if !events.HasNext() {
		return schemas.FleetPart{}, fmt.Errorf("%w: %s has no history", ErrNoPart, id)
	}
	e, err := events.Next()
	var none *serviceerror.NotFound
	switch {
	case errors.As(err, &none):
		return schemas.FleetPart{}, fmt.Errorf("%w: Temporal knows no workflow %s", ErrNoPart, id)
	case err != nil:
		return schemas.FleetPart{}, err
	}
	if data == nil {
		data = converter.GetDefaultDataConverter()
	}
	data = converter.WithDataConverterSerializationContext(data,
		converter.WorkflowSerializationContext{Namespace: namespace, WorkflowID: id})
	if aware, ok := data.(converter.ContextAware); ok {
		data = aware.WithContext(ctx) // not for workflow code, in which a worker's converter panics for want of a key
	}
	started := e.GetWorkflowExecutionStartedEventAttributes()
	var p schemas.FleetPart
	if err := data.FromPayloads(started.GetInput(), &p); err != nil {
		var undecodable *codec.Error
		if errors.As(err, &undecodable) && !undecodable.Problem.Forged() {
			return schemas.FleetPart{}, fmt.Errorf("%s: %w", id, undecodable) // a worker with the key can
		}
		return schemas.FleetPart{}, fmt.Errorf("%w: %s cannot be decoded (%T)", ErrDamagedPart, id, err)
	}
	if started.GetWorkflowType().GetName() != schemas.HoldFleetPartWorkflow || p.FleetID != fleetID || p.Part != part ||
		p.First < 0 || p.Len() == 0 || len(p.Manifests) > 0 && len(p.Items) > 0 {
		return schemas.FleetPart{}, fmt.Errorf("%w: %s holds something else", ErrDamagedPart, id)
	}
	if err := lost(data, started.GetInput(), p); err != nil {
		return schemas.FleetPart{}, fmt.Errorf("%w: %w", ErrDamagedPart, err)
	}
	return p, nil
}

// lost says what a part says that a [schemas.FleetPart] cannot hold, and that decoding it dropped without a word.
func lost(data converter.DataConverter, input *commonpb.Payloads, p schemas.FleetPart) error {
	var arrived struct {
		Manifests []json.RawMessage `json:"manifests"`
		Items     []json.RawMessage `json:"items"`
	}
	if err := data.FromPayloads(input, &arrived); err != nil {
		return fmt.Errorf("it cannot be decoded (%T)", err)
	}
	for i, raw := range arrived.Items {
		var item struct {
			schemas.FleetItem
			Manifest json.RawMessage `json:"manifest"`
		}
		strict := json.NewDecoder(bytes.NewReader(raw))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&item); err != nil {
			return fmt.Errorf("operation %d of the fleet: %w", p.First+i+1, err)
		}
		arrived.Manifests = append(arrived.Manifests, item.Manifest)
	}
	for i, raw := range arrived.Manifests {
		if len(raw) == 0 {
			continue // a retirement
		}
		if lost := manifest.Lost(raw); len(lost) > 0 {
			return fmt.Errorf("manifest %d of the fleet: %s", p.First+i+1, lost[0])
		}
	}
	return nil
}
