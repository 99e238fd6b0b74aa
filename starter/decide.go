package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// decideOptions are what approve and reject are asked to do.
type decideOptions struct {
	*app
	schemas.Decision
	hash  string // that the decision insists on
	fleet string // of which each model is decided about that waits
	key   string
	agent bool
	yes   bool
}

func approveCommand(a *app) *cobra.Command {
	return decideCommand(a, schemas.Approve, "approve", "Approve a registration that waits for a person, or will",
		`  starter approve llm-v2 --reason "figures are fine" --approver bob@example.com
  starter approve llm-v2 --reason "figures are fine" --key ~/.ssh/id_ed25519
  starter approve eu-1 eu-2 eu-3 --reason "figures are fine"
  starter approve --fleet migration-1 --reason "figures are fine"
  # signed by the SSH agent:
  starter approve llm-v2 --reason "figures are fine" --key ~/.ssh/id_ed25519.pub`)
}

func rejectCommand(a *app) *cobra.Command {
	return decideCommand(a, schemas.Reject, "reject",
		"Reject an operation; a model that it registered is removed again",
		`  starter reject llm-v2 --reason "wrong region" --approver bob@example.com
  starter reject llm-v2 --reason "wrong region" --key ~/.ssh/id_ed25519`)
}

func decideCommand(a *app, verdict schemas.Verdict, use, short, example string) *cobra.Command {
	o := &decideOptions{app: a, Decision: schemas.Decision{Decision: verdict}}
	cmd := &cobra.Command{
		Use: use + " NAME… --reason TEXT", Short: short,
		Long: short + `.

The command shows the evidence of each model that is named, or with --fleet of
each of a fleet that waits for a person, asks on a terminal whether to go on,
and waits for the workflow's answer. The decision is bound to what was shown: to
this run, and to its payload hash; --payload-hash insists on one that was looked
at before.

The requester of a registration cannot approve it. A decision that does not
count is refused with the reason, and exit code 1; it is in the audit trail all
the same, also when the registration had ended before. One that is accepted
counts as soon as it is recorded in the audit trail, which the command does not
wait for. A rejection that no worker answers is left as a signal for the next
one.

Where the workers have an approvers file (REGISTRAR_APPROVERS_FILE), a decision
has to be signed: by the key of --key or REGISTRAR_SIGNING_KEY. A private key
signs by itself, or through the SSH agent (SSH_AUTH_SOCK) if it has a passphrase
and the agent holds it; a public key names a key of the agent. The approver of a
signed decision is whose key it is; --approver says who, where a key stands for
several.`,
		Example: example,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case (len(args) == 0) == (o.fleet == "") || slices.Contains(args, ""):
				return errors.New("name at least one model (quote a name that has spaces), or a fleet by --fleet ID")
			case o.hash != "" && len(args) != 1:
				return errors.New("--payload-hash is about one model")
			}
			return nil
		},
		PreRunE: func(*cobra.Command, []string) error {
			if o.fleet = registrar.FleetID(o.fleet); o.fleet != "" {
				if err := schemas.CheckFleetID(o.fleet); err != nil {
					return fmt.Errorf("--fleet: %w", err)
				}
			}
			if strings.TrimSpace(o.Reason) == "" {
				return errors.New("--reason must say why, for those who read the audit trail")
			}
			return nil
		},
		RunE: a.online(o.run),
	}
	f := cmd.Flags()
	f.StringVarP(&o.Reason, "reason", "r", "", "why (required)")
	f.StringVar(&o.Approver, "approver", "", "who decides (default: whose key it is; without a key "+
		"$REGISTRAR_REQUESTER, or user@host)")
	f.StringVar(&o.hash, "payload-hash", "", "decide only if the registration is of this payload")
	f.StringVar(&o.key, "key", "", "SSH key to sign with: a private key, or the .pub file of one that the agent "+
		"holds (default $REGISTRAR_SIGNING_KEY)")
	f.BoolVar(&o.agent, "agent", false, "sign with the SSH agent; with --key, with that key of it")
	f.StringVar(&o.fleet, "fleet", "", "decide about each model of the fleet of this id that waits for a person")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask whether to go on")
	return cmd
}

// pending is a decision that has been shown, and is still to be sent.
type pending struct {
	name     string
	timeline *registrar.Timeline
	decision schemas.Decision
}

