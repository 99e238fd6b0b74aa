package schemas

import (
	"fmt"
	"strings"
)

// A workflow's id is a folder and what tells the workflows of that folder apart. Temporal sends ids in headers, which
// hold printable ASCII alone, people paste them into URLs and shells, and the parts of one are separated by slashes. So
// a name is written into an id with everything else percent-encoded, byte by byte: see [EscapeID].
const (
	registerFolder     = "register-model/"
	manageFolder       = "model/"
	readFolder         = "read-gateway/"
	fleetFolder        = "register-fleet/"
	partsFolder        = "/part/" // between a fleet's workflow id and the number of a part
	deliverFolder      = "deliver-webhook/"
	lateDecisionFolder = "late-decision/"
)

// SQLIDLength is how long an id may be, in characters, where Temporal keeps its workflows in PostgreSQL or MySQL.
// Elsewhere it is 1000, which every id of a valid name fits into.
const SQLIDLength = 255

// LimitsIDs reports whether a Temporal server whose persistence store has this name, as GetClusterInfo answers, keeps
// ids of at most [SQLIDLength] characters.
func LimitsIDs(persistenceStore string) bool {
	return strings.HasPrefix(persistenceStore, "postgres") || strings.HasPrefix(persistenceStore, "mysql")
}

// RegisterModelWorkflowID is the id of the one workflow that may register the model of this name. Temporal runs at
// most one workflow of an id at a time, which is what keeps two registrations of one name from running at once.
func RegisterModelWorkflowID(name string) string { return registerFolder + EscapeID(name) }

// ManageModelWorkflowID is the id of the workflow that owns the model of this name.
func ManageModelWorkflowID(name string) string { return manageFolder + EscapeID(name) }

// ReadGatewayWorkflowID is the id of a workflow that reads the gateway; the id tells several apart.
func ReadGatewayWorkflowID(id string) string { return readFolder + EscapeID(id) }

// ModelNameOf is the name of the model that the workflow of this id registers: the inverse of
// [RegisterModelWorkflowID].
func ModelNameOf(workflowID string) (name string, ok bool) {
	escaped, ok := strings.CutPrefix(workflowID, registerFolder)
	if !ok {
		return "", false
	}
	return UnescapeID(escaped)
}

// OwnedNameOf is the name of the model that the workflow of this id owns: the inverse of [ManageModelWorkflowID].
func OwnedNameOf(workflowID string) (name string, ok bool) {
	escaped, ok := strings.CutPrefix(workflowID, manageFolder)
	if !ok {
		return "", false
	}
	return UnescapeID(escaped)
}

// DeliverWebhookWorkflowID is the id of the workflow that goes on delivering the message of this id.
func DeliverWebhookWorkflowID(messageID string) string { return deliverFolder + EscapeID(messageID) }

// LateDecisionWorkflowID is the id of the workflow that records one decision about the model of this name that came
// after its registration had ended. The id tells several apart.
func LateDecisionWorkflowID(name, id string) string {
	return lateDecisionFolder + EscapeID(name) + "/" + EscapeID(id)
}

// RegisterFleetWorkflowID is the id of the workflow that registers the fleet of this id.
func RegisterFleetWorkflowID(id string) string { return fleetFolder + EscapeID(id) }

// FleetPartWorkflowID is the id of the workflow that holds a part of a fleet; parts are counted from 0.
func FleetPartWorkflowID(id string, part int) string {
	return RegisterFleetWorkflowID(id) + fmt.Sprint(partsFolder, part)
}

// EscapeID writes a text into a workflow id: every byte of its UTF-8 form that is not printable ASCII, and space, %, /,
// ? and #, as % and two upper-case hex digits. "Übersetzer-DE" becomes "%C3%9Cbersetzer-DE".
func EscapeID(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; escapedInIDs(c) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func escapedInIDs(c byte) bool { return c <= ' ' || c > '~' || strings.IndexByte("%/?#", c) >= 0 }

// UnescapeID is the inverse of [EscapeID]. It reports whether the text is one that EscapeID returns.
func UnescapeID(escaped string) (text string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(escaped); i++ {
		c := escaped[i]
		if c == '%' && i+2 < len(escaped) {
			if _, err := fmt.Sscanf(escaped[i+1:i+3], "%02X", &c); err != nil {
				return "", false
			}
			i += 2
		}
		b.WriteByte(c)
	}
	return b.String(), EscapeID(b.String()) == escaped
}
