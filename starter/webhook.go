package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"model-registrar/internal/webhook"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

func webhookCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "webhook",
		Short:   "Check what webhook receivers got",
		Long:    `Check what webhook receivers got. This needs neither Temporal nor a worker.`,
		Example: `  starter webhook verify capture.http`,
		Args:    cobra.NoArgs,
		RunE:    onlyHelps("say what to do with webhooks"),
	}
	cmd.AddCommand(webhookVerifyCommand(a))
	return cmd
}

// webhookOptions say where a captured delivery is, and when it is to be judged.
type webhookOptions struct {
	*app
	headers   []string
	body      string
	tolerance time.Duration
	at        string
	anyTime   bool
}

func webhookVerifyCommand(a *app) *cobra.Command {
	o := &webhookOptions{app: a}
	cmd := &cobra.Command{
		Use:   "verify [CAPTURE | --header NAME:VALUE… --body FILE]",
		Short: "Check a captured delivery offline: signature, time and body",
		Long: `Check a captured delivery offline, as its receiver would. CAPTURE is a file, or
- for stdin, with the request as it came: headers (the request line may stand
above them), an empty line, and the body to the byte. Or give the headers
webhook-id, webhook-timestamp and webhook-signature one by one, and the body as
a file.

The secret is REGISTRAR_WEBHOOK_SECRET, or what the file
REGISTRAR_WEBHOOK_SECRET_FILE holds; several, separated by spaces, while they
rotate.

Exit codes: 0 it is genuine; 1 it is not, and what is wrong; 2 wrong usage, no
secret, or nothing that can be read.`,
		Example: `  starter webhook verify capture.http
  starter webhook verify --header 'webhook-id: msg_…' \
    --header 'webhook-timestamp: 1767225600' \
    --header 'webhook-signature: v1,…' --body body.json
  starter webhook verify --any-time -o json capture.http |
    jq .checkpoint > checkpoint.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: offline(o.run),
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.headers, "header", nil, "a header of the delivery, NAME: VALUE; repeat it")
	f.StringVar(&o.body, "body", "", "file with the body, or - for stdin")
	f.DurationVar(&o.tolerance, "tolerance", webhook.DefaultTolerance,
		"how far its timestamp may be from now, or from --at")
	f.StringVar(&o.at, "at", "", "the time at which it arrived, as 2026-01-31T12:00:00Z, for old captures")
	f.BoolVar(&o.anyTime, "any-time", false, "take any timestamp, for old captures")
	cmd.MarkFlagsMutuallyExclusive("at", "any-time")
	return cmd
}

// verified is what is printed with --output json.
type verified struct {
	Valid     bool      `json:"valid"`
	MessageID string    `json:"messageId,omitempty"`
	Timestamp time.Time `json:"timestamp,omitzero"`
	// Secret says which secret fits, from 1 to Secrets; it is 0 when none does.
	Secret     int                 `json:"secret"`
	Secrets    int                 `json:"secrets"`
	Problems   []string            `json:"problems"`
	Event      *schemas.Event      `json:"event,omitempty"`
	Checkpoint *schemas.Checkpoint `json:"checkpoint,omitempty"`
}

func (o *webhookOptions) run(_ context.Context, args []string) error {
	secrets, err := o.env.webhookSecrets()
	if err != nil {
		return err
	}
	verifier, err := webhook.NewVerifier(secrets)
	if err != nil {
		return misused("REGISTRAR_WEBHOOK_SECRET: %w", err)
	}
	moment, err := o.moment()
	if err != nil {
		return err
	}
	header, body, err := o.readDelivery(args)
	if err != nil {
		return err
	}
	found := verifier.Verify(header, body, moment)
	out := verified{
		Valid: len(found.Problems) == 0, MessageID: found.MessageID, Timestamp: found.Timestamp,
		Secret: found.Secret, Secrets: len(secrets), Problems: append([]string{}, found.Problems...),
	}
	var event schemas.Event
	// What nobody signed is not shown, least of all as a checkpoint.
	if out.Secret > 0 && json.Unmarshal(body, &event) == nil && event.Event != "" {
		out.Event, out.Checkpoint = &event, event.Checkpoint
	}
	if err := o.tell(out); err != nil {
		return err
	}
	if !out.Valid {
		return exitWith(exitFailed)
	}
	return nil
}

func (e environment) webhookSecrets() ([]string, error) {
	text, err := e.secret("REGISTRAR_WEBHOOK_SECRET")
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, misused("there is no secret to verify with").
			hinting("Set REGISTRAR_WEBHOOK_SECRET, or REGISTRAR_WEBHOOK_SECRET_FILE, as for the worker.")
	}
	return strings.Fields(text), nil
}

func (o *webhookOptions) moment() (webhook.Moment, error) {
	now := webhook.Moment{At: time.Now(), Tolerance: o.tolerance}
	if o.tolerance <= 0 {
		return now, misused("--tolerance must be more than 0; --any-time takes any timestamp")
	}
	if o.anyTime {
		now.Tolerance = 0
	}
	if o.at == "" {
		return now, nil
	}
	at, err := time.Parse(time.RFC3339, o.at)
	if err != nil {
		return now, misused("--at must be a time like 2026-01-31T12:00:00Z, not %q", o.at)
	}
	now.At = at
	return now, nil
}

// readDelivery reads the headers and the body from where the command line says.
func (o *webhookOptions) readDelivery(args []string) (http.Header, []byte, error) {
	byParts := len(o.headers) > 0 || o.body != ""
	switch {
	case len(args) == 1 && byParts:
		return nil, nil, misused("name a capture, or give --header and --body, but not both")
	case len(args) == 0 && !byParts:
		return nil, nil, misused("name a capture, or give --header and --body")
	case len(args) == 1:
		_, raw, err := o.readFile(args[0], webhook.MaxCaptureBytes)
		if err != nil {
			return nil, nil, misused("%w", err)
		}
		header, body, err := webhook.ReadCapture(bytes.NewReader(raw))
		if err != nil {
			return nil, nil, misused("%s cannot be read as a captured delivery: %w", args[0], err)
		}
		return header, body, nil
	case o.body == "":
		return nil, nil, misused("--body is missing: the signature covers the body")
	}
	header := http.Header{}
	for _, h := range o.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, nil, misused("--header must be NAME: VALUE")
		}
		header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	_, body, err := o.readFile(o.body, webhook.MaxCaptureBytes)
	if err != nil {
		return nil, nil, misused("%w", err)
	}
	return header, body, nil
}

func (o *webhookOptions) tell(v verified) error {
	if o.machine() {
		return o.print(v)
	}
	if v.Valid {
		o.out.Print(console.Styled(console.Good, "genuine"))
	} else {
		o.out.Print(console.Styled(console.Bad, "NOT genuine"))
	}
	t := table{}
	for _, p := range v.Problems {
		t.row("wrong", p)
	}
	t.row("id", v.MessageID)
	if !v.Timestamp.IsZero() {
		t.row("sent at", clock(v.Timestamp))
	}
	if v.Secret > 0 {
		t.row("signed with", fmt.Sprintf("secret %d of %d", v.Secret, v.Secrets))
	}
	if e := v.Event; e != nil {
		t.row("event", spaced(e.Name, "is", e.Status))
		t.row("reason", e.Reason)
	}
	if c := v.Checkpoint; c != nil {
		t.row("checkpoint", fmt.Sprintf("entry %d of the audit trail at %s, hash %s", c.Seq, clock(c.Time), c.Hash))
		signed := "not signed"
		if c.Signature != "" {
			signed = "signed with key " + c.KeyID + "; `starter audit verify --checkpoint` checks it"
		}
		t.row("its signature", signed)
	}
	o.out.Print(t.lines()...)
	return nil
}