// run shows what there is to decide about, asks once, and sends a decision about each.
func (o *decideOptions) run(ctx context.Context, c *connection, names []string) error {
	key, err := o.signingKey()
	if err != nil {
		return err
	}
	if o.fleet != "" {
		if names, err = c.waitingIn(ctx, o.fleet); err != nil {
			return err
		}
	}
	all, running, err := o.lookAtAll(ctx, c, names)
	if err != nil {
		return err
	}
	if running > 0 && !o.yes && o.interactive() && !o.confirm(ctx, question(o.Decision.Decision, all)) {
		if ctx.Err() != nil {
			return explained(ctx.Err())
		}
		return failed("nothing was decided about %s", strings.Join(names, ", "))
	}
	if len(all) == 1 {
		return o.decide(ctx, c, all[0], key)
	}
	code := exitDone
	for _, p := range all {
		if err := about(p.name, o.decide(ctx, c, p, key)); err != nil {
			f := asFailure(err)
			code = worst(code, f.code)
			o.complain(f)
			if o.machine() {
				_ = o.print(errorDocument{f.document()})
			}
		}
	}
	return exitWith(code)
}

// waitingIn are the models of a fleet that wait for a person.
func (c *connection) waitingIn(ctx context.Context, fleet string) (names []string, err error) {
	if _, err := c.FindFleet(ctx, fleet); err != nil {
		return nil, err
	}
	rows, _, err := c.List(ctx, registrar.Filter{Fleet: fleet, Stage: schemas.StageApproval, Limit: registrar.MaxLimit})
	for _, r := range rows {
		names = append(names, r.Name)
	}
	if err == nil && len(names) == 0 {
		err = failed("no model of the fleet %s waits for a person just now", fleet).
			hinting("`starter fleet status %s` shows where it stands.", fleet)
	}
	return names, err
}

// lookAtAll shows the evidence of each, and binds a decision to it. What one of a fleet has ended meanwhile is left
// out.
func (o *decideOptions) lookAtAll(
	ctx context.Context, c *connection, names []string,
) (all []pending, running int, err error) {
	for _, name := range names {
		t, fleet, err := c.find(ctx, name)
		if fleet != "" {
			return nil, 0, misused("%s is a fleet; --fleet %s decides about each of its models that waits", name, fleet)
		}
		if err != nil {
			return nil, 0, err
		}
		if t.Ending == nil {
			running++
		} else if o.fleet != "" {
			continue
		}
		d, err := o.bind(ctx, c, t)
		if err != nil {
			return nil, 0, err
		}
		all = append(all, pending{t.Name(), t, d}) // the argument may be the workflow's id
	}
	return all, running, nil
}

// decide sends one decision, and says what came of it.
func (o *decideOptions) decide(ctx context.Context, c *connection, p pending, key *signingKey) (err error) {
	d, name := p.decision, p.name
	d.Approver = strings.TrimSpace(d.Approver)
	switch {
	case key != nil:
		if d.Signature, err = o.sign(ctx, key, d.Statement(name)); err != nil {
			return err
		}
	case d.Approver == "":
		d.Approver = o.env.identity()
	}
	receipt, err := c.Decide(ctx, name, d)
	if err != nil {
		return c.notDecided(name, err)
	}
	if o.machine() {
		return o.print(receipt)
	}
	if receipt.Signalled {
		o.out.Print(console.Styled(console.Alert, "! ").And(console.Strong, receipt.Name).And(console.Plain,
			": "+receipt.Message))
		o.err.Print(console.Text("  Watch it:  starter watch " + argument(name)))
		return nil
	}
	verb := map[schemas.Verdict]string{schemas.Approve: "approved", schemas.Reject: "rejected"}[receipt.Decision]
	o.out.Print(console.Styled(console.Good, "✓ ").And(console.Strong, receipt.Name).
		And(console.Plain, fmt.Sprintf(" %s by %s: %s", verb, receipt.Approver, receipt.Message)))
	o.err.Print(console.Text("  Watch it:  starter watch " + argument(name)))
	return nil
}

// question is what a person is asked before decisions about so many models are sent.
func question(verdict schemas.Verdict, all []pending) string {
	created := 0
	for _, p := range all {
		if creates(p.timeline.Operation) {
			created++
		}
	}
	switch {
	case verdict == schemas.Approve && len(all) == 1:
		return "Approve this?"
	case verdict == schemas.Approve:
		return fmt.Sprintf("Approve these %d?", len(all))
	case len(all) == 1 && created == 1:
		return "Reject this, so that its model is removed?"
	case len(all) == 1:
		return "Reject this, so that the model stays as it is?"
	case created == len(all):
		return fmt.Sprintf("Reject these %d, so that their models are removed?", len(all))
	case created == 0:
		return fmt.Sprintf("Reject these %d, so that their models stay as they are?", len(all))
	}
	return fmt.Sprintf("Reject these %d, so that those being registered are removed, and the others stay as they are?",
		len(all))
}

