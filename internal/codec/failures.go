package codec

import (
	"errors"

	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"model-registrar/schemas"
)

// failures is a failure converter that encrypts the text of failures and binds their types to it, and does not overlook
// what it cannot decode.
type failures struct {
	converter.FailureConverter // of the SDK, which leaves message and stack as they are
	keys                       *Keys
	data                       placed
	activity                   bool // what is converted is an activity's failure, for which the server has little room
}

// sealedFailure is what is encrypted of a failure. The SDK and the UI know the first two.
type sealedFailure struct {
	Message    string `json:"message"`
	StackTrace string `json:"stack_trace"`
	// Type and Final repeat what stays legible for the server's retry policies, so that nobody changes it.
	Type  string `json:"type,omitempty"`
	Final bool   `json:"final,omitempty"`
}

// unverified is the message of a failure that was not written by anybody with a key, or was cut on its way.
const unverified = "the failure was not written by anybody with a key, or the server has cut it because of its size; " +
	"it is not believed"

func (k *Keys) failures(data placed) failures {
	return failures{
		FailureConverter: temporal.NewDefaultFailureConverter(
			temporal.DefaultFailureConverterOptions{DataConverter: data}),
		keys: k, data: data,
	}
}

// WithSerializationContext is how the SDK says what a failure is of.
func (f failures) WithSerializationContext(c converter.SerializationContext) converter.FailureConverter {
	data := f.data.WithSerializationContext(c).(placed)
	data.workflow, data.input = f.data.workflow, nil
	of := f.keys.failures(data.with())
	_, of.activity = c.(converter.ActivitySerializationContext)
	return of
}

// ErrorToFailure encodes an error with its causes. An activity's is cut to what the server has room for.
func (f failures) ErrorToFailure(err error) *failurepb.Failure {
	failure := f.FailureConverter.ErrorToFailure(err)
	if failure == nil {
		return nil
	}
	sealed := f.seal(failure)
	for _, r := range rooms {
		if !f.activity || proto.Size(sealed) <= maxFailure {
			break
		}
		sealed = f.seal(r.cut(failure))
	}
	return sealed
}

// seal encrypts the text of a failure and of its causes.
func (f failures) seal(failure *failurepb.Failure) *failurepb.Failure {
	if !f.keys.On() {
		return failure
	}
	// that of an error which came from elsewhere is not ours to change
	failure = proto.Clone(failure).(*failurepb.Failure)
	for cause := failure; cause != nil; cause = cause.GetCause() {
		if cause.GetEncodedAttributes() != nil {
			continue
		}
		app := cause.GetApplicationFailureInfo()
		sealed, err := f.data.ToPayload(sealedFailure{cause.Message, cause.StackTrace, app.GetType(),
			app.GetNonRetryable()})
		if err != nil {
			sealed = nil
		}
		cause.EncodedAttributes, cause.Message, cause.StackTrace = sealed, "Encoded failure", ""
	}
	return failure
}

// FailureToError decodes a failure with its causes.
func (f failures) FailureToError(failure *failurepb.Failure) error {
	failure = proto.Clone(failure).(*failurepb.Failure)
	for cause := failure; cause != nil; cause = cause.GetCause() {
		f.open(cause)
	}
	return f.FailureConverter.FailureToError(failure)
}

// open puts a failure's text back in its place. An application's failure that is not authentic keeps nothing of what it
// says where encryption is required: its type would let it pass for the answer of the platform.
func (f failures) open(failure *failurepb.Failure) {
	app := failure.GetApplicationFailureInfo()
	var sealed sealedFailure
	encoded := failure.GetEncodedAttributes()
	if encoded == nil {
		if app != nil && f.strict() {
			disown(failure)
		}
		return
	}
	failure.EncodedAttributes = nil
	var undecodable *Error
	switch err := f.data.FromPayload(encoded, &sealed); {
	case errors.As(err, &undecodable) && undecodable.Problem.Forged() && app != nil:
		disown(failure)
	case err != nil:
		failure.Message = err.Error()
	default:
		failure.Message, failure.StackTrace = sealed.Message, sealed.StackTrace
		if app != nil && f.strict() && (sealed.Type != app.Type || sealed.Final != app.NonRetryable) {
			disown(failure)
		}
	}
}

// strict reports whether failures have to be authentic. The SDK does not say of which workflow one is, so that those of
// workflows from before cannot be told apart: while there may be some, none has to be.
func (f failures) strict() bool { return f.data.strict() && f.keys.since.IsZero() }

func disown(failure *failurepb.Failure) {
	failure.Message, failure.StackTrace = unverified, ""
	app := failure.GetApplicationFailureInfo()
	app.Type, app.Details, app.NextRetryDelay = string(schemas.ErrUnverified), nil, nil
}
