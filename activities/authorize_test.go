package activities

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"model-registrar/internal/approvers"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// guarded is a world in which decisions have to be signed, by bob and carol, and nothing is done without approval.
func guarded(t *testing.T) (w *world, bob, carol ssh.Signer) {
	w, bob, carol = newWorld(t), newKey(t), newKey(t)
	path := filepath.Join(t.TempDir(), "approvers")
	lines := append([]byte("bob "), ssh.MarshalAuthorizedKey(bob.PublicKey())...)
	lines = append(append(lines, "carol "...), ssh.MarshalAuthorizedKey(carol.PublicKey())...)
	require.NoError(t, os.WriteFile(path, lines, 0o600))
	var err error
	w.Activities.Approvers, err = approvers.Open(path, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	w.ApprovalFloor, w.GateFloor = schemas.ApproveAlways, schemas.GateBeforeSubmission
	return w, bob, carol
}

// asked calls an activity as an operation on the model does.
func (w *world) asked(operation, activity string, in any) error {
	w.Helper()
	return calledBy(w.T, asRegistered(w.Activities)[activity], activity, operation,
		schemas.RegisterModelWorkflowID(payload().Name), false, in)
}

// signedBy is an authorization by one person's approval, who signs it.
func signedBy(t *testing.T, who string, key ssh.Signer, d schemas.Decision) schemas.SignedApproval {
	d.Decision, d.Approver, d.Reason = schemas.Approve, who, "fine"
	return schemas.SignedApproval{Decision: signed(t, d, payload().Name, key), DecidedAt: time.Now()}
}

func authorization(approvals ...schemas.SignedApproval) *schemas.Authorization {
	return &schemas.Authorization{Requester: "alice", Approvals: approvals}
}

func TestNothingIsCreatedWithoutASignatureThatVouchesForIt(t *testing.T) {
	w, bob, carol := guarded(t)
	w.RequiredFloor = 2
	hash, other := sealed(payload(500)).Hash, sealed(payload(600)).Hash
	good := schemas.Decision{RunID: runOfTheTest, PayloadHash: hash, Probe: schemas.ProbePass}
	byBob, byCarol := signedBy(t, "bob", bob, good), signedBy(t, "carol", carol, good)
	forged := byCarol
	forged.Decision.PayloadHash = hash
	forged.Decision.Reason = "another"
	rejected := byCarol
	rejected.Decision.Decision = schemas.Reject
	rejected.Decision = signed(t, rejected.Decision, payload().Name, carol)
	for name, auth := range map[string]*schemas.Authorization{
		"none":             nil,
		"one of two":       authorization(byBob),
		"one, twice":       authorization(byBob, byBob),
		"altered":          authorization(byBob, forged),
		"a rejection":      authorization(byBob, rejected),
		"by a stranger":    authorization(byBob, signedBy(t, "carol", newKey(t), good)),
		"by the requester": {Requester: "Bob", Approvals: []schemas.SignedApproval{byBob, byCarol}},
		"of another payload": authorization(byBob, signedBy(t, "carol", carol, schemas.Decision{RunID: runOfTheTest,
			PayloadHash: other})),
		"of another run": authorization(byBob, signedBy(t, "carol", carol, schemas.Decision{RunID: "run-0",
			PayloadHash: hash})),
		"of another operation": authorization(byBob, signedBy(t, "carol", carol, schemas.Decision{RunID: runOfTheTest,
			PayloadHash: hash, Operation: schemas.RetireModelWorkflow})),
		"of what a change undoes": authorization(byBob, signedBy(t, "carol", carol, schemas.Decision{RunID: runOfTheTest,
			PayloadHash: other, PreviousHash: hash})),
	} {
		t.Run(name, func(t *testing.T) {
			err := w.asked(schemas.RegisterModelWorkflow, schemas.SubmitRegistrationActivity,
				schemas.SubmitInput{Payload: sealed(payload(500)), Authorization: auth})
			wantFatal(t, err, schemas.ErrUnapproved)
		})
	}
	require.Empty(t, w.requests(control.OpCreate))
	require.NoError(t, w.asked(schemas.RegisterModelWorkflow, schemas.SubmitRegistrationActivity,
		schemas.SubmitInput{Payload: sealed(payload(500)), Authorization: authorization(byBob, byCarol)}))
	require.Len(t, w.requests(control.OpCreate), 1)
}

func TestInTheDefaultOrderACreationNeedsNoSignatureSinceNobodyHasBeenAskedYet(t *testing.T) {
	w, _, _ := guarded(t)
	w.GateFloor = ""
	in := schemas.SubmitInput{Payload: sealed(payload(500))}
	require.NoError(t, w.asked(schemas.RegisterModelWorkflow, schemas.SubmitRegistrationActivity, in))
	in.Payload, in.Authorization = sealed(payload(600)), &schemas.Authorization{Required: 1}
	wantFatal(t, w.asked(schemas.RegisterModelWorkflow, schemas.SubmitRegistrationActivity, in), schemas.ErrUnapproved)
}

func TestAChangeIsMadeUndoneAndRestoredBySignaturesAlone(t *testing.T) {
	w, bob, _ := guarded(t)
	before, after := sealed(payload(500)), sealed(payload(600))
	id := w.registered(payload(500))
	w.own(id, payload(500))
	change := authorization(signedBy(t, "bob", bob, schemas.Decision{
		RunID: runOfTheTest, PayloadHash: after.Hash, PreviousHash: before.Hash, Operation: schemas.ChangeModelWorkflow}))
	update := func(in schemas.UpdateInput) error {
		in.ModelID = id
		return w.asked(schemas.ChangeModelWorkflow, schemas.UpdateModelActivity, in)
	}
	wantFatal(t, update(schemas.UpdateInput{Payload: after, From: before.Hash}), schemas.ErrUnapproved)
	registered := authorization(signedBy(t, "bob", bob, schemas.Decision{RunID: "run-1", PayloadHash: after.Hash}))
	wantFatal(t, update(schemas.UpdateInput{Payload: after, From: before.Hash, Authorization: registered}),
		schemas.ErrUnapproved)
	require.NoError(t, update(schemas.UpdateInput{Payload: after, From: before.Hash, Authorization: change}))

	w.edit(id, 600)
	require.NoError(t, update(schemas.UpdateInput{Payload: before, Instead: &after, Authorization: change}),
		"who approves of a change names what it replaces")

	w.edit(id, 7)
	approvedBefore := authorization(signedBy(t, "bob", bob, schemas.Decision{RunID: "run-1", PayloadHash: before.Hash}))
	require.NoError(t, update(schemas.UpdateInput{Payload: before, From: sealed(payload(7)).Hash,
		Authorization: approvedBefore}),
		"what is owned was approved before")
	w.own(id, payload(7))
	wantFatal(t, update(schemas.UpdateInput{Payload: before, From: sealed(payload(7)).Hash,
		Authorization: approvedBefore}), schemas.ErrUnapproved)
}

func TestNothingIsDeletedWithoutASignatureThatNamesTheRetirement(t *testing.T) {
	w, bob, _ := guarded(t)
	id := w.registered(payload(500))
	w.own(id, payload(500))
	hash := sealed(payload(500)).Hash
	retire := func(auth *schemas.Authorization) error {
		return w.asked(schemas.RetireModelWorkflow, schemas.DeleteModelActivity, schemas.DeleteInput{Name: payload().Name,
			ModelID: id, Authorization: auth})
	}
	registration := authorization(signedBy(t, "bob", bob, schemas.Decision{RunID: runOfTheTest, PayloadHash: hash}))
	wantFatal(t, retire(nil), schemas.ErrUnapproved)
	wantFatal(t, retire(registration), schemas.ErrUnapproved)
	require.Len(t, w.models(), 1)
	require.NoError(t, retire(authorization(signedBy(t, "bob", bob,
		schemas.Decision{RunID: runOfTheTest, PayloadHash: hash, Operation: schemas.RetireModelWorkflow}))))
	require.Empty(t, w.models())
}

func TestADecisionThatWasSignedWithoutItsApproversNameVouchesForWhoseKeyItIs(t *testing.T) {
	w, bob, _ := guarded(t)
	d := schemas.Decision{Decision: schemas.Approve, Reason: "fine", RunID: runOfTheTest,
		PayloadHash: sealed(payload(500)).Hash}
	d = signed(t, d, payload().Name, bob)
	d.Approver = "bob" // as the workflow has it from the approvers file
	require.NoError(t, w.asked(schemas.RegisterModelWorkflow, schemas.SubmitRegistrationActivity,
		schemas.SubmitInput{Payload: sealed(payload(500)), Authorization: authorization(schemas.SignedApproval{Decision: d,
			DecidedAt: time.Now()})}))
}
