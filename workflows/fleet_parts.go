package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// keepLoaded loads the fleet's parts one after the other, each before what the one before it holds runs out.
func (f *fleet) keepLoaded(ctx workflow.Context) {
	for {
		err := workflow.Await(ctx, func() bool {
			return !f.leaving && f.state.Ending == "" && f.loaded < f.in.Parts && len(f.queue) < lookAhead
		})
		if err != nil {
			return
		}
		o := activityTable[schemas.LoadFleetPartActivity]
		o.Summary = fmt.Sprintf("Load part %d of %d", f.loaded+1, f.in.Parts)
		var part schemas.FleetPart
		err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, o), schemas.LoadFleetPartActivity,
			schemas.LoadPartInput{FleetID: f.in.FleetID, Part: f.loaded}).Get(ctx, &part)
		if err != nil {
			e := explain(err)
			f.endAs(ctx, schemas.FleetFailed, e.Type, fmt.Sprintf("part %d of the fleet's manifests could not "+
				"be loaded: %s",
				f.loaded+1, plain(e.Message, 400)))
			return
		}
		if problem := f.misfit(part); problem != "" {
			f.endAs(ctx, schemas.FleetFailed, schemas.ErrFleetPart,
				fmt.Sprintf("part %d of the fleet has %s", f.loaded+1, problem))
			return
		}
		for i, item := range part.All() {
			if index := part.First + i; f.isToCome(index) {
				f.queue = append(f.queue, queued{part.Part, index, item})
			}
		}
		f.loaded, f.end = f.loaded+1, part.First+part.Len()
	}
}

// isToCome reports whether the operation with this index has not begun, or waits for the one that it comes after.
func (f *fleet) isToCome(index int) bool {
	return index >= f.state.Next || slices.Contains(f.state.Held, index)
}

// misfit says what of a part is not what comes next in this fleet, or more than it was started for; empty: nothing.
// Anything that reaches Temporal may start a part.
func (f *fleet) misfit(part schemas.FleetPart) string {
	end := part.First + part.Len()
	comesNext := part.First == f.end
	if f.end == 0 { // none was loaded in this run, which goes on with the first that is to come
		first := slices.Min(append(slices.Clone(f.state.Held), f.state.Next))
		comesNext = part.First <= first && first < end
	}
	isLast := part.Part == f.in.Parts-1
	if !comesNext || end > f.in.Total || isLast != (end == f.in.Total) {
		return fmt.Sprintf("the operations %d to %d of %d, which are not those that come next", part.First+1, end,
			f.in.Total)
	}
	left := f.operationsLeft()
	for i, item := range part.All() {
		o, index := item.Operation, part.First+i
		if !f.isMixed() && o == schemas.RegisterModelWorkflow || !f.isToCome(index) {
			continue
		}
		if item.After != nil && item.After.Index >= index {
			return plain(item.ModelName(), 80) + " after an operation that does not come before it"
		}
		if left[o]--; left[o] < 0 {
			return fmt.Sprintf("a %s of %s, which the fleet was not started for", plain(o, 40),
				plain(item.ModelName(), 80))
		}
	}
	return ""
}

// operationsLeft counts, by operation, what the fleet was started for, and neither begun nor loaded yet.
func (f *fleet) operationsLeft() map[string]int {
	left := map[string]int{}
	for _, o := range schemas.Operations {
		left[o] = f.in.Operations[o] - f.state.Tallies[o].Sum()
	}
	for _, fl := range f.flights {
		left[fl.Operation]--
	}
	for _, q := range slices.Concat(f.queue, f.held) {
		left[q.item.Operation]--
	}
	return left
}

// partsRenewed is how often a fleet renews its parts, well before the end of their life.
const partsRenewed = partLife / 3

// renewParts tells the parts now and then that their fleet goes on, however long that takes.
func (f *fleet) renewParts(ctx workflow.Context) {
	for {
		left := max(0, f.state.RenewedAt.Add(partsRenewed).Sub(workflow.Now(ctx)))
		over, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
			Timeout: left,
			TimerOptions: workflow.TimerOptions{Summary: "Renew the fleet's parts in " +
				words.Exactly(left.Round(time.Second))},
		}, func() bool { return f.leaving || f.over })
		if over || err != nil {
			return
		}
		f.state.RenewedAt = workflow.Now(ctx)
		f.tellParts(ctx, schemas.RenewSignal)
	}
}

// tellParts signals every part. An error says that the part has ended already, and its manifests can still be read for
// as long as the namespace keeps it.
func (f *fleet) tellParts(ctx workflow.Context, signal string) {
	var told []workflow.Future
	wait := func() {
		for _, t := range told {
			_ = t.Get(ctx, nil)
		}
		told = nil
	}
	for part := range f.in.Parts {
		told = append(told, workflow.SignalExternalWorkflow(ctx, schemas.FleetPartWorkflowID(f.in.FleetID, part), "",
			signal, nil))
		if len(told) == maxAsking {
			wait()
		}
	}
	wait()
}
