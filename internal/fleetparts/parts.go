// Package fleetparts cuts what a fleet is to do into parts that fit into a payload, and reads a part back from the workflow
// that holds it.
package fleetparts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"model-registrar/internal/codec"
	"model-registrar/internal/manifest"
	"model-registrar/schemas"
)

// Split cuts items into parts, in their order, of at most so many items and bytes of JSON. A part holds one item at least.
// Where all are registrations, the parts hold their manifests.
func Split(fleetID string, items []schemas.FleetItem, most, bytes int) ([]schemas.FleetPart, error) {
	registers := !slices.ContainsFunc(items, func(i schemas.FleetItem) bool { return i.Operation != schemas.RegisterModelWorkflow })
	var parts []schemas.FleetPart
	size := 0
	for i, item := range items {
		written := any(item)
		if registers {
			written = item.Manifest
		}
		raw, err := json.Marshal(written)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", item.ModelName(), err)
		}
		last := len(parts) - 1
		if last < 0 || parts[last].Len() >= most || size+len(raw) > bytes {
			parts = append(parts, schemas.FleetPart{FleetID: fleetID, Part: len(parts), First: i})
			last, size = len(parts)-1, 0
		}
		if registers {
			parts[last].Manifests = append(parts[last].Manifests, *item.Manifest)
		} else {
			parts[last].Items = append(parts[last].Items, item)
		}
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
	if err := data.FromPayloads(started.GetInput(), &p); err != nil {
		var undecodable *codec.Error
		if errors.As(err, &undecodable) && !undecodable.Problem.Forged() {
			return schemas.FleetPart{}, fmt.Errorf("%s: %w", id, undecodable) // a worker with the key can
		}
		return schemas.FleetPart{}, fmt.Errorf("%w: %s cannot be decoded (%T)", ErrDamaged, id, err)
	}
	if started.GetWorkflowType().GetName() != schemas.HoldFleetPartWorkflow || p.FleetID != fleetID || p.Part != part ||
		p.First < 0 || p.Len() == 0 || len(p.Manifests) > 0 && len(p.Items) > 0 {
		return schemas.FleetPart{}, fmt.Errorf("%w: %s holds something else", ErrDamaged, id)
	}
	if err := lost(data, started.GetInput(), p); err != nil {
		return schemas.FleetPart{}, fmt.Errorf("%w: %w", ErrDamaged, err)
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
