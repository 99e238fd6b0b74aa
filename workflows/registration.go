package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// registration is the state of one operation on a model: a registration, a change, an adoption or a retirement.
type registration struct {
	operation string // its workflow type
	manifest  schemas.Manifest
	arrived   []byte // the input as it arrived
	requester string
	startedAt time.Time
	stages    []schemas.StageRecord

	payload     schemas.SealedPayload
	policy      schemas.ApprovalPolicy // empty until validated
	submittedAt time.Time
	jobDeadline time.Time         // when the job has to have ended; zero until it is known to run
	mayExist    bool              // there may be a model to roll back
	creation    *schemas.Creation // what the submission may have sent; nil: it ended without a word about it
	lookAgain   time.Time         // when to look for twins; zero: there is no need to
	unannounced bool              // the webhook URL is among the violations, so it is not called
	mayBeOwned  bool              // ManageModel may own it
	polls       int
	jobStatus   string

	seen         *schemas.Seen      // what the plan saw; nil: there is no plan
	previous     *schemas.Ownership // what was approved before; nil: the model was nobody's
	liveHash     string             // of what the gateway had before
	settings     []string           // keys of the manifest that changed and that the gateway does not know
	restore      bool               // a change puts back what was approved
	unprobed     bool               // nothing is to be probed
	mayBeChanged bool               // the gateway may have the new payload
	lost         int                // updates that may have been sent, and whose outcome is not known
	replacing    *replacement       // of a change that deletes the model and creates it anew; nil: it does not
	replaces     bool               // the platform updates no models
	committed    bool               // it is too late to cancel
	retirement   schemas.RetireModelInput

	gate    gate
	waiting *announcement // that a person has to decide; nil until then

	story   workflow.Context    // of the steps, until the registration ends
	halt    workflow.CancelFunc // cancels the present step
	stopped error               // what ended the story from outside it; nil while nothing did
	ended   bool                // the story is over: nothing stops it any more

	trailTrouble string                // why the audit trail cannot be written at the moment; empty when it can
	waitingFor   *schemas.Wait         // why the present step does not go on; nil while it does
	lastApproved *schemas.LastApproved // what was approved under this name before
	news         int                   // that were told to the registration's fleet

	result schemas.Result
}

// newOperation is an operation whose input has a manifest and a requester, and is read strictly.
func newOperation(ctx workflow.Context, operation string, raw converter.RawValue) *registration {
	in, arrived := inputOf(ctx, raw)
	r := operationOn(ctx, operation, in.Manifest, in.Requester)
	r.arrived = arrived
	return r
}

func operationOn(ctx workflow.Context, operation string, m schemas.Manifest, requester string) *registration {
	info := workflow.GetInfo(ctx)
	story, halt := workflow.WithCancel(ctx)
	return &registration{
		operation: operation, manifest: m, requester: schemas.Cut(requester, schemas.MaxRequester),
		startedAt: workflow.Now(ctx),
		stages:    []schemas.StageRecord{{Stage: schemas.StageValidating, StartedAt: workflow.Now(ctx)}},
		story:     story, halt: halt,
		gate: gate{required: max(1, m.Approval.Required)},
		result: schemas.Result{
			Name: m.Name, Operation: operation, WorkflowID: info.WorkflowExecution.ID,
			RunID: info.WorkflowExecution.RunID,
		},
	}
}

// setUp registers the handlers, for which everything that they look at has to be there already.
func (r *registration) setUp(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, schemas.StatusQuery,
		func() (schemas.Progress, error) { return r.progress(), nil },
		workflow.QueryHandlerOptions{Description: "Where the registration stands, with the evidence gathered so far"})
	if err != nil {
		return err
	}
	return r.listen(ctx)
}

// label is the name of the model where it is told of: on one line, bounded and without control characters, since any
// name may arrive here, also one that is refused.
func (r *registration) label() string { return plain(r.manifest.Name, 80) }

// wrongID refuses to run under an id that does not fit the input.
func wrongID(what, want, is string) error {
	return temporal.NewNonRetryableApplicationError(
		fmt.Sprintf("%s must run as workflow %q, not as %q; start it with the starter",
			plain(what, 120), plain(want, 100), plain(is, 100)),
		string(schemas.ErrWrongWorkflowID), nil)
}

// stage is where the registration stands.
func (r *registration) stage() schemas.Stage { return r.stages[len(r.stages)-1].Stage }

// begin shows the first stage, which the registration is at from its first line.
func (r *registration) begin(ctx workflow.Context) {
	r.describe(ctx)
	r.indexStart(ctx)
}

// enter begins a later stage: in the progress, in the UI's current details, and, for stages that last, in the index.
func (r *registration) enter(ctx workflow.Context, stage schemas.Stage) {
	now := workflow.Now(ctx)
	r.stages[len(r.stages)-1].EndedAt = now
	r.stages = append(r.stages, schemas.StageRecord{Stage: stage, StartedAt: now})
	r.describe(ctx)
	switch {
	case stage != schemas.StageRegistering && slices.Contains(schemas.IndexedStages, stage): // it starts at that one
		r.index(ctx, stage)
	case stage == schemas.Stage(r.result.Status):
		r.index(ctx, stage)
	}
}

var (
	nameKey         = temporal.NewSearchAttributeKeyKeyword(schemas.ModelNameAttribute)
	architectureKey = temporal.NewSearchAttributeKeyKeyword(schemas.ModelArchitectureAttribute)
	stageKey        = temporal.NewSearchAttributeKeyKeyword(schemas.RegistrationStageAttribute)
	hashKey         = temporal.NewSearchAttributeKeyKeyword(schemas.PayloadHashAttribute)
)

// indexStart indexes a registration that was started without search attributes, from the UI for example.
func (r *registration) indexStart(ctx workflow.Context) {
	if _, ok := workflow.GetTypedSearchAttributes(ctx).GetKeyword(nameKey); ok {
		return
	}
	upsert(ctx, nameKey.ValueSet(plain(r.manifest.Name, 80)),
		architectureKey.ValueSet(plain(string(r.manifest.ModelArchitecture), 40)),
		stageKey.ValueSet(string(schemas.StageRegistering)))
}

func (r *registration) index(ctx workflow.Context, stage schemas.Stage) {
	updates := []temporal.SearchAttributeUpdate{stageKey.ValueSet(string(stage))}
	hash, _ := workflow.GetTypedSearchAttributes(ctx).GetKeyword(hashKey)
	if r.result.PayloadHash != "" && hash != r.result.PayloadHash {
		updates = append(updates, hashKey.ValueSet(r.result.PayloadHash))
	}
	upsert(ctx, updates...)
}

// upsert cannot fail on values like these; an attribute that the namespace lacks shows at the worker's start.
func upsert(ctx workflow.Context, updates ...temporal.SearchAttributeUpdate) {
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		workflow.GetLogger(ctx).Error("search attributes were not updated", "error", err)
	}
}