// bind shows what the decision is about, and binds the decision to it.
func (o *decideOptions) bind(ctx context.Context, c *connection, t *registrar.Timeline) (schemas.Decision, error) {
	d := o.Decision
	p, err := c.standing(ctx, t)
	if err != nil {
		return d, err
	}
	manifest := t.Input.Manifest
	if p.PayloadHash == "" && p.Result != nil {
		p.PayloadHash = p.Result.PayloadHash
	}
	shown, err := manifest.Payload().Hash()
	if err != nil || manifest.Name == "" {
		shown = "" // the history cannot be read here
	}
	if p.PayloadHash == "" { // the worker has not come to it yet
		p.PayloadHash = shown
	}
	if !o.machine() {
		o.err.Print(console.Styled(console.Strong, p.Name).And(console.Plain,
			" is at "+string(p.Stage)+". The evidence:"))
		rows := evidenceTable(p, manifest, c.page(t.WorkflowID, t.RunID))
		o.err.Print(rows.lines()...)
	}
	switch {
	case o.hash != "" && !strings.EqualFold(o.hash, p.PayloadHash):
		return d, failed("the registration of %s is of payload %s, not of %s; nothing was decided", p.Name,
			cmp.Or(p.PayloadHash, "that is not known yet"), console.Clean(o.hash))
	case o.hash == "" && shown != "" && shown != p.PayloadHash:
		return d, failed("the worker says that the payload of %s is %s, but the manifest that is shown makes %s; "+
			"nothing was decided", p.Name, p.PayloadHash, shown).
			hinting("Are worker and starter of the same version? --payload-hash %s decides about what the worker says.",
				p.PayloadHash)
	}
	d.PayloadHash, d.RunID, d.Probe = p.PayloadHash, t.RunID, schemas.ProbeNone
	if p.Operation != schemas.RegisterModelWorkflow {
		d.Operation, d.PreviousHash = p.Operation, p.PreviousHash
	}
	if p.Validation != nil {
		d.Probe = p.Validation.Status
	}
	return d, nil
}

// notDecided says why a decision does not count, and what to do.
func (c *connection) notDecided(name string, err error) error {
	late, tooLate := errors.AsType[*registrar.TooLate](err)
	_, refused := errors.AsType[*registrar.Refused](err)
	_, unknown := errors.AsType[*registrar.NoWorker](err)
	switch {
	case tooLate:
		err := c.decidedTooLate(late)
		if f, ok := errors.AsType[*failure](err); ok {
			f.kind = typeOf(late)
		}
		return err
	case refused:
		return failed("%w", err).hinting("`starter status %s` shows where the registration stands.", argument(name))
	case unknown:
		return failed("%w", err).hinting("Check that a worker polls task queue %q, then look with `starter status "+
			"%s`, and decide again if need be.",
			c.TaskQueue(), argument(name))
	}
	return explained(err)
}

// decidedTooLate says what became of a decision that came after the registration had ended.
func (c *connection) decidedTooLate(late *registrar.TooLate) error {
	ended := fmt.Sprintf("the registration of %s has ended at %s as %s; there is nothing left to decide",
		late.Name, clock(late.At), late.Outcome)
	refused, isRefused := errors.AsType[*registrar.Refused](late.Unrecorded)
	waited, waits := errors.AsType[*registrar.NoWorker](late.Unrecorded)
	switch {
	case late.Unrecorded == nil:
		return failed("the decision was refused: %s", late.Refusal).
			hinting("It ended at %s. The decision is entry %d of the audit trail.", clock(late.At), late.AuditSeq)
	case isRefused:
		return failed("%s. The decision was refused: %s", ended, refused.Reason)
	case waits:
		return failed("%s. That it was tried is being recorded, by the workflow %s", ended, late.WorkflowID).
			hinting("No worker has done so within %s; check that one polls task queue %q.", waited.Waited,
				c.TaskQueue())
	}
	return about(ended+". It could not be recorded", explained(late.Unrecorded))
}
