package schemas

import (
	"fmt"
	"strings"
	"time"
)

// ValidateInput is the input of ValidatePayload.
type ValidateInput struct {
	Manifest Manifest `json:"manifest"`
	// Arrived is the input of the registration as it arrived, JSON if all is well. It is read strictly, and what it
	// holds counts instead of Manifest. Default: Manifest counts. With PolicyOnly it is the input of a retirement,
	// which has no manifest.
	Arrived []byte `json:"arrived,omitempty"`
	// Operation is the workflow type whose input arrived. Default: RegisterModel.
	Operation string `json:"operation,omitempty"`
	// PolicyOnly: only the policy is asked for, of a manifest that is approved already.
	PolicyOnly bool `json:"policyOnly,omitempty"`
}

// MaxInputBytes is how long the input of a registration may be. A manifest is hardly ever more than 2 KiB.
const MaxInputBytes = 64 << 10

// ValidatedPayload is the result of ValidatePayload: what will be sent, and under which policy.
type ValidatedPayload struct {
	Payload SealedPayload `json:"payload"`
	// Approval is the stricter of the worker's floor and the manifest's policy.
	Approval ApprovalPolicy `json:"approval"`
	// Gate is the stricter of the worker's floor and the manifest's.
	Gate Gate `json:"gate,omitempty"`
	// Required is how many people have to approve: the larger of the worker's floor and the manifest's number.
	Required int `json:"required,omitempty"`
	// Manifest is how the input reads, if that is not what the activity was given as its manifest: Go's decoder takes
	// 500.0 for no integer, and keys in any case, and is not strict.
	Manifest *Manifest `json:"manifest,omitempty"`
	// LastApproved is what was approved under this name before; nil if nothing is known of that.
	LastApproved *LastApproved `json:"lastApproved,omitempty"`
}

// LastApproved is the payload that was approved last under a name, be the model registered still or not, and how the
// one that is asked for now differs from it.
type LastApproved struct {
	PayloadHash string    `json:"payloadHash"`
	Since       time.Time `json:"since"`
	Changes     []Change  `json:"changes,omitempty"` // none: it is the same
}

// String says how what is asked for now differs from it, for those who approve.
func (l LastApproved) String() string {
	if len(l.Changes) == 0 {
		return fmt.Sprintf("the same payload, on %s", l.Since.UTC().Format("2006-01-02 15:04 MST"))
	}
	var changes []string
	for _, c := range l.Changes {
		changes = append(changes, Plain(c.String(), 300))
	}
	return fmt.Sprintf("on %s; since then %s", l.Since.UTC().Format("2006-01-02 15:04 MST"),
		strings.Join(changes, "; "))
}
