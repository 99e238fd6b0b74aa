package schemas

import "time"

// RegisterModelInput starts a RegisterModel workflow.
type RegisterModelInput struct {
	Manifest Manifest `json:"manifest"`
	// Requester is who asks for the registration. The requester cannot approve it.
	Requester string `json:"requester"`
}

// Outcome is how a registration ended.
type Outcome string

// The endings of a registration. COMPLETED, UNCHANGED, REJECTED, ROLLED_BACK and APPROVAL_TIMED_OUT complete the
// workflow, FAILED fails it with a typed error, CANCELLED cancels it.
const (
	Completed        Outcome = "COMPLETED"
	Failed           Outcome = "FAILED"
	Rejected         Outcome = "REJECTED"
	RolledBack       Outcome = "ROLLED_BACK"
	ApprovalTimedOut Outcome = "APPROVAL_TIMED_OUT"
	Cancelled        Outcome = "CANCELLED"
	// Unchanged: the model of this name is registered with this very payload, and the gateway has it; nothing was to be
	// done.
	Unchanged Outcome = "UNCHANGED"
)

// Outcomes lists the endings.
var Outcomes = []Outcome{Completed, Unchanged, Failed, Rejected, RolledBack, ApprovalTimedOut, Cancelled}

// Stage is where a registration stands. An ended registration's stage is its [Outcome].
type Stage string

// The stages of a registration, in the order in which they happen.
const (
	StageValidating  Stage = "VALIDATING"
	StageComparing   Stage = "COMPARING" // what is wanted with what is in the gateway and with what was approved
	StageSubmitting  Stage = "SUBMITTING"
	StageRegistering Stage = "REGISTERING" // the gateway's job runs
	StageProbing     Stage = "PROBING"
	StageApproval    Stage = "WAITING_FOR_APPROVAL"
	StageUpdating    Stage = "UPDATING"
	StageDeleting    Stage = "DELETING"
	StageReadingBack Stage = "READING_BACK" // whether the gateway has what was approved
	StageHealthCheck Stage = "HEALTH_CHECK"
	StageHandOver    Stage = "HANDING_OVER" // to ManageModel, which owns the model from then on
	StageRollingBack Stage = "ROLLING_BACK"
	StageRecording   Stage = "RECORDING" // webhook and audit
)

// Stages lists the stages, in their order.
var Stages = []Stage{
	StageValidating, StageComparing, StageSubmitting, StageRegistering, StageProbing, StageApproval, StageUpdating,
	StageDeleting, StageReadingBack, StageHealthCheck, StageHandOver, StageRollingBack, StageRecording,
}

// IndexedStages lists the stages that the search attribute RegistrationStage takes while a registration runs. Not each
// stage is one, since an update of a search attribute is a billed action, and most stages pass in a moment.
var IndexedStages = []Stage{StageRegistering, StageApproval, StageRollingBack}

// Result is what a registration comes to. A workflow that fails carries it as the details of its error.
type Result struct {
	Name string `json:"name"`
	// Operation is the workflow type: RegisterModel, ChangeModel, AdoptModel or RetireModel.
	Operation   string    `json:"operation,omitempty"`
	Status      Outcome   `json:"status"`
	Reason      string    `json:"reason,omitempty"` // a sentence for people; empty when COMPLETED without remarks
	ErrorType   ErrorType `json:"errorType,omitempty"`
	ModelID     string    `json:"modelId,omitempty"`
	PayloadHash string    `json:"payloadHash,omitempty"`
	// PreviousHash is that of the payload that was approved before, Changes what a change is about (from what the
	// gateway had to what the manifest says), and ChangedSettings the manifest's keys that changed and that the gateway
	// does not know.
	PreviousHash    string   `json:"previousHash,omitempty"`
	Changes         []Change `json:"changes,omitempty"`
	ChangedSettings []string `json:"changedSettings,omitempty"`
	JobID           string   `json:"jobId,omitempty"`
	// from the creation that took effect to the job's end as the workflow saw it
	JobDurationMs int64 `json:"jobDurationMs,omitempty"`
	// ReplacedModelID is the model that a change has deleted and created anew, as ModelID, since the platform updates
	// no models. GoneMs is for how long there was none.
	ReplacedModelID string `json:"replacedModelId,omitempty"`
	GoneMs          int64  `json:"goneMs,omitempty"`
	// a repeated submission found the model that an earlier attempt had made
	Adopted bool `json:"adopted,omitempty"`
	// ExistingModelID is the model of that name that was there before this registration and is left as it is, if the
	// registration made none.
	ExistingModelID string          `json:"existingModelId,omitempty"`
	Validation      *ProbeReport    `json:"validation,omitempty"`
	Approval        *ApprovalReport `json:"approval,omitempty"`
	Cancellation    *Cancellation   `json:"cancellation,omitempty"` // when CANCELLED
	HealthCheck     *HealthCheck    `json:"healthCheck,omitempty"`
	// other models of the name that are in the gateway beside this one
	Twins      []FoundModel     `json:"twins,omitempty"`
	Rollback   *RollbackReport  `json:"rollback,omitempty"`
	Webhook    *WebhookDelivery `json:"webhook,omitempty"`
	WorkflowID string           `json:"workflowId"`
	RunID      string           `json:"runId"`
}

