package codec

import (
	"context"
	"errors"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// Converters turn values and errors into what Temporal stores, and back.
type Converters struct {
	Data    converter.DataConverter
	Failure converter.FailureConverter
}

// Into makes a client use the converters.
func (c Converters) Into(o *client.Options) { o.DataConverter, o.FailureConverter = c.Data, c.Failure }

// Client are the converters of a process that starts, follows and decides. What it cannot decode is an [Error]; the message
// of a failure that it cannot decode says so.
func (k *Keys) Client() Converters {
	data := k.data()
	return Converters{Data: data, Failure: failures{k.failures(data), data}}
}

// Worker are the converters of a worker. Within a workflow, a payload that cannot be decoded panics with an [Error]: the
// SDK would else fail the workflow (for its input), hand the error to the workflow as if an activity had failed, drop a
// signal with a line in a log, refuse an update, and leave a failure's message and details out without a word. A panic
// fails the workflow task; the workflow goes on once a worker has the key. Within an activity the error stays one,
// which the SDK makes a retryable failure of. A worker needs these converters even if it has no keys.
func (k *Keys) Worker() Converters {
	data := guarded{DataConverter: k.data()}
	strict := data.within()
	return Converters{Data: data, Failure: failures{k.failures(strict), strict}}
}

func (k *Keys) data() converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), k.PayloadCodec())
}

func (k *Keys) failures(data converter.DataConverter) converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: data, EncodeCommonAttributes: k.On(),
	})
}

// guarded is a data converter that, within a workflow, panics on what it cannot decode.
type guarded struct {
	converter.DataConverter
	workflow bool
}

func (g guarded) within() guarded { return guarded{g.DataConverter, true} }

// WithWorkflowContext is how the SDK says that it converts for workflow code.
func (g guarded) WithWorkflowContext(converter.WorkflowContext) converter.DataConverter {
	return g.within()
}

// WithContext is how the SDK says that it converts for an activity.
func (g guarded) WithContext(context.Context) converter.DataConverter {
	return guarded{g.DataConverter, false}
}

// WithSerializationContext is how the SDK says that it converts for a workflow where it has no workflow context:
// arguments of updates, and the markers of versions and side effects, whose errors it would overlook.
func (g guarded) WithSerializationContext(c converter.SerializationContext) converter.DataConverter {
	if _, ok := c.(converter.WorkflowSerializationContext); ok {
		return g.within()
	}
	return g
}

// FromPayload decodes one value.
func (g guarded) FromPayload(from *commonpb.Payload, to any) error {
	return g.checked(g.DataConverter.FromPayload(from, to))
}

// FromPayloads decodes several values.
func (g guarded) FromPayloads(from *commonpb.Payloads, to ...any) error {
	return g.checked(g.DataConverter.FromPayloads(from, to...))
}

func (g guarded) checked(err error) error {
	var undecodable *Error
	if g.workflow && errors.As(err, &undecodable) {
		panic(undecodable)
	}
	return err
}

// failures is a failure converter that does not overlook what it cannot decode. Whether it panics then, its data
// converter says.
type failures struct {
	converter.FailureConverter
	data converter.DataConverter
}

// FailureToError decodes a failure with its causes.
func (f failures) FailureToError(failure *failurepb.Failure) error {
	for cause := failure; cause != nil; cause = cause.GetCause() {
		var message converter.RawValue
		var undecodable *Error
		if encoded := cause.GetEncodedAttributes(); encoded != nil && errors.As(f.data.FromPayload(encoded, &message), &undecodable) {
			cause.Message = undecodable.Error()
		}
	}
	return f.FailureConverter.FailureToError(failure)
}
