// Package plan compares what is wanted, what is in the gateway and what is owned, and says what would make them one. It
// is a pure function: it reads nothing, calls nothing and knows no time.
package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"model-registrar/schemas"
)

// World is what there is.
type World struct {
	Live  []schemas.ListedModel // every model in the gateway
	Owned []schemas.Ownership   // every model that is ours
	// Running are the operations that run, by the names of their models.
	Running map[string]schemas.RunningOperation
}

// Options say what a plan may contain.
type Options struct {
	// Prune has owned models that are in no manifest retired. Default: they are named and left alone.
	Prune bool
}

// Make compares the manifests, each name once, with the world.
func Make(wanted []schemas.Manifest, w World, o Options) schemas.Plan {
	live, owned := map[string][]schemas.ListedModel{}, map[string]*schemas.Ownership{}
	for _, m := range w.Live {
		live[m.Payload.Name] = append(live[m.Payload.Name], m)
	}
	for i := range w.Owned {
		owned[w.Owned[i].Name] = &w.Owned[i]
	}
	p := schemas.Plan{Version: schemas.PlanVersion, Counts: map[schemas.PlanAction]int{}}
	named := map[string]bool{}
	for _, m := range wanted {
		named[m.Name] = true
		item := compare(m, live[m.Name], owned[m.Name])
		if running, ok := w.Running[m.Name]; ok {
			item = busy(item, running)
		}
		p.Items = append(p.Items, item)
	}
	for _, own := range w.Owned {
		switch {
		case named[own.Name]:
		case o.Prune:
			item := retire(own, live[own.Name])
			if running, ok := w.Running[own.Name]; ok {
				item = busy(item, running)
			}
			p.Items = append(p.Items, item)
		default:
			p.Forgotten = append(p.Forgotten, own.Name)
		}
	}
	for _, m := range w.Live {
		name := m.Payload.Name
		_, running := w.Running[name] // it may be about to be ours
		if !named[name] && owned[name] == nil && !running {
			p.Unowned = append(p.Unowned, schemas.UnownedModel{Name: name, ModelID: m.ID})
		}
	}
	findRenames(&p, owned)
	slices.SortStableFunc(p.Items, func(a, b schemas.PlanItem) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Unowned, func(a, b schemas.UnownedModel) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ModelID, b.ModelID))
	})
	slices.Sort(p.Forgotten)
	for _, i := range p.Items {
		p.Counts[i.Action]++
	}
	return p
}

// compare says what is to be done about one wanted model.
func compare(m schemas.Manifest, live []schemas.ListedModel, own *schemas.Ownership) schemas.PlanItem {
	item := schemas.PlanItem{Name: m.Name, Manifest: &m}
	if own == nil {
		return unowned(item, live)
	}
	item.Seen.OwnedHash = own.PayloadHash
	ours := slices.IndexFunc(live, func(l schemas.ListedModel) bool { return l.ID == own.ModelID })
	item.Note = twins(live, own.ModelID)
	if ours < 0 {
		item.Action = schemas.PlanRecreate
		item.Note = join(fmt.Sprintf("the gateway has no model %s any more", own.ModelID), item.Note)
		since(&item, own, schemas.ModelMissing)
		return item
	}
	there, approved, want := live[ours].Payload, own.Manifest.Payload(), m.Payload()
	see(&item, live[ours])
	item.Drift = approved.Changes(there)
	item.Settings = schemas.ChangedSettings(own.Manifest, m)
	item.Changes = there.Changes(want)
	if len(item.Drift) > 0 {
		since(&item, own, schemas.ModelDrifted)
	}
	switch {
	case !approved.Same(want), len(item.Settings) > 0:
		item.Action = schemas.PlanChange
	case len(item.Drift) > 0:
		item.Action = schemas.PlanRestore
	default:
		item.Action = schemas.PlanUnchanged
	}
	return item
}

