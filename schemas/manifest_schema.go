package schemas

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/invopop/jsonschema"
)

// The patterns of the manifest's schema use what every implementation of JSON Schema has (Core, section 6.4):
// characters, classes of them, quantifiers, anchors and groups. `$` is not relied upon to refuse a line break, because
// in Python it matches before a final one: what must not occur at all is refused by `not`.

// JSONSchemaExtend adds the rules that concern one field's form, or two fields.
func (Manifest) JSONSchemaExtend(s *jsonschema.Schema) {
	property := func(key string) *jsonschema.Schema { p, _ := s.Properties.Get(key); return p }
	controls := class(unicode.Cc, unicode.Cf, unicode.Co)
	visible := "[^" + class(unicode.Z) + controls + joiners + "]"
	name := property("name")
	name.Pattern, name.Not = "^"+visible+"([^"+controls+"]*"+visible+")?$", &jsonschema.Schema{Type: "string",
		Pattern: "[" + controls + "]"}
	credential := property("auth_credential_id")
	credential.Pattern, credential.Not = "^[A-Za-z0-9]", &jsonschema.Schema{Type: "string",
		Pattern: "[^A-Za-z0-9._:/-]"}
	urlForm(property("endpoint_url"))
	urlForm(property("webhook_callback_url"))
	for _, key := range []string{"parameters", "webhook_callback_url", "probe", "monitor", "job_timeout"} {
		s.Properties.Set(key, orNull(property(key)))
	}
	s.Properties.Set("$schema", &jsonschema.Schema{Type: "string", Description: "Where this schema is, for editors."})
	for _, architecture := range Architectures {
		s.AllOf = append(s.AllOf, rulesOf(architecture))
	}
}

// JSONSchemaExtend allows null wherever a key may be absent.
func (Parameters) JSONSchemaExtend(s *jsonschema.Schema) { allOrNull(s) }

// JSONSchemaExtend allows null wherever a key may be absent, and has the form of the URL.
func (ProbeSpec) JSONSchemaExtend(s *jsonschema.Schema) {
	url, _ := s.Properties.Get("url")
	urlForm(url)
	allOrNull(s)
}

func allOrNull(s *jsonschema.Schema) {
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		p.Value = orNull(p.Value)
	}
}

// orNull allows null beside what a schema allows: a key without a value means the same as no key.
func orNull(s *jsonschema.Schema) *jsonschema.Schema {
	if s.Ref != "" {
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Ref: s.Ref}, {Type: "null"}}, Description: s.Description}
	}
	s.Extras = map[string]any{"type": []string{s.Type, "null"}}
	s.Type = ""
	if len(s.Enum) > 0 {
		s.Enum = append(s.Enum, nil)
	}
	return s
}

// rulesOf is what holds for the manifests of one architecture.
func rulesOf(architecture Architecture) *jsonschema.Schema {
	limits, parameters, probe := LimitsOf[architecture], jsonschema.NewProperties(), jsonschema.NewProperties()
	for _, p := range limits.Ranges() {
		if p.Allowed == nil {
			parameters.Set(p.Key, &jsonschema.Schema{Type: "null"})
			continue
		}
		parameters.Set(p.Key, &jsonschema.Schema{Minimum: number(p.Allowed.Least), Maximum: number(p.Allowed.Most)})
	}
	parameters.Set("stop_sequences", &jsonschema.Schema{MaxItems: new(uint64(limits.StopSequences))})
	for _, p := range ProbeFields {
		if !slices.Contains(p.Whose, architecture) {
			probe.Set(p.Key, &jsonschema.Schema{Enum: []any{nil, ""}})
		}
	}
	is, then := jsonschema.NewProperties(), jsonschema.NewProperties()
	is.Set("model_architecture", &jsonschema.Schema{Const: architecture})
	then.Set("parameters", &jsonschema.Schema{Properties: parameters})
	if probe.Len() > 0 {
		then.Set("probe", &jsonschema.Schema{Properties: probe})
	}
	return &jsonschema.Schema{If: &jsonschema.Schema{Properties: is, Required: []string{"model_architecture"}},
		Then: &jsonschema.Schema{Properties: then}}
}

func number(f float64) json.Number { return json.Number(strconv.FormatFloat(f, 'f', -1, 64)) }

// Parts of the pattern of URLs.
const (
	label    = `[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?`
	octet    = `(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`
	hostName = `((` + label + `\.)*` + label + `\.?)`
	address6 = `\[[0-9A-Fa-f:.]+\]`
	loopback = `(127\.` + octet + `\.` + octet + `\.` + octet +
		`\.?|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]\.?|\[[0:]*:0*1\])`
	port    = `(:0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?`
	rest    = `(/([^%?#]|%[0-9A-Fa-f]{2})*)?(\?[^#]*)?`
	hostEnd = `\.?(:|/|\?|$)`
)

// urlForm gives a property the form of a URL that may be called. It cannot say which URLs hold secrets, and which
// addresses in IPv6 are none that a model has.
func urlForm(s *jsonschema.Schema) {
	s.Pattern = `^([Hh][Tt][Tt][Pp][Ss]://(` + hostName + `|` + address6 + `)|[Hh][Tt][Tt][Pp]://` + loopback + `)` +
		port + rest + `$`
	unseen := `[` + class(unicode.Z) + class(unicode.Cc, unicode.Cf, unicode.Co) + joiners + `\\]`
	numeric := `^[A-Za-z]+://([^/?]*\.)?([0-9]+|0[Xx][0-9A-Fa-f]*)` + hostEnd
	dotted := `^[A-Za-z]+://` + octet + `\.` + octet + `\.` + octet + `\.` + octet + hostEnd
	reserved := `^[A-Za-z]+://(0\.|169\.254\.|2(2[4-9]|[3-5][0-9])\.|` +
		`(100\.100\.100\.200|168\.63\.129\.16|192\.0\.0\.192)` + hostEnd + `)`
	s.Not = &jsonschema.Schema{Type: "string", AnyOf: []*jsonschema.Schema{
		{Pattern: unseen}, {Pattern: reserved},
		{Pattern: numeric, Not: &jsonschema.Schema{Pattern: dotted}},
	}}
}

// The characters that [IsJoiner] knows.
const joiners = "\u200c\u200d"

// class writes the characters of some tables, except the joiners, as members of a pattern's class.
func class(tables ...*unicode.RangeTable) string {
	var b strings.Builder
	in := func(r rune) bool { return unicode.In(r, tables...) && !IsJoiner(r) }
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !in(r) {
			continue
		}
		first := r
		for in(r + 1) {
			r++
		}
		b.WriteRune(first)
		if r > first {
			b.WriteRune('-')
			b.WriteRune(r)
		}
	}
	return b.String()
}
