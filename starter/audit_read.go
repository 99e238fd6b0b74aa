package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

func auditShowCommand(o *auditOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Tell the story of one model, as the trail has it",
		Long: `Tell what the audit trail says of one model: who asked for it, on what evidence
who decided what and why, how it ended, and whether the webhook arrived. With
-o json, the entries as they are kept, one a line; with -o csv, a table for
other tools. Whether the trail can be believed, ` + "`starter audit verify`" + ` says.`,
		Example: `  starter audit show production-llm-v2
  starter audit show -o csv production-llm-v2 > production-llm-v2.csv`,
		Args: name,
		RunE: offline(func(ctx context.Context, args []string) error {
			found := 0
			err := o.read(ctx, func(e schemas.AuditEntry) bool {
				match := e.Name == args[0] || e.WorkflowID == args[0] || e.Name == registrar.ModelNamed(args[0])
				if match {
					found++
				}
				return match
			})
			if err == nil && found == 0 {
				err = failed("the audit trail has no entry of a model called %q", args[0])
			}
			return err
		}),
	}
	cmd.Flags().VarP(oneOf(&o.output, outputText, outputJSON, outputCSV), "output", "o",
		"text, json: one entry per line, or csv")
	return cmd
}

func auditExportCommand(o *auditOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print the whole audit trail, as JSON Lines or as CSV",
		Long: `Print the entries of the audit trail: in JSON as they are kept, one a line, so
that the copy can be checked with ` + "`starter audit verify --trail -`" + `; or with
-o csv as a table.`,
		Example: `  starter audit export > trail.jsonl
  starter audit export -o csv > trail.csv`,
		Args: cobra.NoArgs,
		RunE: offline(func(ctx context.Context, _ []string) error {
			if o.output == outputText {
				o.output = outputJSON
			}
			return o.read(ctx, func(schemas.AuditEntry) bool { return true })
		}),
	}
	cmd.Flags().VarP(oneOf(&o.output, outputJSON, outputCSV), "output", "o", "json: one entry per line, or csv")
	return cmd
}

// read prints the entries of a trail that are wanted. Lines that are no entries are complained about.
func (o *auditOptions) read(ctx context.Context, wanted func(schemas.AuditEntry) bool) error {
	t, err := o.openTrail(o.trail)
	if err != nil {
		return err
	}
	var show func(schemas.AuditEntry, []byte) error
	flush := func() error { return nil }
	switch o.output {
	case outputJSON:
		show = func(_ schemas.AuditEntry, text []byte) error {
			_, err := o.out.W.Write(append(bytes.Clone(text), '\n'))
			return err
		}
	case outputCSV:
		table := csv.NewWriter(o.out.W)
		if err := table.Write(csvTitles); err != nil {
			return err
		}
		show = func(e schemas.AuditEntry, _ []byte) error { return table.Write(csvCells(e)) }
		flush = func() error { table.Flush(); return table.Error() }
	default:
		s := story{out: o.out}
		show = func(e schemas.AuditEntry, _ []byte) error { s.tell(e); return nil }
	}
	err = o.eachEntry(ctx, t, func(entry schemas.AuditEntry, text []byte) error {
		if !wanted(entry) {
			return nil
		}
		return show(entry, text)
	})
	return cmp.Or(err, flush())
}

var csvTitles = []string{
	"seq", "timestamp", "event", "name", "requester", "outcome", "reason", "errorType", "modelId", "payloadHash",
	"jobId",
	"jobDurationMs", "validationStatus", "latencyMs", "decision", "approver", "decisionReason", "accepted", "refusal",
	"decidedAt", "keyFingerprint", "webhookDelivered", "webhookAttempts", "webhookResponseCode", "webhookError",
	"deregistered",
	"compliance", "workflowId", "runId", "entryId", "prevHash", "hash",
}

func csvCells(e schemas.AuditEntry) []string {
	var decision schemas.AuditedDecision
	accepted := ""
	if e.Decision != nil {
		decision, accepted = *e.Decision, strconv.FormatBool(e.Decision.Accepted)
	}
	var delivered, attempts, code, undelivered string
	if w := e.Webhook; w != nil {
		delivered, attempts = strconv.FormatBool(w.Delivered), strconv.Itoa(w.Attempts)
		code, undelivered = strconv.Itoa(w.ResponseCode), w.Error
	}
	latency, gone := "", ""
	if e.LatencyMs != nil {
		latency = strconv.FormatFloat(*e.LatencyMs, 'f', -1, 64)
	}
	if e.Deregistered != nil {
		gone = strconv.FormatBool(*e.Deregistered)
	}
	cells := []string{
		strconv.FormatInt(e.Seq, 10), csvTime(e.Timestamp), string(e.Event), e.Name, e.Requester, string(e.Outcome),
		e.Reason, string(e.ErrorType),
		e.ModelID, e.PayloadHash, e.JobID, strconv.FormatInt(e.JobDurationMs, 10), string(e.ValidationStatus), latency,
		string(decision.Decision), decision.Approver, decision.Reason, accepted, decision.Refusal,
		csvTime(decision.DecidedAt), decision.KeyFingerprint,
		delivered, attempts, code, undelivered, gone, e.Compliance, e.WorkflowID, e.RunID, e.EntryID, e.PrevHash,
		e.Hash,
	}
	for i, cell := range cells {
		cells[i] = csvCell(cell)
	}
	return cells
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// formula matches what a spreadsheet takes for one.
var formula = regexp.MustCompile(`^[\s\x{a0}]*[=+\-@|%＝＋－＠]`)

// csvCell keeps spreadsheets from taking a text that somebody wrote for a formula, by an apostrophe in front of it, and
// takes out what could reorder or break the line.
func csvCell(text string) string {
	text = console.Clean(text)
	if _, err := strconv.ParseFloat(text, 64); err != nil && formula.MatchString(text) {
		return "'" + text
	}
	return text
}