// busy is what a plan says of a model on which an operation runs, in place of what it would say if none did.
func busy(item schemas.PlanItem, running schemas.RunningOperation) schemas.PlanItem {
	m := item.Manifest
	switch {
	case m == nil || running.Operation == schemas.RetireModelWorkflow:
		running.Wanted = m == nil && running.Operation == schemas.RetireModelWorkflow
	case running.Manifest != nil:
		running.Wanted = running.Manifest.Payload().Same(m.Payload()) &&
			len(schemas.ChangedSettings(*running.Manifest, *m)) == 0
	default:
		hash, err := m.Payload().Hash()
		running.Wanted = err == nil && hash == running.PayloadHash
	}
	return schemas.PlanItem{Name: item.Name, Action: schemas.PlanBusy, Manifest: m, Seen: item.Seen, Running: &running}
}

// since says since when a model is in a state that the plan found it in, as far as its checks have seen.
func since(item *schemas.PlanItem, own *schemas.Ownership, state schemas.ModelState) {
	switch last := own.LastCheck; {
	case last == nil:
	case own.State == state:
		item.NoticedAt = last.StateSince
	default:
		item.CheckedAt = last.At
	}
}

// unowned says what is to be done about a wanted model that is nobody's.
func unowned(item schemas.PlanItem, live []schemas.ListedModel) schemas.PlanItem {
	if len(live) == 0 {
		item.Action = schemas.PlanCreate
		return item
	}
	want := item.Manifest.Payload()
	same := slices.IndexFunc(live, func(l schemas.ListedModel) bool { return l.Payload.Same(want) })
	there := live[max(same, 0)]
	see(&item, there)
	item.Note = twins(live, there.ID)
	if same >= 0 && len(live) == 1 {
		item.Action = schemas.PlanAdopt
		return item
	}
	item.Action = schemas.PlanConflict
	item.Changes = there.Payload.Changes(want)
	return item
}

func retire(own schemas.Ownership, live []schemas.ListedModel) schemas.PlanItem {
	item := schemas.PlanItem{Name: own.Name, Action: schemas.PlanRetire}
	item.Seen.OwnedHash = own.PayloadHash
	item.Note = twins(live, own.ModelID)
	for _, l := range live {
		if l.ID == own.ModelID {
			see(&item, l)
		}
	}
	return item
}

// see notes what the plan is bound to. A payload that has no hash is bound by its id alone.
func see(item *schemas.PlanItem, l schemas.ListedModel) {
	item.Seen.ModelID = l.ID
	item.Seen.LiveHash = l.Hash
	if len(l.Hidden) > 0 {
		item.Note = join(item.Note, "the gateway has a secret in "+strings.Join(l.Hidden,
			" and ")+", which is not shown")
	}
}

// twins names the other models of the name, which nothing is done about.
func twins(live []schemas.ListedModel, id string) string {
	var others []string
	for _, l := range live {
		if l.ID != id {
			others = append(others, l.ID)
		}
	}
	if len(others) == 0 {
		return ""
	}
	return "the gateway has other models of this name, which are nobody's: " + strings.Join(others, ", ")
}

func join(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), "; ")
}

// findRenames marks each model to be created whose payload, but for the name, is that of a model to be retired.
func findRenames(p *schemas.Plan, owned map[string]*schemas.Ownership) {
	retired := map[string]string{}
	for _, i := range p.Items {
		if i.Action == schemas.PlanRetire {
			retired[nameless(owned[i.Name].Manifest.Payload())] = i.Name
		}
	}
	for i := range p.Items {
		if item := &p.Items[i]; item.Action == schemas.PlanCreate {
			item.RenamedFrom = retired[nameless(item.Manifest.Payload())]
		}
	}
}

// nameless is the hash of a payload without its name; empty if it has none.
func nameless(p schemas.Payload) string {
	p.Name = ""
	hash, _ := p.Hash()
	return hash
}
