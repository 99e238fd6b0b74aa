package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// severalWaiting is a frontend with registrations that wait, and the decisions that come.
func severalWaiting(t *testing.T, names ...string) (*frontend, *[]schemas.Decision) {
	f := newFrontend(t)
	for _, name := range names {
		f.begin(schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: name}, Requester: "carol"}, "run-"+name, nil)
		f.listed = append(f.listed, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: "register-model/" + name}})
	}
	got := &[]schemas.Decision{}
	f.decide = func(d schemas.Decision) (*schemas.DecisionReceipt, error) {
		*got = append(*got, d)
		name := strings.TrimPrefix(d.RunID, "run-")
		if name == "refusing" {
			return nil, temporal.NewNonRetryableApplicationError("carol has decided already", string(schemas.ErrDecisionRefused), nil)
		}
		return &schemas.DecisionReceipt{Name: name, Decision: d.Decision, Approver: d.Approver, Message: "it goes on"}, nil
	}
	return f, got
}

func TestSeveralModelsAreDecidedAboutAfterTheEvidenceOfEach(t *testing.T) {
	f, got := severalWaiting(t, "eu-1", "eu-2")
	r := starter(t, "", f.env(), "approve", "eu-1", "register-model/eu-2", "--reason", "fine")
	require.Zero(t, r.code, r.errors)
	for i, name := range []string{"eu-1", "eu-2"} {
		require.Contains(t, r.errors, name+" is at VALIDATING. The evidence:")
		require.Contains(t, r.out, "✓ "+name+" approved by alice")
		require.Equal(t, hashOf(t, name), (*got)[i].PayloadHash, "each is bound to what was shown of it")
	}
}

func TestAWholeFleetIsApprovedAsFarAsItWaits(t *testing.T) {
	f, got := severalWaiting(t, "eu-1", "eu-2")
	require.Zero(t, starter(t, "", f.env(), "fleet", folderOf(t, 1), "--id", "mig-1", "--detach").code)
	for _, id := range []string{"mig-1", "register-fleet/mig-1"} {
		*got = nil
		r := starter(t, "", f.env(), "approve", "--fleet", id, "--reason", "fine", "-o", "json")
		require.Zero(t, r.code, r.errors)
		require.Len(t, documents[schemas.DecisionReceipt](t, r), 2)
		require.Len(t, *got, 2)
		require.Contains(t, f.listQuery, "ParentWorkflowId = 'register-fleet/mig-1' AND RegistrationStage = 'WAITING_FOR_APPROVAL'")
	}
	f.listed = nil
	r := starter(t, "", f.env(), "approve", "--fleet", "mig-1", "--reason", "fine")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "no model of the fleet mig-1 waits for a person")
	require.Contains(t, starter(t, "", f.env(), "reject", "--fleet", "mig-2", "--reason", "no").errors, `no fleet "mig-2" is known`)
}

func TestADecisionThatDoesNotCountKeepsNoOtherFromCounting(t *testing.T) {
	f, got := severalWaiting(t, "eu-1", "refusing", "eu-2")
	r := starter(t, "", f.env(), "reject", "eu-1", "refusing", "eu-2", "--reason", "no")
	require.Equal(t, exitFailed, r.code)
	require.Len(t, *got, 3)
	require.Contains(t, r.errors, "refusing: the decision was refused: carol has decided already")
	require.Contains(t, r.out, "✓ eu-2 rejected")
}

func TestNothingIsDecidedWhereOneOfTheNamesIsUnknown(t *testing.T) {
	f, got := severalWaiting(t, "eu-1")
	r := starter(t, "", f.env(), "approve", "eu-1", "ghost", "--reason", "fine")
	require.Equal(t, exitFailed, r.code)
	require.Empty(t, *got)
	for _, args := range []string{"", "--fleet mig-1 eu-1", "eu-1 eu-2 --payload-hash abc", "--fleet a/b"} {
		require.Equal(t, exitUsage, starter(t, "", f.env(), append([]string{"approve", "--reason", "x"}, strings.Fields(args)...)...).code, args)
	}
}
