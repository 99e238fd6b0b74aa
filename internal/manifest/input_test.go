package manifest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// input is the input of a registration of the smallest manifest with fields set.
func input(set map[string]any) string {
	return `{"requester": "ann", "manifest": ` + with(schemas.Custom, set) + `}`
}

func TestTheInputOfARegistrationIsReadAsStrictlyAsAFile(t *testing.T) {
	for name, c := range map[string]struct{ input, want string }{
		"all is well":          {input(nil), ""},
		"a bare policy":        {input(map[string]any{"approval": "always"}), ""},
		"a whole number":       {strings.Replace(input(nil), `"max_requests_per_minute":1`, `"max_requests_per_minute":1.0`, 1), ""},
		"a misspelt key":       {input(map[string]any{"aproval": "always"}), "aproval: is not a known key; did you mean approval?"},
		"a key in capitals":    {input(map[string]any{"Approval": "always"}), "Approval: is not a known key; did you mean approval?"},
		"a misspelt inner key": {input(map[string]any{"probe.sample": 2}), "probe.sample: is not a known key; did you mean samples?"},
		"a fraction":           {input(map[string]any{"max_requests_per_minute": 1.5}), "max_requests_per_minute: must be a whole number"},
		"a key twice":          {strings.Replace(input(nil), `{"auth`, `{"name":"model-b","auth`, 1), "name: is written twice, first on line 1; keep one"},
		"no requester":         {`{"manifest": ` + with(schemas.Custom, nil) + `}`, "requester: is missing; four eyes need to know who asks"},
		"an empty requester":   {strings.Replace(input(nil), `"ann"`, `" "`, 1), "requester: must not be empty; four eyes need to know who asks"},
		"a requester of 201":   {strings.Replace(input(nil), `"ann"`, `"`+strings.Repeat("ä", 201)+`"`, 1), "requester: must have at most 200 characters"},
		"an invisible letter": {strings.Replace(input(nil), `"ann"`, `"ann\u3164"`, 1),
			"requester: must be a name that reads as what it is: it holds a control character or an invisible one (U+3164)"},
		"a name of two scripts": {strings.Replace(input(nil), `"ann"`, `"\u0430nn"`, 1),
			"requester: must be a name that reads as what it is: it mixes letters of Cyrillic and Latin, as a name does that imitates another one"},
		"a requester of text": {strings.Replace(input(nil), `"ann"`, `7`, 1), "requester: must be text"},
		"a key beside":        {strings.Replace(input(nil), `"requester"`, `"requestor": "x", "requester"`, 1), "requestor: is not a known key; did you mean requester?"},
		"no manifest":         {`{"requester": "ann"}`, "manifest: is missing"},
		"a manifest of text":  {`{"requester": "ann", "manifest": "x"}`, "a manifest is a block of keys, such as `name: my-model`"},
		"a text":              {`"model"`, `the input must be an object: {"manifest": {…}, "requester": "…"}`},
		"nothing":             {`null`, `the input must be an object: {"manifest": {…}, "requester": "…"}`},
		"no bytes":            {``, "the input must be one JSON object"},
		"two values":          {`{}{}`, "the input must be one JSON object"},
		"broken JSON":         {`{"manifest": {`, "the input cannot be read: the JSON ends in the middle of a value; a bracket, brace or quote is missing"},
		"no text":             {"\xff\x00", "the input cannot be read: it is not UTF-8 text"},
	} {
		in, violations := ReadInput(schemas.RegisterModelWorkflow, []byte(c.input))
		var got []string
		for _, v := range violations {
			require.Zero(t, v.Line)
			require.NotEmpty(t, v.Code, name)
			got = append(got, v.String())
		}
		require.Equal(t, c.want, strings.Join(got, "|"), name)
		if c.want == "" {
			require.Equal(t, "model-a", in.Manifest.Name)
			require.Equal(t, "ann", in.Requester)
			require.Empty(t, Validate(in.Manifest))
		}
	}
}

