// Package activities does the work of a registration, one activity a file. Each is thin: it talks to one outside thing
// through its package under internal, and maps that package's errors to Temporal's. The error that an activity returns
// is the Temporal error itself, never wrapped: a wrapped one loses its type and is retried.
package activities

import (
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"

	"model-registrar/internal/approvers"
	"model-registrar/internal/audit"
	"model-registrar/internal/polling"
	"model-registrar/internal/probe"
	"model-registrar/internal/webhook"
	"model-registrar/schemas"
)

// Activities holds what the activities talk to.
type Activities struct {
	Gateway Gateway
	// Jobs is what this process knows of how long jobs take, and HealthChecks of how long the gateway's own checks do.
	Jobs, HealthChecks *polling.Jobs
	Prober             *probe.Prober
	Webhooks           *webhook.Sender
	Audit              audit.Trail
	// Checkpoints signs the checkpoints of endings; nil leaves them unsigned.
	Checkpoints *audit.Signer
	// ApprovalFloor is the policy that a manifest can only make stricter. Empty means never.
	ApprovalFloor schemas.ApprovalPolicy
	// GateFloor is the gate that a manifest can only make stricter. Empty means after the probe.
	GateFloor schemas.Gate
	// RequiredFloor is how many people have to approve at least. A manifest can only ask for more. Zero means one.
	RequiredFloor int
	// Temporal is where fleets' manifests and registrations are read from, Namespace its namespace, and Data decodes
	// what is read; nil is the SDK's.
	Temporal  client.Client
	Namespace string
	Data      converter.DataConverter
	// TaskQueue is where the workflows that own models run. Owners knows whose models are.
	TaskQueue string
	Owners    Owners
	// ReadLag is for how long the gateway's reads may lag behind its writes, a call be on its way included.
	ReadLag time.Duration
	// ReplaceModels has models deleted and created anew instead of updated, on a platform that updates none.
	ReplaceModels bool
	// Beats sends heartbeats whose acceptance counts; nil: Temporal.
	Beats      Beats
	healthTold atomic.Bool // the platform has told the result of a health check
	// Approvers are those whose signed decisions count. Nil: decisions need no signature.
	Approvers *approvers.File
}

func deletedName(in schemas.DeleteInput) string { return in.Name }

func probedName(in schemas.Sealed[schemas.ProbeInput]) string { return in.Value.Name }

// Register registers every activity under its fixed name, together with the callers that it serves.
func Register(r worker.ActivityRegistry, a *Activities) {
	for name, fn := range map[string]any{
		schemas.ValidatePayloadActivity: only(a.ValidatePayload, locally(of(
			func(in schemas.ValidateInput) string { return in.Manifest.Name }))...),
		schemas.SubmitRegistrationActivity: only(a.SubmitRegistration, of(
			func(in schemas.SubmitInput) string { return in.Payload.Value.Name })...),
		schemas.PollJobActivity:            only(a.PollJob, anyOperation[schemas.PollInput]()...),
		schemas.SyntheticProbeActivity:     only(a.SyntheticProbe, append(of(probedName), ownedBy(probedName))...),
		schemas.TriggerHealthCheckActivity: only(a.TriggerHealthCheck, anyOperation[schemas.HealthCheckInput]()...),
		schemas.NotifyWebhookActivity:      only(a.NotifyWebhook, notifyCallers()...),
		schemas.WriteAuditActivity:         only(a.WriteAudit, auditCallers()...),
		schemas.DeregisterModelActivity: onlyDone(a.DeregisterModel, of(
			func(in schemas.DeregisterInput) string { return in.Payload.Value.Name })...),
		schemas.ListModelsActivity: only(a.ListModels, reading[schemas.ListModelsInput]()),
		schemas.LoadFleetPartActivity: only(a.LoadFleetPart, ofFleet(
			func(in schemas.LoadPartInput) string { return in.FleetID })),
		schemas.AwaitRegistrationsActivity: only(a.AwaitRegistrations, anyFleet[schemas.AwaitInput]()),
		schemas.VerifyDecisionActivity:     only(a.VerifyDecision, verifyCallers()...),
		schemas.HandOverActivity:           onlyDone(a.HandOver, handOverCallers()...),
		schemas.ReleaseModelActivity:       onlyDone(a.ReleaseModel, releaseCallers()...),
		schemas.FindOwnerActivity: only(a.FindOwner, of(
			func(in schemas.FindOwnerInput) string { return in.Name })...),
		schemas.FindTwinsActivity: only(a.FindTwins, of(
			func(in schemas.TwinsInput) string { return in.Payload.Value.Name })...),
		schemas.ReadModelActivity: only(a.ReadModel, of(
			func(in schemas.ReadModelInput) string { return in.Name })...),
		schemas.UpdateModelActivity: only(a.UpdateModel, byType(schemas.ChangeModelWorkflow,
			func(in schemas.UpdateInput) string { return in.Payload.Value.Name })),
		schemas.DeleteModelActivity: onlyDone(a.DeleteModel, byType(schemas.RetireModelWorkflow, deletedName),
			byType(schemas.ChangeModelWorkflow, deletedName)),
		schemas.CheckModelActivity: only(a.CheckModel, ownedBy(
			func(in schemas.CheckInput) string { return in.Name })),
		schemas.ObserveModelActivity: onlyDone(a.ObserveModel, byType(schemas.ChangeModelWorkflow,
			func(in schemas.ObserveInput) string { return in.Name })),
	} {
		r.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name})
	}
}