// ApprovalReport is what the approval gate came to.
type ApprovalReport struct {
	Policy    ApprovalPolicy `json:"policy"`
	Required  bool           `json:"required"`           // the gate opened and somebody had to decide
	Decision  Verdict        `json:"decision,omitempty"` // of the last decision, which settled it
	Approver  string         `json:"approver,omitempty"`
	Reason    string         `json:"reason,omitempty"`
	DecidedAt time.Time      `json:"decidedAt,omitzero"`
	WaitedMs  int64          `json:"waitedMs,omitempty"`
	Approvers int            `json:"approvers,omitempty"` // how many have to approve, when somebody had to decide
	Approvals []Approval     `json:"approvals,omitempty"` // in the order in which they were given
	// Void are approvals that were given before the probe ran, which then failed: nobody had seen that, so they do not
	// count.
	Void []Approval `json:"void,omitempty"`
	// Announced says whether the event that somebody has to decide arrived, as far as it is known.
	Announced *WebhookDelivery `json:"announced,omitempty"`
}

// Approval is one person's approval of a registration.
type Approval struct {
	Approver       string    `json:"approver"`
	Reason         string    `json:"reason,omitempty"`
	DecidedAt      time.Time `json:"decidedAt"`
	Signed         bool      `json:"signed,omitempty"`
	KeyFingerprint string    `json:"keyFingerprint,omitempty"`
}

// RollbackReport says what became of the model when a registration did not complete.
type RollbackReport struct {
	// Restored: a change did not complete, and the gateway has the payload from before again.
	Restored     bool   `json:"restored,omitempty"`
	Deregistered bool   `json:"deregistered"`    // the model no longer exists in the gateway
	Error        string `json:"error,omitempty"` // why it may still exist, and what to do
	// Remaining are the models that exist and may be this operation's.
	Remaining []FoundModel `json:"remaining,omitempty"`
}

// Progress answers the query `status`.
type Progress struct {
	Name        string        `json:"name"`
	RunID       string        `json:"runId"`
	Operation   string        `json:"operation,omitempty"`
	Stage       Stage         `json:"stage"`
	Requester   string        `json:"requester"`
	StartedAt   time.Time     `json:"startedAt"`
	Stages      []StageRecord `json:"stages"` // in the order in which they began; the last one is current
	PayloadHash string        `json:"payloadHash,omitempty"`
	// PreviousHash and Changes are what a change is about; see [Result].
	PreviousHash string   `json:"previousHash,omitempty"`
	Changes      []Change `json:"changes,omitempty"`
	// LastApproved is what was approved before under the name of what is registered or adopted now.
	LastApproved *LastApproved `json:"lastApproved,omitempty"`
	// Replaces: the change deletes the model and creates it anew, since the platform updates no models.
	Replaces bool `json:"replaces,omitempty"`
	// Retirement is what a retirement asks for.
	Retirement *Retirement     `json:"retirement,omitempty"`
	JobID      string          `json:"jobId,omitempty"`
	JobStatus  string          `json:"jobStatus,omitempty"`
	Polls      int             `json:"polls,omitempty"`
	ModelID    string          `json:"modelId,omitempty"`
	Validation *ProbeReport    `json:"validation,omitempty"`
	Approval   *ApprovalStatus `json:"approval,omitempty"`
	Refused    []RefusedSignal `json:"refusedDecisions,omitempty"` // at most the newest 20
	RefusedAll int             `json:"refusedAltogether,omitempty"`
	Waiting    *Wait           `json:"waiting,omitempty"` // why it does not go on at the moment
	// Retrying is what failed and is tried again. The workflow does not know of it; the starter asks Temporal.
	Retrying []Retry `json:"retrying,omitempty"`
	// Model is the record that the model of that name is registered, and how it is doing now, whatever came of this
	// attempt. The starter fills it in.
	Model  *Ownership `json:"model,omitempty"`
	Result *Result    `json:"result,omitempty"` // once ended
}

// Retry is an activity that failed and is tried again, or is about to be. No history shows it before its end.
type Retry struct {
	Activity string    `json:"activity"`
	Number   int32     `json:"attempt"` // that runs or comes next
	Failure  string    `json:"lastFailure"`
	Next     time.Time `json:"nextAt,omitzero"` // when the attempt begins; zero while it runs
}

// StageRecord is one stage that a registration went through.
type StageRecord struct {
	Stage     Stage     `json:"stage"`
	StartedAt time.Time `json:"startedAt"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
}

// ApprovalStatus is what an approver needs to know.
type ApprovalStatus struct {
	Policy   ApprovalPolicy `json:"policy"`
	Open     bool           `json:"open"` // the gate waits for a decision now
	Deadline time.Time      `json:"deadline,omitzero"`
	Kept     *Decision      `json:"kept,omitempty"` // the last decision that came before the gate opened
	// Approvers is how many have to approve if the gate opens, and Approvals those who have.
	Approvers int        `json:"approvers"`
	Approvals []Approval `json:"approvals,omitempty"`
	// Void are approvals that do not count, since the probe that was to come had failed afterwards.
	Void []Approval `json:"void,omitempty"`
	// Unrecorded is how many decisions were accepted and wait to be written to the audit trail. They count once they
	// are.
	Unrecorded int `json:"unrecorded,omitempty"`
	// Announced says whether the event that somebody has to decide arrived, as far as it is known.
	Announced *WebhookDelivery `json:"announced,omitempty"`
}

// RefusedSignal is a decision that was not accepted. One sent by signal has no answer, so it is kept here.
type RefusedSignal struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}
