package schemas

// Range is what a number may be, both ends included.
type Range struct{ Least, Most float64 }

// ParameterLimits is what one architecture takes. A nil range means that it does not know the parameter.
type ParameterLimits struct {
	Temperature, TopP, MaxTokens, FrequencyPenalty *Range
	StopSequences                                  int // at most
}

// NamedRange is the range of one key of a manifest's parameters.
type NamedRange struct {
	Key     string
	Allowed *Range
}

// Ranges lists the ranges by key.
func (l ParameterLimits) Ranges() []NamedRange {
	return []NamedRange{{"temperature", l.Temperature}, {"top_p", l.TopP}, {"max_tokens", l.MaxTokens},
		{"frequency_penalty", l.FrequencyPenalty}}
}

// anyTokens bounds max_tokens for all: no model of today answers with more than a million tokens.
var anyTokens = &Range{1, 1_000_000}

// LimitsOf has the ranges that the providers' API references state.
var LimitsOf = map[Architecture]ParameterLimits{
	// OpenAI, "Create chat completion": temperature 0 to 2, top_p 0 to 1, frequency_penalty -2 to 2, up to 4 stops.
	OpenAI: {&Range{0, 2}, &Range{0, 1}, anyTokens, &Range{-2, 2}, 4},
	// Azure OpenAI, "Chat completions": the same as OpenAI.
	Azure: {&Range{0, 2}, &Range{0, 1}, anyTokens, &Range{-2, 2}, 4},
	// Anthropic, "Create a Message": temperature 0 to 1, top_p 0 to 1, no frequency_penalty. It states no number of
	// stop_sequences; 16 is the manifest's own bound.
	Anthropic: {&Range{0, 1}, &Range{0, 1}, anyTokens, nil, 16},
	// Cohere, "Chat" v2: p 0.01 to 0.99, frequency_penalty 0 to 1, up to 5 stop_sequences; temperature from 0, and
	// not above 1 in its playground and examples.
	Cohere: {&Range{0, 1}, &Range{0.01, 0.99}, anyTokens, &Range{0, 1}, 5},
	// Servers that speak OpenAI's protocol take its ranges, and mostly more stops.
	Custom: {&Range{0, 2}, &Range{0, 1}, anyTokens, &Range{-2, 2}, 16},
}

// ProbeField is a key of a manifest's probe block that means something for some architectures only.
type ProbeField struct {
	Key   string
	Whose []Architecture
}

// ProbeFields lists them.
var ProbeFields = []ProbeField{
	{"deployment", []Architecture{Azure}},
	{"api_version", []Architecture{Azure, Anthropic}},
	{"api", []Architecture{OpenAI, Azure, Custom}},
}
