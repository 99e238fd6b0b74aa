package codec

import (
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// SealForTest encrypts a payload without compressing it, so that what is inside may be anything.
func SealForTest(k *Keys, p *commonpb.Payload) *commonpb.Payload {
	plain, err := proto.Marshal(p)
	if err != nil {
		panic(err)
	}
	id := k.ids[0]
	return &commonpb.Payload{
		Metadata: map[string][]byte{"encoding": []byte(encrypted), keyIDField: []byte(id)},
		Data:     k.aead[id].Seal(nil, nil, plain, authenticated(id, nil)),
	}
}

// ReadingResults is the converter with which workflow code reads an activity's results.
func ReadingResults(k *Keys, c converter.SerializationContext) converter.DataConverter {
	p := k.Worker().Data.(placed).WithSerializationContext(c).(placed)
	p.workflow, p.input, p.at.Way = true, nil, wayOut
	return p.with()
}

// StartsWith reports whether values are taken for the input of a workflow.
var StartsWith = startsWith
