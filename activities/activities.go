// Package activities does the work of a registration, one activity a file. Each is thin: it talks to one outside thing
// through its package under internal, and maps that package's errors to Temporal's. The error that an activity returns
// is the Temporal error itself, never wrapped: a wrapped one loses its type and is retried.
package activities

import (
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"

	"model-registrar/internal/approvers"
	"model-registrar/internal/audit"
	"model-registrar/internal/genesys"
	"model-registrar/internal/polling"
	"model-registrar/internal/probe"
	"model-registrar/internal/webhook"
	"model-registrar/schemas"
)

// Activities holds what the activities talk to.
type Activities struct {
	Genesys  *genesys.Client
	Jobs     *polling.Jobs // what this process knows of how long jobs take
	Prober   *probe.Prober
	Webhooks *webhook.Sender
	Audit    audit.Trail
	// Checkpoints signs the checkpoints of endings; nil leaves them unsigned.
	Checkpoints *audit.Signer
	// ApprovalFloor is the policy that a manifest can only make stricter. Empty means never.
	ApprovalFloor schemas.ApprovalPolicy
	// Temporal is where fleets' manifests and registrations are read from, Namespace its namespace, and Data decodes what
	// is read; nil is the SDK's.
	Temporal  client.Client
	Namespace string
	Data      converter.DataConverter
	// Approvers are those whose signed decisions count. Nil: decisions need no signature.
	Approvers *approvers.File
}

// Register registers every activity under its fixed name.
func Register(r worker.ActivityRegistry, a *Activities) {
	for name, fn := range map[string]any{
		schemas.ValidatePayloadActivity:    a.ValidatePayload,
		schemas.SubmitRegistrationActivity: a.SubmitRegistration,
		schemas.PollJobActivity:            a.PollJob,
		schemas.SyntheticProbeActivity:     a.SyntheticProbe,
		schemas.TriggerHealthCheckActivity: a.TriggerHealthCheck,
		schemas.NotifyWebhookActivity:      a.NotifyWebhook,
		schemas.WriteAuditActivity:         a.WriteAudit,
		schemas.DeregisterModelActivity:    a.DeregisterModel,
		schemas.LoadFleetPartActivity:      a.LoadFleetPart,
		schemas.AwaitRegistrationsActivity: a.AwaitRegistrations,
		schemas.VerifyDecisionActivity:     a.VerifyDecision,
	} {
		r.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name})
	}
}
