package workflows

import (
	"encoding/json"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// inputOf reads the input of a registration as far as it can be read, and returns it as it arrived, too. Any program
// may have sent it: what is wrong with it is for ValidatePayload to say, and the registration ends as every other one
// does, recorded and with a type.
func inputOf(ctx workflow.Context, raw converter.RawValue) (in schemas.RegisterModelInput, arrived []byte) {
	arrived = readInto(&in, raw)
	if in.Manifest.Name == "" { // then the id says which model is meant
		in.Manifest.Name, _ = schemas.ModelNameOf(workflow.GetInfo(ctx).WorkflowExecution.ID)
	}
	return in, arrived
}

// retirementOf is inputOf for a retirement.
func retirementOf(ctx workflow.Context, raw converter.RawValue) (in schemas.RetireModelInput, arrived []byte) {
	arrived = readInto(&in, raw)
	if in.Name == "" {
		in.Name, _ = schemas.ModelNameOf(workflow.GetInfo(ctx).WorkflowExecution.ID)
	}
	in.Name = schemas.Cut(in.Name, schemas.MaxName+1) // a longer one is no model's, and would fill whatever tells of it
	return in, arrived
}

// readInto decodes as much of an input as can be, and returns its bytes.
func readInto(in any, raw converter.RawValue) (arrived []byte) {
	p := raw.Payload()
	arrived = p.GetData()
	switch {
	case p == nil:
		return []byte("null")
	case len(arrived) > schemas.MaxInputBytes: // refused unread
		return arrived[:schemas.MaxInputBytes+1]
	}
	_ = json.Unmarshal(arrived, in)
	return arrived
}

// misnamed refuses to run under an id that would not keep a second registration of the same name from running beside
// this one.
func (r *registration) misnamed() error {
	want := schemas.RegisterModelWorkflowID(r.manifest.Name)
	if r.result.WorkflowID == want {
		return nil
	}
	r.unannounced = true // nobody vouches for the URL
	return wrongID(r.operation+" of "+r.manifest.Name, want, r.result.WorkflowID)
}
