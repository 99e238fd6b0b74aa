package main

import "model-registrar/schemas"

// errorAdvice says what to do about each type of error. docs/errors.md has the long form.
var errorAdvice = map[schemas.ErrorType]string{
	schemas.ErrPayloadValidation:  "correct the manifest; `starter validate FILE` shows every violation with its place",
	schemas.ErrWrongWorkflowID:    "start registrations with `starter register`",
	schemas.ErrBadRequest:         "Genesys refused the payload: correct the fields that it names, then register again",
	schemas.ErrUnauthorized:       "check the worker's OAuth client (GENESYS_OAUTH_CLIENT_ID and _SECRET) and its region, then register again",
	schemas.ErrForbidden:          "give the OAuth client the scopes ai:llm-gateway:write, ai:llm-gateway:read and ai:jobs:read, then register again",
	schemas.ErrNotFound:           "check GENESYS_CLOUD_HOST, GENESYS_LLM_GATEWAY_PATH and GENESYS_JOBS_PATH of the worker, and that the organisation has the LLM Gateway",
	schemas.ErrConflict:           "something in Genesys stands against it: see the reason, then register again",
	schemas.ErrBadResponse:        "the platform's answer breaks its contract: check that the worker's paths are right, and show Genesys the correlation id",
	schemas.ErrNameConflict:       "choose another name, or delete the model of that name in Genesys first",
	schemas.ErrModelNotOwned:      "`starter adopt` takes the model over, `starter retire` removes it; see the reason for its id",
	schemas.ErrModelNotProven:     "look at the models that the reason names, and delete those that nobody wants",
	schemas.ErrNotConfirmed:       "look whether the model that the reason names is gone, and delete it if it is not",
	schemas.ErrHandOverRefused:    "look at the workflow model/NAME in the Temporal UI: it owns the model for another operation",
	schemas.ErrJobFailed:          "see what Genesys says of the job, correct the manifest, then register again",
	schemas.ErrJobTimeout:         "ask Genesys about the job, or raise job_timeout in the manifest, then register again",
	schemas.ErrJobWithoutModel:    "show Genesys the job id: the job succeeded and named no model",
	schemas.ErrDecisionRefused:    "see the reason; `starter status NAME` shows where the registration stands",
	schemas.ErrRollbackFailed:     "delete the model in Genesys by hand: it may still exist",
	schemas.ErrStepTimedOut:       "see in the workflow's history what its attempts failed with, then register again",
	schemas.ErrInternal:           "read the worker's log around this run",
	schemas.ErrUnavailable:        "Genesys could not be reached for long: check its status and the worker's network, then register again",
	schemas.ErrRateLimited:        "the OAuth client's quota was used up for long: register fewer models at once, or later",
	schemas.ErrAskedTooLong:       "the gateway asked to wait for more than an hour: see its reason, and register again when it takes calls",
	schemas.ErrEndpointUnready:    "check that the endpoint answers from where the worker runs, then register again",
	schemas.ErrWebhookRefused:     "check webhook_callback_url: its receiver does not take the event",
	schemas.ErrWebhookUndelivered: "check webhook_callback_url and its receiver",
	schemas.ErrAuditUnavailable:   "make the audit trail writable for the worker (REGISTRAR_AUDIT); the ending is not recorded",
	schemas.ErrFleetPart:          "start the fleet anew with `starter fleet`: its manifests are no longer held",
	schemas.ErrFleetRefused:       "see the reason; `starter status register-fleet/ID` shows where the fleet stands",
	schemas.ErrFleetInput:         "start fleets with `starter fleet`",
	schemas.ErrTemporal:           "check that the worker reaches Temporal, and may read workflows of its namespace",
}

// endingAdvice says what to do about endings that are no errors.
var endingAdvice = map[schemas.Outcome]string{
	schemas.Failed:           "read the worker's log around this run, and check in Genesys whether the model exists",
	schemas.Rejected:         "clear it with the person who rejected it, then register again",
	schemas.RolledBack:       "mend what the probe found, then register again; approval on_failure lets a person decide instead",
	schemas.ApprovalTimedOut: "register again, and have somebody approve in time (approval.timeout in the manifest)",
	schemas.Cancelled:        "register again when it is wanted",

	schemas.AlreadyInProgress: "wait for the other registration (`starter status NAME`), then register again if it is still needed",
	schemas.Duplicate:         "give each model its own name",
}
