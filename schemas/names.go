package schemas

import "slices"

// Names under which workflows, activities and handlers are registered. Others start, signal and query by them, and
// recorded histories refer to them, so they never change.
const (
	DefaultTaskQueue = "model-registrar"

	RegisterModelWorkflow = "RegisterModel"
	ChangeModelWorkflow   = "ChangeModel"
	AdoptModelWorkflow    = "AdoptModel"
	RetireModelWorkflow   = "RetireModel"
	RegisterFleetWorkflow = "RegisterFleet"
	// HoldFleetPartWorkflow holds some of a fleet's manifests, which are too many for one payload.
	HoldFleetPartWorkflow = "HoldFleetPart"
	// DeliverWebhookWorkflow goes on delivering an event that its registration does not wait for.
	DeliverWebhookWorkflow = "DeliverWebhook"
	// RecordDecisionWorkflow records a decision that came after its registration had ended.
	RecordDecisionWorkflow = "RecordDecision"
	// ManageModelWorkflow is the durable record that a model is ours, for as long as it is.
	ManageModelWorkflow = "ManageModel"
	// ReadGatewayWorkflow lists the models of the gateway for those who have no credentials of it.
	ReadGatewayWorkflow = "ReadGateway"

	ValidatePayloadActivity    = "ValidatePayload"
	SubmitRegistrationActivity = "SubmitRegistration"
	PollJobActivity            = "PollJob"
	SyntheticProbeActivity     = "SyntheticProbe"
	TriggerHealthCheckActivity = "TriggerHealthCheck"
	NotifyWebhookActivity      = "NotifyWebhook"
	WriteAuditActivity         = "WriteAudit"
	DeregisterModelActivity    = "DeregisterModel"
	VerifyDecisionActivity     = "VerifyDecision"
	FindTwinsActivity          = "FindTwins"
	LoadFleetPartActivity      = "LoadFleetPart"
	AwaitRegistrationsActivity = "AwaitRegistrations"
	HandOverActivity           = "HandOver"
	ReleaseModelActivity       = "ReleaseModel"
	FindOwnerActivity          = "FindOwner"
	ReadModelActivity          = "ReadModel"
	UpdateModelActivity        = "UpdateModel"
	DeleteModelActivity        = "DeleteModel"
	ObserveModelActivity       = "ObserveModel"
	ListModelsActivity         = "ListModels"
	CheckModelActivity         = "CheckModel"

	// StatusQuery answers with a [Progress], in DeliverWebhook with a [WebhookDelivery], in ManageModel with a
	// [ModelStatus].
	StatusQuery = "status"
	// DecideHandler names both the update and the signal that carry a [Decision].
	DecideHandler = "decide"

	// A fleet's `status` query answers with a [FleetProgress], and SummaryQuery with its [FleetResult] so far. Its
	// updates answer with a [FleetReceipt].
	SummaryQuery  = "summary"
	PauseHandler  = "pause"
	ResumeHandler = "resume"
	WindowHandler = "window" // takes a [FleetWindow]
	CancelHandler = "cancel" // takes a [FleetCancel]
	// NewsSignal carries [FleetNews] from a registration to its fleet.
	NewsSignal = "registration-news"
	// ReleaseSignal tells a part of a fleet that it is no longer needed.
	ReleaseSignal = "release"
	// RenewSignal tells a part of a fleet that its fleet goes on.
	RenewSignal = "renew"

	// ManageModel's updates: HandOverHandler takes an [Ownership] and answers with a [ModelStatus], ReleaseHandler
	// takes a [ReleaseInput].
	HandOverHandler = "hand-over"
	ReleaseHandler  = "release"
	// ObserveHandler takes an [ObserveInput].
	ObserveHandler = "observe"
	// CheckHandler takes a [CheckRequest] and answers with a [ModelCheck]. So do PauseHandler and ResumeHandler, for
	// checks.
	CheckHandler = "check"
	// OwnershipMemo is the memo of ManageModel that holds its [Ownership], which can be read without a worker.
	OwnershipMemo = "ownership"
	// LastCheckMemo is the memo of ManageModel that holds its [LastCheck].
	LastCheckMemo = "lastCheck"
)

// Search attributes, all of type Keyword. They are never encrypted: nothing secret may enter one.
const (
	ModelNameAttribute         = "ModelName"
	ModelArchitectureAttribute = "ModelArchitecture"
	RegistrationStageAttribute = "RegistrationStage"
	PayloadHashAttribute       = "PayloadHash"
	ModelStateAttribute        = "ModelState" // a [ModelState], of ManageModel alone
)

// SearchAttributes lists the search attributes that must exist in the namespace before a worker starts.
var SearchAttributes = []string{
	ModelNameAttribute, ModelArchitectureAttribute, RegistrationStageAttribute, PayloadHashAttribute,
	ModelStateAttribute,
}

// MessageID is the webhook-id of one event of a run; the kind tells its events apart.
func MessageID(runID, kind string) string { return "msg_" + runID + "_" + kind }

// IsType reports whether a workflow or an activity has a type of this name.
func IsType(name string) bool { return slices.Contains(types, name) }

// types has to list every workflow and activity that a worker registers; a test compares.
var types = []string{
	RegisterModelWorkflow, ChangeModelWorkflow, AdoptModelWorkflow, RetireModelWorkflow, RegisterFleetWorkflow,
	HoldFleetPartWorkflow, DeliverWebhookWorkflow, RecordDecisionWorkflow, ManageModelWorkflow,
	ValidatePayloadActivity, SubmitRegistrationActivity, PollJobActivity, SyntheticProbeActivity,
	TriggerHealthCheckActivity, NotifyWebhookActivity, WriteAuditActivity, DeregisterModelActivity,
	VerifyDecisionActivity, FindTwinsActivity, LoadFleetPartActivity, AwaitRegistrationsActivity, HandOverActivity,
	ReleaseModelActivity, FindOwnerActivity, ReadModelActivity, UpdateModelActivity, DeleteModelActivity,
	ObserveModelActivity, ReadGatewayWorkflow, ListModelsActivity, CheckModelActivity,
}

// WaitingMessage is the kind of the message which tells that a person has to decide.
const WaitingMessage = "waiting"