func TestAConditionOfAChangeThatCannotBeReadIsRefusedAndNotTakenForNone(t *testing.T) {
	for name, c := range map[string]struct{ beside, want string }{
		"none":              {``, ""},
		"null":              {`"seen": null, "restore": null,`, ""},
		"whole":             {`"seen": {"modelId": "m", "liveHash": "a", "ownedHash": "b"}, "restore": true,`, ""},
		"seen as text":      {`"seen": "all",`, "seen: must be what a plan saw"},
		"seen as a list":    {`"seen": [{}],`, "seen: must be what a plan saw"},
		"a misspelt key":    {`"seen": {"liveHsh": "a"},`, "seen.liveHsh: is not a known key; did you mean liveHash?"},
		"another case":      {`"seen": {"LiveHash": "a"},`, "seen.LiveHash: is not a known key"},
		"a hash of numbers": {`"seen": {"liveHash": 7},`, "seen.liveHash: must be text of at most 300 characters"},
		"a long hash":       {`"seen": {"ownedHash": "` + strings.Repeat("a", 301) + `"},`, "seen.ownedHash: must be text"},
		"a key twice":       {`"seen": {"liveHash": "a", "liveHash": "b"},`, "twice"},
		"restore as text":   {`"restore": "yes",`, "restore: must be true or false"},
		"restore as 1":      {`"restore": 1,`, "restore: must be true or false"},
	} {
		raw := `{` + c.beside + strings.TrimPrefix(input(nil), `{`)
		_, violations := ReadInput(schemas.ChangeModelWorkflow, []byte(raw))
		var got []string
		for _, v := range violations {
			got = append(got, v.String())
		}
		if c.want == "" {
			require.Empty(t, got, name)
			continue
		}
		require.Contains(t, strings.Join(got, "|"), c.want, name)
	}
	_, violations := ReadInput(schemas.RegisterModelWorkflow, []byte(`{"restore": true, `+strings.TrimPrefix(input(nil), `{`)))
	require.NotEmpty(t, violations, "a registration restores nothing")
}

func TestAnInputThatIsMadeToFillTheWorkerIsRefusedBeforeAnythingIsBuiltOfIt(t *testing.T) {
	stops := make([]string, 500_000)
	huge, err := json.Marshal(map[string]any{"manifest": map[string]any{"parameters": map[string]any{"stop_sequences": stops}}})
	require.NoError(t, err)
	require.LessOrEqual(t, testing.AllocsPerRun(1, func() {
		_, violations := ReadInput(schemas.RegisterModelWorkflow, huge)
		require.Equal(t, "the input has more than 64 KiB; no field needs that much", violations[0].String())
	}), 100.0)
	for name, text := range map[string]string{
		"unknown keys":   `{"manifest":{` + strings.TrimSuffix(strings.Repeat(`"?":1,`, 10_000), ",") + `}}`,
		"keys beside":    `{` + numbered(`"k%d":1,`) + `"requester":"ann"}`,
		"inner keys":     `{"manifest":{"probe":{` + numbered(`"k%d":1,`) + `"samples":1}}}`,
		"stop sequences": `{"manifest":{"parameters":{"stop_sequences":[` + strings.TrimSuffix(strings.Repeat(`"",`, 20_000), ",") + `]}}}`,
	} {
		_, violations := ReadInput(schemas.RegisterModelWorkflow, []byte(text))
		require.NotEmpty(t, violations, name)
		require.LessOrEqual(t, len(violations), maxViolations+1, name)
	}
}

func numbered(form string) string {
	var b strings.Builder
	for i := range 5000 {
		b.WriteString(strings.Replace(form, "%d", string(rune('A'+i%26))+strings.Repeat("x", i%7)+string(rune(0x4e00+i)), 1))
	}
	return b.String()
}

func FuzzReadInput(f *testing.F) {
	f.Add([]byte(input(map[string]any{"aproval": "always"})))
	f.Add([]byte(`{"manifest":[],"requester":{}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, violations := ReadInput(schemas.RegisterModelWorkflow, raw)
		require.LessOrEqual(t, len(violations), maxViolations+1)
		if len(violations) == 0 {
			require.Empty(t, Validate(in.Manifest))
			require.NotEmpty(t, in.Requester)
		}
	})
}
