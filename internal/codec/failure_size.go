package codec

import (
	failurepb "go.temporal.io/api/failure/v1"
	"google.golang.org/protobuf/proto"

	"model-registrar/schemas"
)

// maxFailure is how large an activity's failure may be, in bytes. The server cuts one of more than 4 KiB
// (limit.mutableStateActivityFailureSize.error), and what it cuts loses its details and, with encryption, its text.
const maxFailure = 4<<10 - 128

// room is how much of a failure is kept, in bytes of its texts.
type room struct {
	message, stack int
	cause          int  // of a cause's message
	causes         int  // how many
	details        bool // the failure's own; those of causes go first
}

// rooms are tried in their order. What it is comes before why, and an error's typed details before its text.
var rooms = []room{
	{message: 1536, stack: 1024, cause: 256, causes: 3, details: true},
	{message: 1024, stack: 256, cause: 128, causes: 1, details: true},
	{message: 512, details: true},
	{message: 128, details: true},
	{message: 512},
}

// cut makes a failure fit into the room. Types, and whether it is retried, stay.
func (r room) cut(failure *failurepb.Failure) *failurepb.Failure {
	short := proto.Clone(failure).(*failurepb.Failure)
	short.Message, short.StackTrace = schemas.CutBytes(short.Message, r.message), schemas.CutBytes(short.StackTrace,
		r.stack)
	cutInfo(short, r.details)
	last := short
	for range r.causes {
		if last = last.GetCause(); last == nil {
			return short
		}
		last.Message, last.StackTrace = schemas.CutBytes(last.Message, r.cause), ""
		cutInfo(last, false)
	}
	last.Cause = nil
	return short
}

func cutInfo(failure *failurepb.Failure, details bool) {
	if app := failure.GetApplicationFailureInfo(); app != nil {
		app.Type = schemas.CutBytes(app.Type, maxType)
	}
	if details {
		return
	}
	switch info := failure.GetFailureInfo().(type) {
	case *failurepb.Failure_ApplicationFailureInfo:
		info.ApplicationFailureInfo.Details = nil
	case *failurepb.Failure_CanceledFailureInfo:
		info.CanceledFailureInfo.Details = nil
	case *failurepb.Failure_TimeoutFailureInfo:
		info.TimeoutFailureInfo.LastHeartbeatDetails = nil
	}
}

// maxType bounds the name of an error's type. Ours are shorter; those of Go's errors are named after their types.
const maxType = 128
