package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"model-registrar/internal/approvers"
	"model-registrar/internal/audit"
	"model-registrar/internal/bounded"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

const outputCSV = "csv"

// auditOptions are what every audit command is asked to do.
type auditOptions struct {
	*app
	trail string
}

func auditCommand(a *app) *cobra.Command {
	o := &auditOptions{app: a}
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Check the audit trail, read it, and make checkpoints of it",
		Long: `Check the audit trail, read it, and make checkpoints of it. This needs neither
Temporal nor a worker, and changes nothing. The trail is a file, a PostgreSQL
database, or - for JSON Lines on stdin; by default it is REGISTRAR_AUDIT (or
what the file REGISTRAR_AUDIT_FILE holds), or else` + defaultTrail + `.

Exit codes: 0 nothing is wrong; 1 something is wrong with the trail, or it
cannot be read; 2 wrong usage.`,
		Example: `  starter audit verify --checkpoint checkpoint.json --public-key audit.pub
  starter audit show production-llm-v2
  starter audit checkpoint > checkpoint.json`,
		Args: cobra.NoArgs,
		RunE: onlyHelps("say what to do with the audit trail"),
	}
	cmd.PersistentFlags().StringVar(&o.trail, "trail", "", "file:PATH, PATH, postgres://…, or - for stdin")
	cmd.AddCommand(auditVerifyCommand(o), auditShowCommand(o), auditExportCommand(o), auditCheckpointCommand(o))
	return cmd
}

// signer is what checkpoints are signed with, or nil.
func (e environment) signer() (*audit.Signer, error) {
	text, err := e.secret("REGISTRAR_AUDIT_KEY")
	if err != nil || text == "" {
		return nil, err
	}
	s, err := audit.ParseSigner(text)
	if err != nil {
		return nil, misused("REGISTRAR_AUDIT_KEY: %w", err)
	}
	return s, nil
}

// verifyOptions are what audit verify is asked to do.
type verifyOptions struct {
	*auditOptions
	checkpoints        []string
	publicKey, signers string
}

func auditVerifyCommand(all *auditOptions) *cobra.Command {
	o := &verifyOptions{auditOptions: all}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that nobody has changed the audit trail",
		Long: `Check every entry of the audit trail from the first to the last, and name the
first one that was changed, removed, moved or repeated. With checkpoints that
were kept elsewhere, also find out whether its end was cut off or the whole
trail was written anew: nothing within the trail itself can show that.

The SSH signatures of accepted decisions are checked again: that the recorded
key signed what is recorded and, with an approvers file, that it was the
approver's at that time, and that no decision was accepted without one.

A checkpoint is a file that ` + "`starter audit checkpoint`" + ` wrote, or the body of a
webhook that announced an ending.`,
		Example: `  starter audit verify
  starter audit verify --checkpoint monday.json --checkpoint webhook-body.json \
    --public-key audit.pub
  starter audit export | ssh auditor starter audit verify --trail -`,
		Args: cobra.NoArgs,
		RunE: offline(o.run),
	}
	cmd.Flags().StringArrayVar(&o.checkpoints, "checkpoint", nil,
		"file with a checkpoint, or with a webhook's body; may be given several times")
	cmd.Flags().StringVar(&o.publicKey, "public-key", "",
		"the key that checkpoints must be signed with: PEM or base64, or a file that holds it")
	cmd.Flags().StringVar(&o.signers, "approvers", "", "approvers file (OpenSSH allowed_signers) that "+
		"signatures of decisions are checked against; default REGISTRAR_APPROVERS_FILE")
	return cmd
}

func (o *verifyOptions) run(ctx context.Context, _ []string) error {
	t, err := o.openTrail(o.trail)
	if err != nil {
		return err
	}
	var checks audit.Checks
	if checks.Key, err = o.env.publicKey(o.publicKey); err != nil {
		return err
	}
	if checks.Decision, err = o.env.recheck(o.signers); err != nil {
		return err
	}
	checks.Signed = o.signers != "" || o.env.Get("REGISTRAR_APPROVERS_FILE") != ""
	for _, file := range o.checkpoints {
		found, err := readCheckpoints(file)
		if err != nil {
			return err
		}
		checks.Checkpoints = append(checks.Checkpoints, found...)
	}
	return o.verify(ctx, t, checks)
}

// recheck is how the signatures of decisions are checked again. Without an approvers file, that a key is somebody's is
// not checked.
func (e environment) recheck(path string) (func(schemas.AuditedDecision) error, error) {
	var signers *approvers.Signers
	if path = cmp.Or(path, e.Get("REGISTRAR_APPROVERS_FILE")); path != "" {
		var err error
		if signers, err = approvers.Load(path); err != nil {
			return nil, misused("the approvers file: %w", err)
		}
	}
	return func(d schemas.AuditedDecision) error {
		_, err := approvers.Recheck(d, signers)
		return err
	}, nil
}

// publicKey reads a public key or the file that it is in. Whoever has the private key needs none.
func (e environment) publicKey(text string) (ed25519.PublicKey, error) {
	if text == "" {
		s, err := e.signer()
		return s.Public(), err
	}
	key, err := audit.ParsePublicKey(text)
	if err == nil {
		return key, nil
	}
	if content, readErr := bounded.File(text, maxKeyFile); readErr == nil {
		key, err = audit.ParsePublicKey(string(content))
	}
	if err != nil {
		return nil, misused("--public-key: %w, or a file that holds it", err)
	}
	return key, nil
}

