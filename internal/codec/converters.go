package codec

import (
	"context"
	"errors"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// Converters turn values and errors into what Temporal stores, and back.
type Converters struct {
	Data    converter.DataConverter
	Failure converter.FailureConverter
}

// Into makes a client use the converters.
func (c Converters) Into(o *client.Options) { o.DataConverter, o.FailureConverter = c.Data, c.Failure }

// Client are the converters of a process that starts, follows and decides. What it cannot decode is an [Error]; the
// message of a failure that it cannot decode says so.
func (k *Keys) Client() Converters {
	data := placed{keys: k}.with()
	return Converters{Data: data, Failure: k.failures(data)}
}

// Worker are the converters of a worker. Within a workflow, a payload that cannot be decoded panics with an [Error]:
// the SDK would else fail the workflow (for its input), hand the error to the workflow as if an activity had failed,
// drop a signal with a line in a log, refuse an update, and leave a failure's message and details out without a word. A
// panic fails the workflow task; the workflow goes on once a worker has the key. A forged payload ([Problem.Forged]) is
// an error all the same: no key makes it better, and what it stands for has not happened. Within an activity the error
// stays one, which the SDK makes a retryable failure of. A worker needs these converters even if it has no keys.
func (k *Keys) Worker() Converters {
	data := placed{keys: k, worker: true}.with()
	within := data
	within.workflow = true // it is workflow code alone that reads failures
	return Converters{Data: data, Failure: k.failures(within)}
}

// placed is a data converter that knows where the payloads belong that it converts, as far as the SDK has said.
type placed struct {
	converter.DataConverter // of the SDK, with the codec for this place

	keys     *Keys
	at       binding
	worker   bool // of a worker, not of a client
	workflow bool // for workflow code
	replayed bool // a workflow that ran before
	lenient  bool // for a workflow from before encryption was required
	input    *binding
}

// with makes the converter for the place that is known by now.
func (p placed) with() placed {
	c := payloadCodec{Keys: p.keys, at: p.at, strict: p.strict()}
	if p.input != nil {
		c.read = func(b binding) {
			if b.Way == wayIn {
				*p.input = b
			}
		}
	}
	p.DataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c)
	return p
}

// strict reports whether what is not encrypted and bound is refused here. Where the place is not known, nothing is
// acted on.
func (p placed) strict() bool { return p.keys != nil && p.keys.required && !p.lenient && p.at.known() }

// WithSerializationContext is how the SDK says what a payload is of.
func (p placed) WithSerializationContext(c converter.SerializationContext) converter.DataConverter {
	p.at = bindingOf(c)
	_, p.workflow = c.(converter.WorkflowSerializationContext)
	p.workflow = p.workflow && p.worker // arguments of updates, and markers: their errors the SDK would overlook
	if a, ok := c.(converter.ActivitySerializationContext); ok && p.worker && !a.IsLocal {
		p.input = &binding{}
	}
	return p.with()
}

// WithWorkflowContext is how the SDK says that it converts for workflow code.
func (p placed) WithWorkflowContext(ctx converter.WorkflowContext) converter.DataConverter {
	p.workflow, p.input = true, nil
	if ctx != nil {
		info := workflow.GetInfo(ctx)
		p.replayed = workflow.IsReplaying(ctx)
		p.lenient = p.keys != nil && !p.keys.strictAt(info.WorkflowStartTime)
		if strings.HasPrefix(p.at.Kind, "activity/") {
			p.at.Way, p.at.Run = wayOut, info.OriginalRunID
		}
	}
	return p.with()
}

// WithContext is how the SDK says that it converts for an activity.
func (p placed) WithContext(ctx context.Context) converter.DataConverter {
	p.workflow = false
	if activity.IsActivity(ctx) {
		p.lenient = p.keys != nil && !p.keys.strictAt(activity.GetInfo(ctx).ScheduledTime)
	}
	return p.with()
}

// writing is the converter for what is written here: an activity's input in a workflow, and its result in a worker.
func (p placed) writing() converter.DataConverter {
	switch {
	case !strings.HasPrefix(p.at.Kind, "activity/"):
	case p.workflow:
		p.at.Way = wayIn
		return p.with().DataConverter
	case p.input != nil:
		p.at.Way, p.at.Run = wayOut, p.input.Run
		return p.with().DataConverter
	}
	return p.DataConverter
}

// ToPayload encodes one value.
func (p placed) ToPayload(v any) (*commonpb.Payload, error) { return p.writing().ToPayload(v) }

// ToPayloads encodes several values.
func (p placed) ToPayloads(v ...any) (*commonpb.Payloads, error) { return p.writing().ToPayloads(v...) }

// FromPayload decodes one value.
func (p placed) FromPayload(from *commonpb.Payload, to any) error {
	return p.checked(p.DataConverter.FromPayload(from, to), to)
}

// FromPayloads decodes several values.
func (p placed) FromPayloads(from *commonpb.Payloads, to ...any) error {
	return p.checked(p.DataConverter.FromPayloads(from, to...), to...)
}

func (p placed) checked(err error, to ...any) error {
	var undecodable *Error
	if !p.workflow || !errors.As(err, &undecodable) {
		return err
	}
	if !undecodable.Problem.Forged() || p.replayed && startsWith(to...) {
		panic(undecodable)
	}
	return err
}

// startsWith reports whether values are the input of a workflow. One that ran before, and whose input is refused now,
// is from before encryption was required: it waits for a worker that is told so, rather than failing. Operations that
// take their input raw, as signals come, cannot be told from these here, and are not listed.
func startsWith(to ...any) bool {
	for _, v := range to {
		switch v.(type) {
		case *schemas.RegisterFleetInput, *schemas.FleetPart, *schemas.DeliverWebhookInput,
			*schemas.RecordDecisionInput, *schemas.ManageModelInput, *schemas.ListModelsInput:
			return true
		}
	}
	return false
}
