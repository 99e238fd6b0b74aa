package schemas

import (
	"encoding/json"
	"fmt"
	"slices"
)

// FleetParts cuts what a fleet is to do into parts, in their order, of at most most items and bytes bytes of JSON. A
// part holds one item at least. Where all are registrations, the parts hold their manifests.
func FleetParts(fleetID string, items []FleetItem, most, bytes int) ([]FleetPart, error) {
	registers := !slices.ContainsFunc(items, func(i FleetItem) bool { return i.Operation != RegisterModelWorkflow })
	var parts []FleetPart
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
			parts = append(parts, FleetPart{FleetID: fleetID, Part: len(parts), First: i})
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
