package manifest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

const smallest = `name: model-a
endpoint_url: https://llm.example.com
auth_credential_id: cred_1
model_architecture: custom
max_requests_per_minute: 1
max_tokens_per_minute: 1
`

func names(docs []Document) []string {
	var all []string
	for _, d := range docs {
		all = append(all, d.Manifest.Name)
	}
	return all
}

func TestOneFileMayHoldManyManifests(t *testing.T) {
	second := strings.Replace(smallest, "model-a", "model-b", 1)
	line := func(name string) string {
		return with(schemas.Custom, map[string]any{"name": name})
	}
	cases := map[string]struct{ file, text string }{
		"YAML documents":             {"f.yaml", smallest + "---\n" + second},
		"a marker first and last":    {"f.yaml", "---\n" + smallest + "---\n" + second + "---\n"},
		"end markers":                {"f.yaml", smallest + "...\n---\n" + second + "...\n"},
		"a comment on the marker":    {"f.yml", "# top\n--- # one\n" + smallest + "---\t# two\n" + second},
		"empty documents between":    {"f.yaml", smallest + "---\n---\n# nothing\n---\nnull\n---\n" + second},
		"carriage returns":           {"f.yaml", strings.ReplaceAll(smallest+"---\n"+second, "\n", "\r\n")},
		"JSON lines":                 {"f.jsonl", line("model-a") + "\n\n" + line("model-b") + "\n"},
		"JSON values in one line":    {"f.json", line("model-a") + line("model-b")},
		"a byte order mark":          {"f.yaml", "\ufeff" + smallest + "---\n" + second},
		"a byte order mark, JSON":    {"f.json", "\ufeff" + line("model-a") + line("model-b")},
		"standard input of YAML":     {"-", smallest + "---\n" + second},
		"standard input of JSON":     {"-", "\n {\t" + line("model-a")[1:] + "\n" + line("model-b")},
		"text that has marker lines": {"f.yaml", smallest + "probe: {model: \"a --- b\"}\n---\n" + second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			docs, err := Parse(c.file, []byte(c.text))
			require.NoError(t, err)
			require.Equal(t, []string{"model-a", "model-b"}, names(docs))
			for i, d := range docs {
				require.Empty(t, d.Violations)
				require.Equal(t, i, d.Index)
				require.Equal(t, c.file, d.File)
			}
		})
	}
}

func TestViolationsStandWhereTheKeyStands(t *testing.T) {
	json := "{\"name\": \"ü\",\n\t\"parameters\": {\n\t\t\"tëst\": 1, \"top_p\": 7,\n\t\t\"stop_sequences\": [\"ok\",\n  3]}}"
	yaml := "# first\r\n--- # second\r\n" + smallest + "---\n\n" + smallest +
		"parameters:\n  \"ünknown\": 1\n  ? x\n"
	for _, c := range []struct {
		file, text string
		want       []string
	}{
		{"f.json", json, []string{
			`f.json:1:1: auth_credential_id: is missing`, `f.json:1:2: name: must have at least 3 characters`,
			`f.json:3:3: parameters."t\u00ebst": is not a known key`, `f.json:3:14: parameters.top_p: must be between 0 and 1`,
			`f.json:5:3: parameters.stop_sequences[1]: must be text; put it in quotes`}},
		{"f.yaml", yaml, []string{`f.yaml:19:3: keys that begin with ? are not allowed`}},
		{"f.yaml", strings.Replace(yaml, "  ? x\n", "  ünknown: {a: 1}\n  top_p: 3\n", 1), []string{
			`f.yaml:18:3: parameters."\u00fcnknown": is not a known key`,
			`f.yaml:19:3: parameters."\u00fcnknown": is written twice, first on line 18; keep one`,
			`f.yaml:20:3: parameters.top_p: must be between 0 and 1 for custom`}},
		{"f.yaml", "name: [a,\n  b]\nparameters: {top_p: 1, temperature: 9,\n  'max_tokens': 0}\n", []string{
			`f.yaml:1:1: endpoint_url: is missing`, `f.yaml:1:1: name: must be text`,
			`f.yaml:3:24: parameters.temperature: must be between 0 and 2`,
			`f.yaml:4:3: parameters.max_tokens: must be between 1 and 1000000`}},
	} {
		docs, err := Parse(c.file, []byte(c.text))
		require.NoError(t, err)
		var all []string
		for _, d := range docs {
			for _, v := range d.Violations {
				all = append(all, v.In(c.file))
			}
		}
		for _, want := range c.want {
			require.Contains(t, strings.Join(all, "\n"), want)
		}
	}
}

