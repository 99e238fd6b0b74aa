package follow

import (
	"errors"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// Decoder turns payloads and failures into values. Its zero value decodes what an SDK without codec wrote.
type Decoder struct {
	Data    converter.DataConverter    // default: the SDK's
	Failure converter.FailureConverter // default: the SDK's
	// Unread hears of payloads that cannot be decoded, and why. It may be nil.
	Unread func(error)
}

// value decodes the first payload, and reports whether it could be.
func (d Decoder) value(from *commonpb.Payloads, to any) bool {
	data := d.Data
	if data == nil {
		data = converter.GetDefaultDataConverter()
	}
	if len(from.GetPayloads()) == 0 {
		return false
	}
	err := data.FromPayload(from.GetPayloads()[0], to)
	if err != nil && d.Unread != nil {
		d.Unread(err)
	}
	return err == nil
}

// text decodes a payload that holds a text; it returns an empty one if the payload does not.
func (d Decoder) text(from *commonpb.Payload) string {
	var s string
	if from == nil || !d.value(&commonpb.Payloads{Payloads: []*commonpb.Payload{from}}, &s) {
		return ""
	}
	return s
}

func (d Decoder) failure(f *failurepb.Failure) error {
	if f == nil {
		return nil
	}
	fc := d.Failure
	if fc == nil {
		fc = temporal.GetDefaultFailureConverter()
	}
	return fc.FailureToError(f)
}

// sentence is the message of an error for people, without the wrappings that the SDK puts around it.
func sentence(err error) string {
	var app *temporal.ApplicationError
	var timeout *temporal.TimeoutError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &app):
		return app.Message()
	case errors.As(err, &timeout):
		return outOfTime(timeout.TimeoutType())
	}
	return err.Error()
}

func outOfTime(kind enumspb.TimeoutType) string {
	switch kind {
	case enumspb.TIMEOUT_TYPE_HEARTBEAT:
		return "its worker gave no sign of life"
	case enumspb.TIMEOUT_TYPE_START_TO_CLOSE:
		return "the attempt took too long, or its worker has stopped"
	case enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START:
		return "no worker took it in time"
	}
	return "its time was up"
}

// refusal finds what the platform said with an error.
func refusal(err error) *schemas.ErrorDetails {
	var app *temporal.ApplicationError
	var d schemas.ErrorDetails
	if !errors.As(err, &app) || app.Details(&d) != nil {
		return nil
	}
	if d.Code == "" && d.CorrelationID == "" && len(d.Fields) == 0 {
		return nil
	}
	return &d
}

// resultOf finds the result that a failed or cancelled workflow carries in its error.
func resultOf(err error) *schemas.Result {
	if r, ok := Carried[schemas.Result](err); ok && r.Status != "" {
		return &r
	}
	return nil
}

// Carried finds the value that a failed or cancelled workflow carries in its error, as the details of it.
func Carried[T any](err error) (value T, ok bool) {
	if app, is := errors.AsType[*temporal.ApplicationError](err); is {
		ok = app.Details(&value) == nil
		return value, ok
	}
	if cancelled, is := errors.AsType[*temporal.CanceledError](err); is {
		ok = cancelled.Details(&value) == nil
	}
	return value, ok
}

func errorType(err error) schemas.ErrorType {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return schemas.ErrorType(app.Type())
	}
	return ""
}
