package activities

import (
	"encoding/json"
	"fmt"

	"model-registrar/schemas"
)

// The server cuts a failure of more than 4 KiB, and what it cuts loses its details. These bounds, in bytes, leave room
// for what else a failure has: its type, the record of a submission, and what an encryption adds.
const (
	maxMessageBytes    = 1536
	maxFieldsBytes     = 768  // of the JSON of the fields that the platform complained about
	maxViolationsBytes = 2560 // of the JSON of a manifest's violations
	maxViolationBytes  = 256  // of one violation's message
	maxPathBytes       = 128  // of one violation's place
)

// cutDetails leaves out the fields for which a failure has no room.
func cutDetails(d schemas.ErrorDetails) schemas.ErrorDetails {
	d.Code, d.CorrelationID = schemas.CutBytes(d.Code, maxPathBytes), schemas.CutBytes(d.CorrelationID, maxPathBytes)
	d.Fields = d.Fields[:fitting(d.Fields, maxFieldsBytes)]
	return d
}

// cutViolations leaves out the violations for which a failure has no room, and ends with how many these are.
func cutViolations(list []schemas.Violation) []schemas.Violation {
	short := make([]schemas.Violation, 0, len(list))
	for _, v := range list {
		v.Path, v.Message = schemas.CutBytes(v.Path, maxPathBytes), schemas.CutBytes(v.Message, maxViolationBytes)
		short = append(short, v)
	}
	kept := fitting(short, maxViolationsBytes)
	if kept == len(short) {
		return short
	}
	left := fmt.Sprintf("has %d more violations than these %d", len(short)-kept, kept)
	if short[len(short)-1].Code == schemas.CodeTooMany {
		left = fmt.Sprintf("has at least %d more violations than these %d", len(short)-kept, kept)
	}
	return append(short[:kept], schemas.Violation{Code: schemas.CodeTooMany, Message: left})
}

// fitting reports how many of the first entries have, as a list, at most n bytes of JSON.
func fitting[T any](list []T, n int) int {
	size := 0
	for i, entry := range list {
		raw, err := json.Marshal(entry)
		if size += len(raw) + 1; err != nil || size > n {
			return i
		}
	}
	return len(list)
}