func TestADocumentKnowsWhereItsFieldsStand(t *testing.T) {
	docs, err := Parse("f.yaml", []byte(smallest+"---\n"+smallest))
	require.NoError(t, err)
	line, column := docs[1].Position("model_architecture")
	require.Equal(t, [2]int{11, 1}, [2]int{line, column})
	line, column = docs[1].Position("probe.samples")
	require.Equal(t, [2]int{8, 1}, [2]int{line, column}, "what is not written stands where its holder begins")
}

func TestFilesThatCannotBeReadSayWhyAndWhere(t *testing.T) {
	deepJSON := `{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`
	deepYAML := "a: " + strings.Repeat("[", 60000) + strings.Repeat("]", 4)
	cases := map[string]struct {
		file, text string
		kind       error
		want       string
	}{
		"empty":                    {"f.yaml", "", ErrNoManifest, "f.yaml: the file holds no manifest; write one, beginning with"},
		"only comments":            {"f.yaml", "# nothing\n---\n# here\n", ErrNoManifest, "f.yaml: the file holds no manifest"},
		"empty JSON":               {"f.jsonl", "\n\n", ErrNoManifest, "f.jsonl: the file holds no manifest"},
		"ten megabytes":            {"f.yaml", smallest + strings.Repeat("# padding\n", 1<<20), ErrTooLarge, "f.yaml: the file has more than 1 MiB; split it into several"},
		"ten megabytes of JSON":    {"f.json", strings.Repeat("[", 10<<20), ErrTooLarge, "f.json: the file has more than 1 MiB; split it into several"},
		"one large document":       {"f.yaml", smallest + "---\nname: " + strings.Repeat("x", 70000), ErrTooLarge, "f.yaml:7:1: the manifest that begins here has more than 64 KiB"},
		"one large value":          {"f.json", "{}\n" + `{"name":"` + strings.Repeat("x", 70000) + `"}`, ErrTooLarge, "f.json:2:1: the manifest that begins here has more than 64 KiB"},
		"large when keys repeat":   {"f.json", `{"a":1,"a":"` + strings.Repeat("x", 70000) + `"}`, ErrTooLarge, "f.json:1:1: the manifest that begins here has more than 64 KiB"},
		"too many":                 {"f.json", strings.Repeat("{}", MaxDocuments+1), ErrTooLarge, "the file has more than 10000 manifests"},
		"too many of YAML":         {"f.yaml", strings.Repeat("a: 1\n---\n", MaxDocuments+1), ErrTooLarge, "the file has more than 10000 manifests"},
		"deep JSON":                {"f.json", deepJSON, ErrTooDeep, "f.json:1:37: blocks and lists are nested more than 32 deep"},
		"deep YAML in brackets":    {"f.yaml", deepYAML, ErrTooDeep, "f.yaml:1:36: blocks and lists are nested more than 32 deep"},
		"deep YAML in dashes":      {"f.yaml", strings.Repeat("- ", 30000) + "x", ErrTooDeep, "f.yaml:1:65: blocks and lists are nested more than 32 deep"},
		"deep YAML by lines":       {"f.yaml", staircase(200), ErrTooDeep, "f.yaml:33:33: blocks and lists are nested more than 32 deep"},
		"Latin-1":                  {"f.yaml", "# ok\nname: M\xfcller", ErrNotUTF8, "f.yaml:2:8: the file is not UTF-8 text from here on"},
		"UTF-16":                   {"f.json", "\xff\xfe{\x00", ErrNotUTF8, "f.json:1:1: the file is not UTF-8 text"},
		"JSON with a comma":        {"f.json", "{\"a\": 1,\n}", ErrBrokenInput, "f.json:2:1: the JSON is broken here: invalid character '}'"},
		"JSON that ends":           {"f.json", "{\"a\":\n [1", ErrBrokenInput, "the JSON ends in the middle of a value"},
		"JSON that ends in a text": {"f.json", "{\"a", ErrBrokenInput, "f.json:1:2: the JSON ends in the middle of a value"},
		"JSON with rubbish after":  {"f.json", "{} x", ErrBrokenInput, "f.json:1:4: the JSON is broken here"},
		"JSON with a bare key":     {"f.json", "{a: 1}", ErrBrokenInput, "f.json:1:2: the JSON is broken here"},
		"YAML with a tab":          {"f.yaml", "name: a\n\tx: 1", ErrBrokenInput, "f.yaml:2:1: the YAML is broken here: a tab indents it"},
		"YAML with an open quote":  {"f.yaml", smallest + "---\nname: \"a", ErrBrokenInput, "f.yaml:8:7: the YAML is broken here"},
		"YAML with an open brace":  {"f.yaml", "a: {b: 1", ErrBrokenInput, "f.yaml:1:4: the YAML is broken here"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			docs, err := Parse(c.file, []byte(c.text))
			require.Empty(t, docs)
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.want)
			var broken *ParseError
			require.True(t, errors.As(err, &broken))
			require.Less(t, len(err.Error()), 300)
		})
	}
}

