package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

// outcomes has every run end as its model's name says: "completed-1" completes, "failed-1" fails.
func outcomes(in schemas.RegisterModelInput) *historypb.HistoryEvent {
	kind, _, _ := strings.Cut(in.Manifest.Name, "-")
	hash, _ := in.Manifest.Payload().Hash()
	r := schemas.Result{
		Name: in.Manifest.Name, Status: schemas.Outcome(strings.ToUpper(strings.ReplaceAll(kind, ".", "_"))),
		PayloadHash: hash, ModelID: "mdl-1", JobDurationMs: 2050, WorkflowID: "register-model/" + in.Manifest.Name,
	}
	switch r.Status {
	case schemas.Failed:
		r.Reason, r.ErrorType = "Genesys refused \x1b[31mthe payload", schemas.ErrBadRequest
		return endingWith(r, temporal.NewNonRetryableApplicationError(r.Reason, string(r.ErrorType), nil, r))
	case schemas.Completed:
	default:
		r.Reason = "a reason"
	}
	return endingWith(r, nil)
}

func (f *frontend) env() []string { return []string{"TEMPORAL_ADDRESS=" + f.address} }

func TestExitCodesFollowFromTheOutcomes(t *testing.T) {
	for names, want := range map[string]int{
		"completed-1": exitDone, "failed-1": exitFailed, "rejected-1": exitRejected, "rolled.back-1": exitRejected,
		"approval.timed.out-1": exitRejected, "cancelled-1": exitRejected,
		"completed-1 rejected-1": exitRejected, "rejected-1 failed-1 completed-1": exitFailed,
	} {
		f := newFrontend(t)
		f.ends = outcomes
		args := []string{"register", "-o", "json"}
		for _, name := range strings.Fields(names) {
			args = append(args, file(t, "m.yaml", named(name)))
		}
		r := starter(t, "", f.env(), args...)
		require.Equal(t, want, r.code, "%s: %s", names, r.errors)
		require.Len(t, documents[schemas.Result](t, r), len(strings.Fields(names)))
	}
}

func TestAStartCarriesWhatTheUIAndTheListNeed(t *testing.T) {
	f := newFrontend(t)
	f.ends = outcomes
	r := starter(t, named("completed-1"), append(f.env(), "REGISTRAR_TASK_QUEUE=mine"), "register", "--approval", "always", "-")
	require.Zero(t, r.code, r.errors)

	start := f.started[0]
	require.Equal(t, "register-model/completed-1", start.WorkflowId)
	require.Equal(t, "RegisterModel", start.WorkflowType.Name)
	require.Equal(t, "mine", start.TaskQueue.Name)
	require.Equal(t, enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL, start.WorkflowIdConflictPolicy)
	require.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, start.WorkflowIdReusePolicy)
	require.Zero(t, start.WorkflowExecutionTimeout.AsDuration())
	for _, name := range schemas.SearchAttributes {
		if name == schemas.ModelStateAttribute {
			continue // of the workflow that owns the model
		}
		require.Contains(t, start.SearchAttributes.IndexedFields, name)
	}
	require.JSONEq(t, `"REGISTERING"`, string(start.SearchAttributes.IndexedFields[schemas.RegistrationStageAttribute].Data))
	require.JSONEq(t, `"Register completed-1 (openai)"`, string(start.UserMetadata.Summary.Data))
	require.Contains(t, string(start.UserMetadata.Details.Data), `- **endpoint**: api.external-ai-provider.com`)
	require.Contains(t, string(start.Input.Payloads[0].Data), `"requester":"alice"`)
	require.Contains(t, string(start.Input.Payloads[0].Data), `"approval":{"policy":"always"}`)
}

func TestAResultIsReadableAndAnErrorSaysWhatToDo(t *testing.T) {
	f := newFrontend(t)
	f.ends = outcomes
	env := append(f.env(), "REGISTRAR_UI_URL=http://ui.example/")

	good := starter(t, named("completed-1"), env, "register", "-")
	require.Contains(t, good.out, "\nCOMPLETED  completed-1\n")
	require.Contains(t, good.out, "model id      mdl-1\n")
	require.Contains(t, good.out, "took 2.0s\n")
	require.Contains(t, good.out, "http://ui.example/namespaces/default/workflows/register-model%2Fcompleted-1/")

	bad := starter(t, named("failed-1"), env, "register", "-")
	require.Contains(t, bad.out, "reason        Genesys refused the payload\n", "without the colour that came from outside")
	require.Contains(t, bad.out, "error type    GatewayBadRequest\n")
	require.Contains(t, bad.out, "what to do    correct the fields")
}

