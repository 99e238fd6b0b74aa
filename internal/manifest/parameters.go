package manifest

import "model-registrar/schemas"

// interval is what a parameter may be.
type interval struct{ least, most float64 }

// parameterLimits is what one architecture takes. A nil interval means that it does not know the parameter.
type parameterLimits struct {
	temperature, topP, maxTokens, frequencyPenalty *interval
	stopSequences                                  int
}

// anyTokens bounds max_tokens for all: no model of today answers with more than a million tokens.
var anyTokens = &interval{1, 1_000_000}

// limits has the ranges that the providers' API references state.
var limits = map[schemas.Architecture]parameterLimits{
	// OpenAI, "Create chat completion": temperature 0 to 2, top_p 0 to 1, frequency_penalty -2 to 2, up to 4 stops.
	schemas.OpenAI: {&interval{0, 2}, &interval{0, 1}, anyTokens, &interval{-2, 2}, 4},
	// Azure OpenAI, "Chat completions": the same as OpenAI.
	schemas.Azure: {&interval{0, 2}, &interval{0, 1}, anyTokens, &interval{-2, 2}, 4},
	// Anthropic, "Create a Message": temperature 0 to 1, top_p 0 to 1, no frequency_penalty. It states no number of
	// stop_sequences; 16 is the manifest's own bound.
	schemas.Anthropic: {&interval{0, 1}, &interval{0, 1}, anyTokens, nil, 16},
	// Cohere, "Chat" v2: p 0.01 to 0.99, frequency_penalty 0 to 1, up to 5 stop_sequences; temperature from 0, and
	// not above 1 in its playground and examples.
	schemas.Cohere: {&interval{0, 1}, &interval{0.01, 0.99}, anyTokens, &interval{0, 1}, 5},
	// Servers that speak OpenAI's protocol take its ranges, and mostly more stops.
	schemas.Custom: {&interval{0, 2}, &interval{0, 1}, anyTokens, &interval{-2, 2}, 16},
}

func parameterRules(f fields, r *report) {
	architecture := f.text("model_architecture")
	limit, ok := limits[schemas.Architecture(architecture)]
	if !ok {
		return // the schema says so, and checks the widest ranges
	}
	ranges := []struct {
		key     string
		allowed *interval
	}{
		{"temperature", limit.temperature}, {"top_p", limit.topP},
		{"max_tokens", limit.maxTokens}, {"frequency_penalty", limit.frequencyPenalty},
	}
	for _, p := range ranges {
		path, value := "parameters."+p.key, f.get("parameters", p.key)
		number, isNumber := value.(float64)
		switch {
		case value != nil && p.allowed == nil:
			r.add(path, schemas.CodeUnsupported, "is not supported by %s; leave it out", architecture)
		case isNumber && (number < p.allowed.least || number > p.allowed.most):
			r.add(path, schemas.CodeRange, "must be between %s and %s for %s",
				plain(p.allowed.least), plain(p.allowed.most), architecture)
		}
	}
	if stops, _ := f.get("parameters", "stop_sequences").([]any); len(stops) > limit.stopSequences {
		r.add("parameters.stop_sequences", schemas.CodeLength, "must have at most %d entries for %s",
			limit.stopSequences, architecture)
	}
}