// staircase nests a block in a block in a block, one to a line.
func staircase(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestAYAMLBombIsRefusedBeforeItIsExpanded(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'z'; c++ {
		item := fmt.Sprintf("*%c", c-1)
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.Join([]string{item, item, item, item, item, item, item, item, item}, ","))
	}
	start := time.Now()
	doc := only(t, "bomb.yaml", bomb)
	require.Less(t, time.Since(start), patience)
	require.Equal(t, "bomb.yaml:1:4: anchors (&) are not allowed in a manifest; write the value out", doc.Violations[0].In("bomb.yaml"))
	require.Len(t, doc.Violations, maxViolations+1)
	require.Empty(t, doc.Manifest)
}

func TestPartsOfYAMLThatAManifestHasNoUseForAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"x: &a 1":              "1:4: anchors (&)",
		"x: *a":                "1:4: aliases (*)",
		"webhook: *.example":   "1:10: aliases (*)",
		"x: !!binary aGk=":     "1:4: tags (!)",
		"!custom\nx: 1":        "1:1: tags (!)",
		"<<: {name: a}":        "1:1: merge keys (<<)",
		"? x\n: 1":             "1:1: keys that begin with ?",
		"%YAML 1.2\n---\nx: 1": "1:1: directives (%)",
		"1: x":                 "1:1: has a key that is not text",
		"true: x":              "1:1: has a key that is not text",
		"name: a\nname: b":     "2:1: name: is written twice, first on line 1",
	} {
		docs, err := Parse("f.yaml", []byte(text))
		require.NoError(t, err, text)
		var all strings.Builder
		for _, v := range docs[0].Violations {
			fmt.Fprintln(&all, v.In("f.yaml"))
		}
		require.Contains(t, all.String(), "f.yaml:"+want, text)
	}
}

func TestAKeyWrittenTwiceIsReportedInJSONToo(t *testing.T) {
	doc := only(t, "f.json", strings.Replace(with(schemas.Custom, nil), "{", "{\n\"name\": \"first\",\n", 1))
	require.Len(t, doc.Violations, 1)
	require.Contains(t, doc.Violations[0].String(), "name: is written twice, first on line 2; keep one")
}

func TestNumbersAreReadTheWayTheyAreWrittenOrNotAtAll(t *testing.T) {
	for text, want := range map[string]string{
		"4096": "", "4096.0": "", "+5": "", "1e3": "", "1_000": "plain decimal", "0x10": "plain decimal", "0o17": "plain decimal",
		"0b11": "plain decimal", "017": "plain decimal", "9007199254740993": "2^53", "99999999999999999999": "2^53",
		"-9007199254740992": "2^53", "1e400": "2^53", "1e999999999": "2^53", "4.5": "a whole number", "'4096'": "without quotes",
	} {
		doc := only(t, "f.yaml", smallest+"parameters: {max_tokens: "+text+"}")
		if want == "" {
			require.Empty(t, doc.Violations, text)
			continue
		}
		require.Len(t, doc.Violations, 1, text)
		require.Equal(t, "parameters.max_tokens", doc.Violations[0].Path)
		require.Contains(t, doc.Violations[0].Message, want, text)
	}
	for text, want := range map[string]string{"9007199254740993": "2^53", "1e999999999": "2^53", "1e3": "", "-0": "between 1"} {
		doc := only(t, "f.json", strings.Replace(with(schemas.Custom, map[string]any{"parameters.max_tokens": 31337}), "31337", text, 1))
		if want == "" {
			require.Empty(t, doc.Violations)
			require.Equal(t, 1000, *doc.Manifest.Parameters.MaxTokens)
			continue
		}
		require.Len(t, doc.Violations, 1, text)
		require.Contains(t, doc.Violations[0].Message, want, text)
	}
}

func TestWhatIsNotABlockIsNoManifest(t *testing.T) {
	for _, text := range []string{"[1, 2]", `"text"`, "3", "true"} {
		for _, file := range []string{"f.json", "f.yaml"} {
			doc := only(t, file, text)
			require.Contains(t, doc.Violations[0].Message, "a manifest is a block of keys, such as `name: my-model`")
		}
	}
}

func TestASoundPartOfABadManifestIsReadForMessages(t *testing.T) {
	doc := only(t, "f.yaml", smallest+"parameters: {temperature: 99}\nprobe: {samples: 4}\n")
	require.Len(t, doc.Violations, 1)
	require.Equal(t, "model-a", doc.Manifest.Name)
	require.Equal(t, 4, doc.Manifest.Probe.Samples)
	require.Nil(t, doc.Manifest.Parameters.Temperature)
}
