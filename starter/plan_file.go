package main

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"model-registrar/internal/manifest"
	"model-registrar/schemas"
)

// savedPlan reads a plan, and reports whether the file holds one.
func savedPlan(a *app, file string) (p schemas.Plan, ok bool, err error) {
	label, data, err := a.readFile(file, maxFleetFile)
	if err != nil {
		return p, false, failed("%w", err)
	}
	var looks struct {
		Version int              `json:"version"`
		Items   *json.RawMessage `json:"items"`
	}
	if json.Unmarshal(data, &looks) != nil || looks.Items == nil || looks.Version == 0 {
		return p, false, nil
	}
	if looks.Version != schemas.PlanVersion {
		return p, true, misused("%s: a plan of version %d; this starter knows version %d. Make a new plan",
			label, looks.Version, schemas.PlanVersion)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return p, true, misused("%s: this plan cannot be read: %w", label, err)
	}
	return p, true, checkPlan(label, &p)
}

// checkPlan counts the items of a plan, and refuses one that no starter has saved: somebody may have edited the file.
func checkPlan(label string, p *schemas.Plan) error {
	p.Counts = map[schemas.PlanAction]int{}
	names := map[string]bool{}
	for _, i := range p.Items {
		name := schemas.Plain(i.Name, 80) // whatever the file says
		if _, known := planSigns[i.Action]; !known && i.Action != schemas.PlanUnchanged {
			return misused("%s: %s: no plan has the action %q", label, name, schemas.Plain(string(i.Action), 40))
		}
		if n := utf8.RuneCountInString(i.Name); n < 3 || n > schemas.MaxName {
			return misused("%s: %s: no model can have this name", label, name)
		}
		if names[i.Name] {
			return misused("%s: %s: the name comes twice", label, name)
		}
		if i.Action.Applies() && i.Action != schemas.PlanRetire {
			if i.Manifest == nil || i.Manifest.Name != i.Name {
				return misused("%s: %s: the manifest of this name is missing", label, name)
			}
			if v := manifest.Validate(*i.Manifest); len(v) > 0 {
				return misused("%s: %s: the manifest is not valid: %s", label, name, v[0].In("manifest"))
			}
		}
		names[i.Name] = true
		p.Counts[i.Action]++
	}
	return nil
}
