// Package fleetparts cuts a fleet's manifests into parts that fit into a payload, and reads a part back from the workflow
// that holds it.
package fleetparts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"model-registrar/internal/codec"
	"model-registrar/internal/manifest"
	"model-registrar/schemas"
)

// Split cuts manifests into parts, in their order, of at most so many manifests and bytes of JSON. A part holds one
// manifest at least.
func Split(fleetID string, manifests []schemas.Manifest, most, bytes int) ([]schemas.FleetPart, error) {
	var parts []schemas.FleetPart
	size := 0
	for i, m := range manifests {
		raw, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		last := len(parts) - 1
		if last < 0 || len(parts[last].Manifests) >= most || size+len(raw) > bytes {
			parts = append(parts, schemas.FleetPart{FleetID: fleetID, Part: len(parts), First: i})
			last, size = len(parts)-1, 0
		}
		parts[last].Manifests = append(parts[last].Manifests, m)
		size += len(raw)
	}
	return parts, nil
}

// ErrMissing says that a part is not held by any workflow, running or closed, that Temporal knows of.
var ErrMissing = errors.New("no such part")

// ErrDamaged says that a part cannot be used: it cannot be decoded, or is not what it should be.
var ErrDamaged = errors.New("the part cannot be used")

// Source is what reading needs of a Temporal client.
type Source interface {
	GetWorkflowHistory(ctx context.Context, workflowID, runID string, longPoll bool, filter enumspb.HistoryEventFilterType) client.HistoryEventIterator
}

// Read reads a part from the start of the workflow that holds it. That needs no worker, unlike a query, and works on a
// closed workflow too, for as long as the namespace keeps it. The error is [ErrMissing], [ErrDamaged] or Temporal's.
func Read(ctx context.Context, source Source, namespace string, data converter.DataConverter, fleetID string, part int) (schemas.FleetPart, error) {
	id := schemas.FleetPartWorkflowID(fleetID, part)
	events := source.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if !events.HasNext() {
		return schemas.FleetPart{}, fmt.Errorf("%w: %s has no history", ErrMissing, id)
	}
	e, err := events.Next()
	var none *serviceerror.NotFound
	switch {
	case errors.As(err, &none):
		return schemas.FleetPart{}, fmt.Errorf("%w: Temporal knows no workflow %s", ErrMissing, id)
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
	var arrived struct {
		Manifests []json.RawMessage `json:"manifests"`
	}
	if err := data.FromPayloads(started.GetInput(), &p); err != nil {
		var undecodable *codec.Error
		if errors.As(err, &undecodable) && !undecodable.Problem.Forged() {
			return schemas.FleetPart{}, fmt.Errorf("%s: %w", id, undecodable) // a worker with the key can
		}
		return schemas.FleetPart{}, fmt.Errorf("%w: %s cannot be decoded (%T)", ErrDamaged, id, err)
	}
	if started.GetWorkflowType().GetName() != schemas.HoldFleetPartWorkflow || p.FleetID != fleetID || p.Part != part ||
		p.First < 0 || len(p.Manifests) == 0 {
		return schemas.FleetPart{}, fmt.Errorf("%w: %s holds something else", ErrDamaged, id)
	}
	if err := data.FromPayloads(started.GetInput(), &arrived); err != nil {
		return schemas.FleetPart{}, fmt.Errorf("%w: %s cannot be decoded (%T)", ErrDamaged, id, err)
	}
	for i, raw := range arrived.Manifests {
		if lost := manifest.Lost(raw); len(lost) > 0 {
			return schemas.FleetPart{}, fmt.Errorf("%w: manifest %d of the fleet: %s", ErrDamaged, p.First+i+1, lost[0])
		}
	}
	return p, nil
}
