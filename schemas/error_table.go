package schemas

// ErrorInfo is what there is to know about a type of error.
type ErrorInfo struct {
	Type    ErrorType
	Retried bool   // by policy, until the time of the activity is up
	Meaning string // what happened, in markdown
	Advice  string // what to do, as a command to a person; the same wherever it is said
}

// ErrorTypes is the catalogue of the types of errors. docs/errors.md shows it: run `go generate ./schemas` after a
// change.
var ErrorTypes = []ErrorInfo{
	{Type: ErrPayloadValidation,
		Meaning: "the manifest breaks a rule; the details list the fields, as many as there is room for",
		Advice:  "correct the manifest; `starter validate FILE` shows every violation with its place"},
	{Type: ErrWrongWorkflowID,
		Meaning: "the workflow was started under an id other than `register-model/NAME`",
		Advice:  "start registrations with `starter register`"},
	{Type: ErrBadRequest,
		Meaning: "the gateway refused the payload (400, 422, other 4xx)",
		Advice:  "correct the fields that the gateway names, then register again"},
	{Type: ErrUnauthorized,
		Meaning: "no valid token can be had, or a fresh one was refused (401), before anything was created or for 24 " +
			"hours",
		Advice: "check the worker's OAuth client (GENESYS_OAUTH_CLIENT_ID and _SECRET), its region, and that it " +
			"uses the client credentials grant; then try again"},
	{Type: ErrForbidden,
		Meaning: "the OAuth client lacks a permission or scope (403), before anything was created or for 24 hours",
		Advice: "give the OAuth client the scopes ai:llm-gateway:write, ai:llm-gateway:read and ai:jobs:read, then " +
			"try again"},
	{Type: ErrNotFound,
		Meaning: "a path, job or model does not exist (404)",
		Advice: "check GENESYS_CLOUD_HOST, GENESYS_LLM_GATEWAY_PATH and GENESYS_JOBS_PATH of the worker, and that " +
			"the organisation has the LLM Gateway"},
	{Type: ErrConflict,
		Meaning: "the gateway reports a conflict (409)",
		Advice:  "see the reason, resolve the conflict in the gateway, then register again"},
	{Type: ErrBadResponse,
		Meaning: "a success whose body breaks the contract",
		Advice:  "check that the worker's host and paths are the LLM Gateway's; give its support the correlation id"},
	{Type: ErrNameConflict,
		Meaning: "the name exists with another payload; that model was not touched",
		Advice:  "`starter change` changes the model of that name; or choose another name"},
	{Type: ErrHandOverRefused,
		Meaning: "the model was made, and `ManageModel` does not take it: the sentence says why",
		Advice:  "look at the workflow model/NAME in the Temporal UI, then register again"},
	{Type: ErrModelNotOwned,
		Meaning: "a model of this name exists in the gateway and no operation is known to have completed it: it is " +
			"nobody's, and was not touched",
		Advice: "`starter adopt` takes the model over, `starter retire` removes it; see the reason for its id"},
	{Type: ErrModelMissing,
		Meaning: "the gateway does not have the model that a change, an adoption or a retirement is about",
		Advice:  "see the reason; `starter register` makes a model that is not there"},
	{Type: ErrModelMoved,
		Meaning: "somebody changed the model in the gateway between the look and the update; nothing was overwritten",
		Advice:  "look at the model in the gateway, then change it again"},
	{Type: ErrPlanOutdated,
		Meaning: "the model is not as the plan saw it any more",
		Advice:  "make a new plan"},
	{Type: ErrReadBack,
		Meaning: "after an update the gateway has something else than was sent",
		Advice:  "see the fields in the reason, and whether somebody else writes to the gateway"},
	{Type: ErrUpdateUnsupported,
		Meaning: "the gateway has no call that updates a model (405, 501)",
		Advice: "set GENESYS_UPDATE_METHOD of the worker to the method that the gateway takes, or to replace: " +
			"models are deleted and created anew then"},
	{Type: ErrModelNotProven,
		Meaning: "models exist that may be this registration's, and nothing proves it: the answer to a creation was " +
			"lost. Nothing of them was deleted",
		Advice: "look at the models that the reason names, and delete those that nobody wants"},
	{Type: ErrNotConfirmed,
		Meaning: "a deletion whose effect could not be seen within the read lag",
		Advice:  "look whether the model that the reason names is gone, and delete it if it is not"},
	{Type: ErrJobFailed,
		Meaning: "the gateway ended the job as failed; the sentence has its reason",
		Advice:  "correct what the reason names in the manifest, then register again"},
	{Type: ErrJobTimeout,
		Meaning: "the job did not end within `job_timeout`",
		Advice:  "ask the gateway's support about the job, or raise job_timeout in the manifest, then register again"},
	{Type: ErrJobWithoutModel,
		Meaning: "the job succeeded and names no model",
		Advice:  "ask the gateway's support about the job id"},
	{Type: ErrDecisionRefused,
		Meaning: "a decision does not count; the registration goes on waiting",
		Advice:  "see the reason; `starter status NAME` shows where the registration stands"},
	{Type: ErrWebhookRefused,
		Meaning: "the receiver will never take this event",
		Advice:  "check webhook_callback_url: its receiver does not take the event"},
	{Type: ErrRollbackFailed,
		Meaning: "**the model may still exist**: it could not be deleted in an hour, or in 24 while the login was " +
			"refused",
		Advice: "remove what the ending names: `starter retire NAME --model ID`, or by hand with the call above"},
	{Type: ErrStepTimedOut,
		Meaning: "an activity's time ran out with no error of its own",
		Advice:  "see in the workflow's history what its attempts failed with, then register again"},
	{Type: ErrHistoryFull,
		Meaning: "somebody sent so many or so large signals that the history neared the server's limits; the " +
			"registration ended by itself and was rolled back",
		Advice: "see in the history who sent them, then register the model again"},
	{Type: ErrNewerWorker, Retried: true,
		Meaning: "the payload has a field that this worker's version does not know and would drop",
		Advice:  "roll the release out to all workers: a newer one takes it"},
	{Type: ErrSealedInput,
		Meaning: "what an activity was given is not what was validated and hashed; nothing was sent",
		Advice:  "find out who writes to the namespace; docs/security.md says what this means"},
	{Type: ErrUnapproved,
		Meaning: "decisions have to be signed, and what was to be sent to the gateway lacks approvals whose " +
			"signatures vouch for it",
		Advice: "see the reason; have the operation approved anew, and look who starts workflows if nobody has " +
			"removed an approver"},
	{Type: ErrCallerRefused,
		Meaning: "an activity was called by something other than the registrar's own workflows; nothing was done",
		Advice:  "find out who writes to the namespace; docs/security.md says what this means"},
	{Type: ErrAskedTooLong,
		Meaning: "one step was asked to wait for more than an hour in all (`Retry-After`, or the quota)",
		Advice:  "see the gateway's reason; register again when it takes calls"},
	{Type: ErrAnswer,
		Meaning: "the result of an activity is not about what was asked: somebody handed it in",
		Advice:  "find out who writes to the namespace; docs/security.md says what this means"},
	{Type: ErrUnverified,
		Meaning: "where encryption is required: a failure that nobody with a key wrote, or that the server has cut " +
			"because of its size; it is not believed",
		Advice: "find out who writes to the namespace; docs/security.md says what this means"},
	{Type: ErrInternal,
		Meaning: "a fault of the registrar",
		Advice:  "read the worker's log around this run, and report the fault"},
	{Type: ErrFleetPart,
		Meaning: "some of a fleet's manifests cannot be read any more: it was not started by the starter, or took " +
			"more than 30 days to come to them",
		Advice: "start the fleet anew with `starter fleet`: its manifests are no longer held"},
	{Type: ErrFleetRefused,
		Meaning: "an order to a fleet does not fit, such as `resume` after `cancel`; nothing changes",
		Advice:  "see the reason; `starter fleet status ID` shows where the fleet stands"},
	{Type: ErrFleetInput,
		Meaning: "a fleet was started with an input that it cannot work with",
		Advice:  "start fleets with `starter fleet`"},
	{Type: ErrUnavailable, Retried: true,
		Meaning: "the gateway cannot be reached, or answers with 5xx or 408",
		Advice:  "check the gateway's status and the worker's network, then try again"},
	{Type: ErrRateLimited, Retried: true,
		Meaning: "the gateway answers with 429, or the quota of the OAuth client has no room soon",
		Advice:  "register fewer models at once, or later"},
	{Type: ErrJobStillRunning, Retried: true,
		Meaning: "a rollback waits for the job that may yet make the model",
		Advice:  "wait: the rollback goes on by itself"},
	{Type: ErrEndpointUnready, Retried: true,
		Meaning: "the probed endpoint may be starting",
		Advice:  "check that the endpoint answers from where the worker runs, then register again"},
	{Type: ErrWebhookUndelivered, Retried: true,
		Meaning: "the receiver cannot be reached, or answers with an error; the workflow `deliver-webhook/…` goes on " +
			"for 24 hours",
		Advice: "check webhook_callback_url and its receiver"},
	{Type: ErrAuditUnavailable,
		Meaning: "the entry of the ending can never be written, because of what it is. A trail that cannot be " +
			"written at the moment is waited for instead, and the current details say so",
		Advice: "make the audit trail writable for the worker (REGISTRAR_AUDIT); the ending is not recorded"},
	{Type: ErrTemporal, Retried: true,
		Meaning: "a fleet's activity cannot ask Temporal about its parts or registrations",
		Advice:  "check that the worker reaches Temporal, and may read workflows of its namespace"},
}

// Advice says what to do about an error; it is empty for a type that is not in the catalogue.
func (t ErrorType) Advice() string {
	for _, e := range ErrorTypes {
		if e.Type == t {
			return e.Advice
		}
	}
	return ""
}

// outcomeAdvice says what to do after an ending that is no error.
var outcomeAdvice = map[Outcome]string{
	Failed:           "read the worker's log around this run, and check in the gateway whether the model exists",
	Rejected:         "clear it with the person who rejected it, then register again",
	RolledBack:       "fix what the probe found, then register again; approval on_failure lets a person decide instead",
	ApprovalTimedOut: "register again, and have somebody approve in time (approval.timeout in the manifest)",
	Cancelled:        "register again when it is wanted",
	AlreadyInProgress: "wait for the other registration (`starter status NAME`), then register again if it is still " +
		"needed",
	Duplicate: "give each model its own name",
	Skipped:   "see why the operation that it comes after was not done; then apply again",
}

// Advice says what to do after an ending; it is empty where there is nothing to do.
func (o Outcome) Advice() string { return outcomeAdvice[o] }
