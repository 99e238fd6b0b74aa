package schemas

import "time"

// Authorization is what a call that changes the gateway rests on, where decisions have to be signed: the approvals as
// people signed them. The activity that makes the call verifies them against what it is about to send.
type Authorization struct {
	// Requester is who asked, and so cannot have approved.
	Requester string `json:"requester,omitempty"`
	// Required is how many approvals the operation's policy asked for. The worker's own floor may ask for more.
	Required  int              `json:"required,omitempty"`
	Approvals []SignedApproval `json:"approvals,omitempty"`
}

// SignedApproval is an approval as it arrived, with its signature.
type SignedApproval struct {
	Decision  Decision  `json:"decision"`
	DecidedAt time.Time `json:"decidedAt"` // when it came. The key has to be valid then.
}
