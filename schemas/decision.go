package schemas

import (
	"encoding/json"
	"time"

	"github.com/gowebpki/jcs"
)

// Verdict is what a person decided.
type Verdict string

// The verdicts.
const (
	Approve Verdict = "approve"
	Reject  Verdict = "reject"
)

// Decision is the argument of the update and of the signal `decide`.
type Decision struct {
	Decision Verdict `json:"decision"`
	// Approver is who decides; never the requester. Where decisions are signed, it may be left out, and is the signer.
	Approver string `json:"approver,omitempty"`
	Reason   string `json:"reason"`
	// PayloadHash is what the decision is about: an approval must name it, a rejection may.
	PayloadHash string `json:"payloadHash,omitempty"`
	// RunID is the run of the registration that the decision is about. A signed decision must name it.
	RunID string `json:"runId,omitempty"`
	// Probe is the probe's verdict that was seen: PASS, FAIL, or NONE if the probe had not ended. An approval that
	// names another verdict than the one it would rest on is refused, and so is a signed one after a failure that does
	// not name it.
	Probe ProbeStatus `json:"probe,omitempty"`
	// Operation is the workflow type that the decision is about, for all but registrations: a decision about one
	// operation is none about another. PreviousHash is what was approved before, which a change replaces.
	Operation    string `json:"operation,omitempty"`
	PreviousHash string `json:"previousHash,omitempty"`
	// Signature is an armoured SSH signature (namespace [SignatureNamespace]) over the canonical [DecisionStatement].
	Signature string `json:"signature,omitempty"`
}

// SignatureNamespace is the namespace of the SSH signatures of decisions, which keeps a signature made for something
// else from passing as a decision.
const SignatureNamespace = "model-registrar"

// DecisionStatement is what a signed decision states. What is signed is its RFC 8785 form.
type DecisionStatement struct {
	Name        string  `json:"name"`
	RunID       string  `json:"runId"`
	PayloadHash string  `json:"payloadHash"`
	Decision    Verdict `json:"decision"`
	Approver    string  `json:"approver"`
	Reason      string  `json:"reason"`
	// Probe is absent where the decision names no verdict of the probe.
	Probe ProbeStatus `json:"probe,omitempty"`
	// Operation and PreviousHash are absent for registrations.
	Operation    string `json:"operation,omitempty"`
	PreviousHash string `json:"previousHash,omitempty"`
}

// Statement is what the decision states about the model of this name.
func (d Decision) Statement(name string) DecisionStatement {
	return DecisionStatement{
		Name: name, RunID: d.RunID, PayloadHash: d.PayloadHash, Decision: d.Decision, Approver: d.Approver,
		Reason: d.Reason, Probe: d.Probe, Operation: d.Operation, PreviousHash: d.PreviousHash,
	}
}

// Canonical is the statement's RFC 8785 form, the bytes that are signed.
func (s DecisionStatement) Canonical() ([]byte, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return jcs.Transform(raw)
}

// DecisionReceipt answers the update `decide`: the decision is kept, will be recorded, and counts once it is.
type DecisionReceipt struct {
	Name     string  `json:"name"`
	Decision Verdict `json:"decision"`
	Approver string  `json:"approver"`
	Stage    Stage   `json:"stage"`   // where the registration stood when it took the decision
	Message  string  `json:"message"` // a sentence for people: what happens now
	// Signalled says that no worker answered and the decision was left as a signal. Only clients set it.
	Signalled bool `json:"signalled,omitempty"`
}

// CancelRequest is the argument of the update `cancel` of a registration.
type CancelRequest struct {
	By     string `json:"by"`     // who cancels
	Reason string `json:"reason"` // for those who read the audit trail
}

// CancelReceipt answers the update `cancel`.
type CancelReceipt struct {
	Name    string `json:"name"`
	Stage   Stage  `json:"stage"`   // where the registration stood
	Message string `json:"message"` // a sentence for people: what happens now
}

// Cancellation is who cancelled a registration, and why, as the update `cancel` said. A plain cancellation through
// Temporal says neither, and is recorded as that.
type Cancellation struct {
	Plain  bool      `json:"plain,omitempty"` // a cancellation of the workflow, with no word of who and why
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// RecordDecisionInput starts a RecordDecision workflow. Everything but the decision is about the registration as it
// ended.
type RecordDecisionInput struct {
	Name        string   `json:"name"`
	RunID       string   `json:"runId"`
	PayloadHash string   `json:"payloadHash,omitempty"`
	ModelID     string   `json:"modelId,omitempty"`
	Requester   string   `json:"requester,omitempty"`
	Outcome     Outcome  `json:"outcome"`
	Decision    Decision `json:"decision"`
}

// RecordedDecision is the result of RecordDecision: a decision that was refused and recorded.
type RecordedDecision struct {
	Name     string  `json:"name"`
	Decision Verdict `json:"decision"`
	Approver string  `json:"approver,omitempty"`
	Refusal  string  `json:"refusal"`
	AuditSeq int64   `json:"auditSeq"` // of its entry in the audit trail
}

// VerifyDecisionInput is the input of VerifyDecision.
type VerifyDecisionInput struct {
	// Registration is what a decision has to be about. Its Decision, Approver and Reason are empty.
	Registration DecisionStatement `json:"registration"`
	Decision     Decision          `json:"decision"`
	// DecidedAt is when the decision came. A key has to be valid then.
	DecidedAt time.Time `json:"decidedAt"`
}

// VerifiedDecision is the result of VerifyDecision. A decision that does not count is a result, not an error.
type VerifiedDecision struct {
	Approver string `json:"approver"` // the signer's principal, or who the decision says when no signature is asked for
	Signed   bool   `json:"signed"`   // by a key that is the approver's
	// KeyFingerprint is that of the key that signed the decision, also of an unknown one.
	KeyFingerprint string `json:"keyFingerprint,omitempty"`
	Refusal        string `json:"refusal,omitempty"` // why the decision does not count; empty if it may
}