func TestNothingStartsIfOneManifestIsInvalid(t *testing.T) {
	f := newFrontend(t)
	r := starter(t, "", f.env(), "register", "-o", "json", file(t, "good.yaml", tutorial), file(t, "bad.yaml", "name: x\n"))
	require.Equal(t, exitUsage, r.code)
	require.Empty(t, f.started)
	require.Equal(t, "WrongUsage", documents[errorDocument](t, r)[0].Error.Type)
	require.Contains(t, r.errors, "nothing was started")
}

func TestTwoManifestsOfOneNameAreRefused(t *testing.T) {
	f := newFrontend(t)
	r := starter(t, tutorial+"---"+tutorial, f.env(), "register", "-")
	require.Equal(t, exitUsage, r.code)
	require.Empty(t, f.started)
	require.Contains(t, r.errors, `name: "production-llm-v2" is taken by stdin:`)
}

func TestRegisteringWhatIsInProgressSaysSoAndStartsNothing(t *testing.T) {
	f := newFrontend(t)
	f.begin(schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: "production-llm-v2"}, Requester: "carol"}, "run-0", nil)
	r := starter(t, tutorial, f.env(), "register", "-o", "json", "-")
	require.Equal(t, exitFailed, r.code)
	require.Empty(t, f.started)
	require.Contains(t, r.errors, "is being registered already: requested by carol")
	require.Contains(t, r.errors, "starter watch production-llm-v2")
	all := documents[schemas.Result](t, r)
	require.Equal(t, statusInProgress, all[0].Status)
	require.Equal(t, "run-0", all[0].RunID)
}

func TestRegisteringTheSamePayloadAgainIsLeftToTheWorkerWhateverTemporalRemembers(t *testing.T) {
	f := newFrontend(t)
	f.ends = outcomes
	manifest := file(t, "m.yaml", named("completed-1"))
	require.Zero(t, starter(t, "", f.env(), "register", manifest).code)
	require.Zero(t, starter(t, "", f.env(), "register", manifest).code)
	require.Len(t, f.started, 2)
}

func TestWhatIsRegisteredAlreadyIsUnchangedAndGood(t *testing.T) {
	f := newFrontend(t)
	f.ends = func(in schemas.RegisterModelInput) *historypb.HistoryEvent {
		return endingWith(schemas.Result{Name: in.Manifest.Name, Status: schemas.Unchanged, ModelID: "mdl-1", Reason: "the gateway had it"}, nil)
	}
	r := starter(t, "", f.env(), "register", file(t, "m.yaml", named("llm-1")))
	require.Zero(t, r.code, r.errors)
	require.Contains(t, r.out, "UNCHANGED  llm-1")
	require.Contains(t, r.out, "the gateway had it")
	require.Contains(t, r.out, "mdl-1")
	require.NotContains(t, r.out, "what to do")
}

func TestDetachedRegistrationsArePrintedAsStarted(t *testing.T) {
	f := newFrontend(t)
	r := starter(t, tutorial, f.env(), "register", "--detach", "-o", "json", "-")
	require.Zero(t, r.code, r.errors)
	all := documents[schemas.Result](t, r)
	require.Equal(t, statusStarted, all[0].Status)
	require.Equal(t, "run-production-llm-v2", all[0].RunID)
	require.NotEmpty(t, all[0].PayloadHash)
}

