package codec

import (
	"cmp"
	"encoding/json"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// bindingField is the metadata field that says where an encrypted payload belongs. It is authenticated with the data,
// so that nobody without the key can change it, and legible, so that the codec server, which does not know the place,
// can decode.
const bindingField = "encryption-binding"

// binding is the one place where a payload is valid: moved anywhere else, it is refused by whoever knows the place.
type binding struct {
	Namespace string `json:"namespace,omitempty"`
	Workflow  string `json:"workflow,omitempty"` // its id
	// Kind is "workflow" for inputs, results, signals, updates, queries and memos, and "activity/TYPE" or "local/TYPE".
	Kind string `json:"kind,omitempty"`
	// Way is [wayIn] or [wayOut] of an activity, so that an input is no result.
	Way string `json:"way,omitempty"`
	// Run is the run of the workflow that scheduled an activity; a reset keeps it.
	Run string `json:"run,omitempty"`
}

const (
	wayIn  = "in"
	wayOut = "out"
)

// replayNamespace is the namespace that the SDK's replayer pretends; the real one is not known there.
const replayNamespace = "ReplayNamespace"

func bindingOf(c converter.SerializationContext) binding {
	switch c := c.(type) {
	case converter.WorkflowSerializationContext:
		return binding{Namespace: c.Namespace, Workflow: c.WorkflowID, Kind: "workflow"}
	case converter.ActivitySerializationContext:
		kind := "activity/"
		if c.IsLocal {
			kind = "local/"
		}
		return binding{Namespace: c.Namespace, Workflow: c.WorkflowID, Kind: kind + c.ActivityType}
	}
	return binding{}
}

func (b binding) known() bool { return b.Kind != "" }

func (b binding) text() []byte {
	text, _ := json.Marshal(b) // of strings, which cannot fail
	return text
}

// takes reports whether a payload of that binding is valid here. What one of the two sides cannot know is not compared:
// a client does not know an activity's way, nor an activity without an input the run.
func (b binding) takes(p binding) bool {
	if b.Namespace == replayNamespace {
		b.Namespace = p.Namespace
	}
	return b.Namespace == p.Namespace && b.Workflow == p.Workflow && b.Kind == p.Kind &&
		cmp.Or(b.Way, p.Way) == p.Way && cmp.Or(b.Run, p.Run) == cmp.Or(p.Run, b.Run)
}

// boundTo is where a payload says that it belongs, and whether it says so at all: those from before do not.
func boundTo(p *commonpb.Payload) (binding, bool, error) {
	text, ok := p.GetMetadata()[bindingField]
	if !ok {
		return binding{}, false, nil
	}
	var b binding
	err := json.Unmarshal(text, &b)
	return b, true, err
}
