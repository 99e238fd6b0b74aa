package schemas

// ErrorType is the type of a Temporal application error: what machines tell failures apart by. This is the whole
// catalogue; docs/errors.md says what to do about each.
type ErrorType string

// Errors that no retry repairs. Their activities return them as non-retryable.
const (
	ErrPayloadValidation ErrorType = "PayloadValidationError" // named by temporal.NewPayloadValidationError
	ErrWrongWorkflowID   ErrorType = "WrongWorkflowID"
	ErrBadRequest        ErrorType = "GatewayBadRequest"   // 400, 422 and other 4xx
	ErrUnauthorized      ErrorType = "GatewayUnauthorized" // 401, or a token that cannot be had
	ErrForbidden         ErrorType = "GatewayForbidden"    // 403
	ErrNotFound          ErrorType = "GatewayNotFound"     // 404
	ErrConflict          ErrorType = "GatewayConflict"     // 409
	ErrBadResponse       ErrorType = "GatewayBadResponse"  // a success whose body breaks the contract
	ErrNameConflict      ErrorType = "NameConflict"        // the name exists with another payload
	// the name exists, and no operation is known to have completed
	ErrModelNotOwned ErrorType = "ModelNotOwned"
	// models that may be this operation's, and are not proven to be
	ErrModelNotProven ErrorType = "ModelNotProven"
	ErrNotConfirmed   ErrorType = "RollbackNotConfirmed" // a deletion whose effect could not be seen
	// the gateway does not have the model that the operation is about
	ErrModelMissing ErrorType = "ModelMissing"
	ErrModelMoved   ErrorType = "ModelMoved"   // somebody changed the model in the gateway meanwhile
	ErrPlanOutdated ErrorType = "PlanOutdated" // the model is not as the plan saw it any more
	// after an update the gateway has something else than was sent
	ErrReadBack          ErrorType = "ReadBackDiffers"
	ErrUpdateUnsupported ErrorType = "UpdateUnsupported" // the gateway has no such call
	ErrHandOverRefused   ErrorType = "HandOverRefused"   // ManageModel does not take the model
	ErrJobFailed         ErrorType = "JobFailed"
	ErrJobTimeout        ErrorType = "JobTimeout"
	ErrJobWithoutModel   ErrorType = "JobWithoutModel" // a job that succeeded and names no model
	ErrDecisionRefused   ErrorType = "DecisionRefused" // a decision that does not count, and why
	ErrWebhookRefused    ErrorType = "WebhookRefused"  // the receiver will never take this event
	ErrRollbackFailed    ErrorType = "RollbackFailed"  // a model that should be gone may still exist
	ErrStepTimedOut      ErrorType = "StepTimedOut"    // an activity's time ran out with no error of its own
	// a registration that neared the server's limits, and ended by itself
	ErrHistoryFull ErrorType = "HistoryFull"
	// the input has something that this worker's version does not know
	ErrNewerWorker ErrorType = "NewerWorkerNeeded"
	ErrSealedInput ErrorType = "SealedInputBroken" // the input is not what was validated and hashed
	// what is to be done lacks the signed approvals that it needs
	ErrUnapproved ErrorType = "Unapproved"
	// an activity was called by something other than the product's workflows
	ErrCallerRefused ErrorType = "CallerRefused"
	// the gateway asked one step to wait for more than an hour in all
	ErrAskedTooLong ErrorType = "GatewayAskedTooLong"
	ErrAnswer       ErrorType = "AnswerNotBelieved" // a result that is not about what was asked
	ErrUnverified   ErrorType = "FailureUnverified" // a failure that nobody with a key wrote, or that was cut
	ErrInternal     ErrorType = "Internal"

	ErrFleetPart    ErrorType = "FleetPartMissing" // some of a fleet's manifests cannot be read any more
	ErrFleetRefused ErrorType = "FleetRefused"     // an order to a fleet that does not fit, and why
	ErrFleetInput   ErrorType = "FleetInput"       // a fleet that was started with an input that it cannot work with
)

// Errors that are retried by policy until their activity's time is up.
const (
	ErrUnavailable        ErrorType = "GatewayUnavailable" // 5xx, 408, connection errors
	ErrRateLimited        ErrorType = "GatewayRateLimited" // 429; waits as long as Retry-After says
	ErrJobStillRunning    ErrorType = "JobStillRunning"    // a rollback waits for the job that may yet make the model
	ErrEndpointUnready    ErrorType = "EndpointUnready"    // the probed endpoint may be starting
	ErrWebhookUndelivered ErrorType = "WebhookUndelivered"
	ErrAuditUnavailable   ErrorType = "AuditUnavailable"
	ErrTemporal           ErrorType = "TemporalUnavailable" // an activity could not ask Temporal about other workflows
)

// ErrorDetails is what an application error carries for machines, and for the UI.
type ErrorDetails struct {
	Status        int           `json:"status,omitempty"`        // HTTP status
	Code          string        `json:"code,omitempty"`          // the platform's error code, e.g. invalid.value
	CorrelationID string        `json:"correlationId,omitempty"` // what the platform's support asks for
	Fields        []FieldDetail `json:"fields,omitempty"`
	ModelID       string        `json:"modelId,omitempty"` // the model that has the name already
}

// FieldDetail is one field that the platform complained about.
type FieldDetail struct {
	Field string `json:"field"`
	Code  string `json:"code,omitempty"`
}