func TestAnInterruptedRegistrationGoesOnAndSaysHowToWatchIt(t *testing.T) {
	f := newFrontend(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.onWait = cancel
	r := starterWithin(ctx, t, named("my model"), f.env(), "register", "-o", "json", "-")
	require.Equal(t, exitInterrupted, r.code, r.errors)
	require.Equal(t, statusInProgress, documents[schemas.Result](t, r)[0].Status)
	require.Contains(t, r.errors, "The registration of my model goes on without this command.")
	require.Contains(t, r.errors, "starter watch 'my model'")

	f = newFrontend(t)
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	f.onWait = cancel
	r = starterWithin(ctx, t, "", f.env(), "retire", "old-model", "--reason", "replaced")
	require.Equal(t, exitInterrupted, r.code, r.errors)
	require.Contains(t, r.errors, "The retirement of old-model goes on without this command.")
}

func TestAnInterruptionSaysWhatGoesOn(t *testing.T) {
	for operation, args := range map[string][]string{
		"retirement": {"retire", "production-llm-v2", "--reason", "replaced"}, "change": {"change", "-"}, "adoption": {"adopt", "-"},
	} {
		f := newFrontend(t)
		ctx, cancel := context.WithCancel(t.Context())
		f.onWait = cancel
		r := starterWithin(ctx, t, tutorial, f.env(), args...)
		require.Equal(t, exitInterrupted, r.code, r.errors)
		require.Contains(t, r.errors, "The "+operation+" of production-llm-v2 goes on without this command.")
		cancel()
	}
}

func TestListShowsATable(t *testing.T) {
	f := newFrontend(t)
	field := func(s string) *commonpb.Payload { return payloads(s).Payloads[0] }
	info := func(name, stage string, status enumspb.WorkflowExecutionStatus) *workflowpb.WorkflowExecutionInfo {
		w := &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: "register-model/" + name, RunId: "r"}, Status: status,
			Type:      &commonpb.WorkflowType{Name: schemas.ChangeModelWorkflow},
			StartTime: timestamppb.New(moment), CloseTime: timestamppb.New(moment.Add(65 * time.Second)),
			SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{
				schemas.ModelNameAttribute: field(name), schemas.RegistrationStageAttribute: field(stage),
				schemas.ModelArchitectureAttribute: field("openai"),
			}},
		}
		return w
	}
	f.listed = []*workflowpb.WorkflowExecutionInfo{
		info("one", "COMPLETED", enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED),
		info("a much longer name", "REGISTERING", enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED),
	}

	r := starter(t, "", f.env(), "list", "--stage", "completed", "--architecture", "openai")
	require.Zero(t, r.code, r.errors)
	require.Equal(t, "WorkflowType IN ('RegisterModel', 'ChangeModel', 'AdoptModel', 'RetireModel') AND RegistrationStage = 'COMPLETED' AND ModelArchitecture = 'openai'", f.listQuery)
	lines := strings.Split(r.out, "\n")
	require.Regexp(t, `^NAME                OPERATION  STAGE       ARCHITECTURE  STARTED +DURATION +MODEL$`, lines[0])
	require.Regexp(t, `^one                 change     COMPLETED   openai        .*  1m05s$`, lines[1])
	require.Regexp(t, `^a much longer name  change     TERMINATED  openai        .*  1m05s$`, lines[2])

	limited := starter(t, "", f.env(), "list", "--limit", "1", "-o", "json")
	require.Len(t, documents[registrar.Listed](t, limited), 1)
	require.Contains(t, limited.errors, "There are more")

	none := starter(t, "", f.env(), "list", "--architecture", "cohere")
	require.Zero(t, none.code)
	require.Contains(t, none.errors, "No registrations")
}

func TestARegistrationThatIsPausedInTemporalIsListedAsItStands(t *testing.T) {
	f := newFrontend(t)
	f.listed = []*workflowpb.WorkflowExecutionInfo{{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "register-model/one", RunId: "r"},
		Status:    enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED,
		StartTime: timestamppb.New(time.Now().Add(-time.Hour)), CloseTime: timestamppb.New(time.Unix(0, 0)),
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{
			schemas.ModelNameAttribute: payloads("one").Payloads[0], schemas.RegistrationStageAttribute: payloads("PROBING").Payloads[0],
		}},
	}}
	r := starter(t, "", f.env(), "list", "-o", "json")
	require.Zero(t, r.code, r.errors)
	listed := documents[registrar.Listed](t, r)[0]
	require.Nil(t, listed.EndedAt)
	require.Equal(t, "PROBING", listed.Stage)
	require.GreaterOrEqual(t, listed.DurationMs, time.Hour.Milliseconds())
}

func TestSetupRegistersWhatIsMissingAndMayBeRunAgain(t *testing.T) {
	f := newFrontend(t)
	f.attributes[schemas.ModelNameAttribute] = enumspb.INDEXED_VALUE_TYPE_KEYWORD

	first := starter(t, "", f.env(), "setup")
	require.Zero(t, first.code, first.errors)
	require.Contains(t, first.out, "ModelName (Keyword) exists already")
	require.Contains(t, first.out, "PayloadHash (Keyword) registered")
	require.Len(t, f.attributes, len(schemas.SearchAttributes))

	second := starter(t, "", f.env(), "setup", "-o", "json")
	require.Zero(t, second.code)
	require.Len(t, documents[prepared](t, second)[0].Existing, len(schemas.SearchAttributes))
	require.Empty(t, documents[prepared](t, second)[0].Added)
}

func TestSetupRefusesAnAttributeOfAnotherTypeAndANamespaceThatIsMissing(t *testing.T) {
	f := newFrontend(t)
	f.attributes[schemas.ModelNameAttribute] = enumspb.INDEXED_VALUE_TYPE_TEXT
	r := starter(t, "", f.env(), "setup")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "ModelName exists in namespace \"default\" with type Text, and must be Keyword")

	r = starter(t, "", append(f.env(), "TEMPORAL_NAMESPACE=nowhere"), "setup")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, `has no namespace "nowhere"`)
}
