package manifest

import "model-registrar/schemas"

func parameterRules(f fields, r *report) {
	architecture := f.text("model_architecture")
	limit, ok := schemas.LimitsOf[schemas.Architecture(architecture)]
	if !ok {
		return // the schema says so, and checks the widest ranges
	}
	for _, p := range limit.Ranges() {
		path, value := "parameters."+p.Key, f.get("parameters", p.Key)
		number, isNumber := value.(float64)
		switch {
		case value != nil && p.Allowed == nil:
			r.add(path, schemas.CodeUnsupported, "is not supported by %s; leave it out", architecture)
		case isNumber && (number < p.Allowed.Least || number > p.Allowed.Most):
			r.add(path, schemas.CodeRange, "must be between %s and %s for %s",
				plain(p.Allowed.Least), plain(p.Allowed.Most), architecture)
		}
	}
	if stops, _ := f.get("parameters", "stop_sequences").([]any); len(stops) > limit.StopSequences {
		r.add("parameters.stop_sequences", schemas.CodeLength, "must have at most %d entries for %s",
			limit.StopSequences, architecture)
	}
}
