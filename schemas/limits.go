package schemas

import "time"

// Values that several packages have to agree on.
const (
	// MaxName is how many characters a model's name may have; the manifest's schema says so too.
	MaxName = 64
	// MaxRequester is how many characters a requester may have.
	MaxRequester = 200
	// MaxApprover is how many characters an approver may have, and so a principal of the approvers file.
	MaxApprover = 128
	// MaxSignature bounds the armoured signature of a decision, in bytes. One of the largest RSA keys takes less than 6
	// KiB.
	MaxSignature = 8 << 10

	// ProbeSamples and ProbeTimeout are the defaults of a manifest's probe block: the warm samples, and the time of
	// one.
	ProbeSamples = 3
	ProbeTimeout = 15 * time.Second

	// HeartbeatEvery is when an activity that still runs heartbeats, the first time included: a quick one does without,
	// since each recorded heartbeat is an action. HeartbeatTimeout is how soon the server notices that a worker died in
	// the middle of one.
	HeartbeatEvery   = 5 * time.Second
	HeartbeatTimeout = 3 * HeartbeatEvery

	// WebhookTimeout bounds one delivery of a webhook; Standard Webhooks asks for 15 to 30 seconds.
	WebhookTimeout = 15 * time.Second
)