// maxCheckpointFile bounds a file with checkpoints.
const maxCheckpointFile = 4 << 20

// numberedCheckpoint is a checkpoint that has to name its entry by a number: one that does not would agree with any
// trail.
type numberedCheckpoint struct {
	schemas.Checkpoint
	Seq *int64 `json:"seq"`
}

// readCheckpoints reads the checkpoints in a file: JSON documents that are one, or hold one as webhooks do.
func readCheckpoints(path string) (found []schemas.Checkpoint, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, misused("--checkpoint: %w", err)
	}
	defer file.Close()
	decoder := json.NewDecoder(io.LimitReader(file, maxCheckpointFile))
	for {
		var document struct {
			numberedCheckpoint
			Within *numberedCheckpoint `json:"checkpoint"`
		}
		switch err := decoder.Decode(&document); {
		case errors.Is(err, io.EOF) && len(found) > 0:
			return found, nil
		case err != nil:
			return nil, misused("--checkpoint %s: it holds no checkpoint in JSON", path)
		}
		c := document.numberedCheckpoint
		if document.Within != nil {
			c = *document.Within
		}
		if c.Hash == "" {
			return nil, misused("--checkpoint %s: it holds no checkpoint", path)
		}
		if c.Seq == nil {
			return nil, misused("--checkpoint %s: a checkpoint has no sequence number (seq), and would agree with "+
				"any trail", path)
		}
		c.Checkpoint.Seq = *c.Seq
		found = append(found, c.Checkpoint)
	}
}

func (o *verifyOptions) verify(ctx context.Context, t reading, checks audit.Checks) error {
	report, err := audit.Verify(ctx, t.Source, checks)
	if err != nil {
		return err
	}
	if o.machine() {
		err = o.print(report)
	} else {
		printReport(o.out, report, checks)
	}
	if err != nil || report.OK() {
		return err
	}
	return failed("the audit trail %s is not as it was written (%s)", t.name,
		counted(len(report.Problems)+int(report.More), "problem")).
		hinting("Compare it with a backup from before. What can be wrong and what it means: docs/audit.md")
}

func printReport(out *console.Printer, r audit.Report, checks audit.Checks) {
	for _, p := range r.Problems {
		out.Print(console.Styled(console.Bad, "✗ ").And(console.Plain, p.String()))
	}
	if r.More > 0 {
		out.Alertf("there are %d problems more", r.More)
	}
	if r.OK() {
		switch {
		case r.Entries == 0:
			out.Alertf("the trail has no entries")
		default:
			out.Donef("%s, unbroken from 1 to %d; the last one's hash is %s", counted(int(r.Entries), "entry"),
				r.Head.Seq, r.Head.Hash)
		}
		if r.Before > 0 {
			out.Donef("%s from before the chain, as they were when it began", counted(int(r.Before), "line"))
		}
	}
	if r.Checkpoints > 0 {
		out.Donef("it agrees with %s", counted(r.Checkpoints, "checkpoint"))
	}
	if n := len(slices.DeleteFunc(slices.Clone(checks.Checkpoints),
		func(c schemas.Checkpoint) bool { return c.Trail != "" })); n > 0 {
		out.Alertf("%s of an older version, not naming the trail: only the entry was compared",
			counted(n, "checkpoint"))
	}
	if r.Signatures > 0 && r.OK() {
		out.Donef("%s on decisions, all right", counted(int(r.Signatures), "signature"))
	}
	if r.Unchecked > 0 {
		out.Alertf("%s on decisions, not checked", counted(int(r.Unchecked), "signature"))
	}
	switch {
	case len(checks.Checkpoints) == 0:
		out.Alertf("no checkpoint was given: that the end was cut off, or the whole trail written anew, would not show")
	case checks.Key == nil:
		out.Alertf("no --public-key was given: the checkpoints are only as good as the place where they were kept")
	}
}

func auditCheckpointCommand(o *auditOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "checkpoint",
		Short: "Print a checkpoint of the audit trail, signed if there is a key",
		Long: `Check the audit trail and print a checkpoint in JSON: the number and hash of its
last entry, and the time. With REGISTRAR_AUDIT_KEY (or REGISTRAR_AUDIT_KEY_FILE)
it is signed. Keep it where those who can change the trail cannot change it.`,
		Example: `  starter audit checkpoint > checkpoint.json
  REGISTRAR_AUDIT_KEY_FILE=audit.key \
    starter audit checkpoint --trail llm_model_audit.log`,
		Args: cobra.NoArgs,
		RunE: offline(o.checkpoint),
	}
}

func (o *auditOptions) checkpoint(ctx context.Context, _ []string) error {
	t, err := o.openTrail(o.trail)
	if err != nil {
		return err
	}
	signer, err := o.env.signer()
	if err != nil {
		return err
	}
	report, err := audit.Verify(ctx, t.Source, audit.Checks{})
	switch {
	case err != nil:
		return err
	case !report.OK():
		return failed("there is no checkpoint of a trail that is damaged: %s", report.Problems[0]).
			hinting("See `starter audit verify`.")
	case report.Head.Seq == 0:
		return failed("the audit trail %s has no entries, so there is nothing to make a checkpoint of", t.name)
	}
	c, err := signer.Checkpoint(report.Head, time.Now())
	if err != nil {
		return err
	}
	if signer == nil {
		o.err.Print(console.Text("It is not signed, since REGISTRAR_AUDIT_KEY is not set."))
	}
	return o.print(c)
}
