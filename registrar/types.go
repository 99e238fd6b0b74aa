package registrar

import (
	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// What following a registration tells. The types are made from a workflow's history, and are copies: changing one
// changes nothing else.
type (
	// Timeline is what the history of one run says of a registration: its stages, its evidence and its ending.
	Timeline = follow.Timeline
	// View is a timeline, with what only a description of the run tells: attempts, waiting, a lost connection.
	View = follow.View
	// Ending is how a run closed: with a result, with an error, or both.
	Ending = follow.Ending
	// Entry is one thing that happened, in a sentence.
	Entry = follow.Entry
	// Attempt is an activity that is tried again.
	Attempt = schemas.Retry
)
