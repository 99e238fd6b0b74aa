package workflows

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// AdoptModel makes a model ours that is in the gateway and nobody's: one made by hand, by another program or by a
// registration that was terminated. Its manifest has to describe it exactly. It is proven and approved as in a
// registration; nothing is created, and an adoption that does not complete changes nothing. The input is a
// [schemas.AdoptModelInput].
func AdoptModel(ctx workflow.Context, raw converter.RawValue) (schemas.Result, error) {
	r := newOperation(ctx, schemas.AdoptModelWorkflow, raw)
	var in schemas.AdoptModelInput
	_ = json.Unmarshal(r.arrived, &in) // what is wrong with it is for ValidatePayload to say
	r.seen = in.Seen
	return r.run(ctx, r.validate, r.findAdoptable, r.probe, r.waitForApproval, r.checkHealth, r.handOver)
}

// findAdoptable finds the one model of the name, which has to be nobody's and as the manifest describes it.
func (r *registration) findAdoptable(ctx workflow.Context) error {
	r.enter(ctx, schemas.StageComparing)
	found, err := r.readModel(ctx, &r.payload)
	if err != nil {
		return err
	}
	name := r.label()
	switch {
	case found.Owner != nil:
		r.result.ExistingModelID = found.Owner.ModelID
		return final(schemas.ErrNameConflict, "%s is owned already, as model %s since %s; `starter change` changes it",
			name, found.Owner.ModelID, day(found.Owner.Since))
	case len(found.Live) == 0:
		return final(schemas.ErrModelMissing, "the gateway has no model named %s; `starter register` makes one", name)
	case len(found.Live) > 1:
		return final(schemas.ErrNameConflict, "the gateway has %s named %s (%s), and which one is meant is not "+
			"known; delete those that nobody wants first", count(len(found.Live), "model"), name, modelIDs(found.Live))
	}
	live := found.Live[0]
	r.result.ExistingModelID = live.ID
	if err := r.moved(found, &live); err != nil {
		return err
	}
	if len(live.Changes) > 0 {
		return final(schemas.ErrNameConflict, "model %s in the gateway is not as the manifest of %s describes it "+
			"(gateway → manifest: %s); `starter export %s` writes a manifest that does", live.ID, name,
			changesLine(live.Changes), shellWord(name))
	}
	r.result.ModelID = live.ID
	return nil
}

// readModel reads whose the model is and how the gateway has it, compared with the payload that is wanted.
func (r *registration) readModel(ctx workflow.Context, want *schemas.SealedPayload) (out schemas.ReadModel, err error) {
	err = r.execute(ctx, schemas.ReadModelActivity, "Read "+plain(r.manifest.Name, 80)+" in the gateway",
		schemas.ReadModelInput{Name: r.manifest.Name, Want: want}, &out)
	return out, err
}

// moved refuses an operation whose plan saw something else than there is now.
func (r *registration) moved(found schemas.ReadModel, live *schemas.LiveModel) error {
	if r.seen == nil {
		return nil
	}
	now := schemas.Seen{}
	if live != nil {
		now.ModelID, now.LiveHash = live.ID, live.Hash
	}
	if found.Owner != nil {
		now.OwnedHash = found.Owner.PayloadHash
	}
	if now == *r.seen {
		return nil
	}
	return final(schemas.ErrPlanOutdated, "%s is not as the plan saw it any more (%s then, %s now); make a new plan",
		r.label(), seenLine(*r.seen), seenLine(now))
}

func seenLine(s schemas.Seen) string {
	if s.ModelID == "" {
		return "no model"
	}
	line := "model " + plain(s.ModelID, 80) + " with payload " + short(s.LiveHash)
	if s.OwnedHash != "" && s.OwnedHash != s.LiveHash {
		line += ", approved as " + short(s.OwnedHash)
	}
	return line
}

// short is the beginning of a hash, for people.
func short(hash string) string { return plain(hash[:min(len(hash), 12)], 12) }

func modelIDs(live []schemas.LiveModel) string {
	var ids []string
	for _, m := range live {
		ids = append(ids, plain(m.ID, 80))
	}
	return strings.Join(ids, ", ")
}

func changesLine(changes []schemas.Change) string {
	var lines []string
	for _, c := range changes {
		lines = append(lines, plain(c.String(), 300))
	}
	return strings.Join(lines, "; ")
}

// final is an error that no retry cures.
func final(t schemas.ErrorType, format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), string(t), nil)
}
