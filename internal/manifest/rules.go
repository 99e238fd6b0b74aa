package manifest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"model-registrar/internal/endpoint"
	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// rules are what a JSON Schema cannot say, or says badly. Each looks at the tree of a manifest and leaves alone what is
// absent or of the wrong type: that is the schema's business.
var rules = []func(fields, *report){
	urlRules, credentialRule, parameterRules, endpointRule, durationRules,
}

func applyRules(manifest map[string]any) []schemas.Violation {
	var r report
	for _, rule := range rules {
		rule(fields(manifest), &r)
	}
	return r.violations
}

type report struct{ violations []schemas.Violation }

func (r *report) add(path, code, format string, args ...any) {
	r.violations = append(r.violations, schemas.Violation{Path: path, Code: code,
		Message: fmt.Sprintf(format, args...)})
}

// fields reads a manifest's tree.
type fields map[string]any

// get returns a field, or a field of a block if two keys are given.
func (f fields) get(keys ...string) any {
	var value any = map[string]any(f)
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// text returns a field that is text, and "" for anything else.
func (f fields) text(keys ...string) string {
	text, _ := f.get(keys...).(string)
	return text
}

func urlRules(f fields, r *report) {
	for _, u := range []struct{ path, raw, instead string }{
		{"endpoint_url", f.text("endpoint_url"), endpointSecret}, {"probe.url", f.text("probe", "url"), endpointSecret},
		{"webhook_callback_url", f.text("webhook_callback_url"), webhookSecret},
	} {
		if u.raw == "" || utf8.RuneCountInString(u.raw) > maxURL {
			continue
		}
		if code, message := checkURL(u.raw, u.instead); message != "" {
			r.add(u.path, code, "%s", message)
		}
	}
}

// What to do with a secret that stands in a URL.
const (
	endpointSecret = "let auth_credential_id name a credential of the worker's REGISTRAR_CREDENTIALS_FILE, which can " +
		"send its " +
		"token in a header or, with query, in a query parameter"
	webhookSecret = "let the worker send it: name the receiver's host in its REGISTRAR_WEBHOOK_CREDENTIALS_FILE, " +
		"with a header or a " +
		"query parameter"
)

// maxURL is the schema's maximum, in characters; longer ones are not even parsed.
const maxURL = 2048

func credentialRule(f fields, r *report) {
	if looksLikeSecret(f.text("auth_credential_id")) {
		r.add("auth_credential_id", schemas.CodeSecret,
			"looks like a credential itself; revoke it if it is one, and write the id under which it is stored")
	}
}

// endpointRule asks what the probe will ask: whether the URL to call follows from the manifest.
func endpointRule(f fields, r *report) {
	architecture := schemas.Architecture(f.text("model_architecture"))
	if f.refusesProbeFields(architecture, r) || !slices.Contains(schemas.Architectures, architecture) {
		return
	}
	for _, raw := range []string{f.text("endpoint_url"), f.text("probe", "url")} {
		if _, problem := checkURL(raw, ""); utf8.RuneCountInString(raw) > maxURL || raw != "" && problem != "" {
			return // it is among the violations already
		}
	}
	_, problem := endpoint.Resolve(schemas.ProbeInput{
		Name: f.text("name"), EndpointURL: f.text("endpoint_url"), Architecture: architecture,
		Spec: schemas.ProbeSpec{
			Model: f.text("probe", "model"), Deployment: f.text("probe", "deployment"), APIVersion: f.text("probe",
				"api_version"),
			API: schemas.ProbeAPI(f.text("probe", "api")), URL: f.text("probe", "url"),
		},
	})
	if problem == nil || f.text("endpoint_url") == "" {
		return
	}
	code := schemas.CodeURL
	if strings.HasPrefix(problem.Message, "is missing") {
		code = schemas.CodeMissing
	} else if !strings.HasSuffix(problem.Path, "url") {
		code = schemas.CodeUnsupported
	}
	r.add(problem.Path, code, "%s", problem.Message)
}

// refusesProbeFields reports fields of the probe block that mean nothing for an architecture.
func (f fields) refusesProbeFields(architecture schemas.Architecture, r *report) bool {
	before := len(r.violations)
	for _, only := range schemas.ProbeFields {
		if f.text("probe", only.Key) != "" && architecture != "" && !slices.Contains(only.Whose, architecture) {
			r.add("probe."+only.Key, schemas.CodeUnsupported, "is for model_architecture %s only", anded(only.Whose))
		}
	}
	return len(r.violations) > before
}

// anded writes names as people do: a, b and c.
func anded(names []schemas.Architecture) string {
	var b strings.Builder
	for i, name := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			b.WriteString(" and ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(name))
	}
	return b.String()
}

// durationLimits bound the time spans. A job may run for days; nobody's approval should be waited for beyond a quarter.
// Models are checked at least once in 30 days.
var durationLimits = []struct {
	block, key  string
	least, most time.Duration
}{
	{"", "job_timeout", time.Second, 720 * time.Hour},
	{"probe", "timeout", time.Second, 5 * time.Minute},
	{"approval", "timeout", time.Second, 2160 * time.Hour},
	{"monitor", "every", time.Minute, 720 * time.Hour},
}

func durationRules(f fields, r *report) {
	for _, limit := range durationLimits {
		path, raw := limit.key, f.text(limit.key)
		if limit.block != "" {
			path, raw = limit.block+"."+limit.key, f.text(limit.block, limit.key)
		}
		if raw == "" || len(raw) > 32 {
			continue
		}
		switch d, err := time.ParseDuration(raw); {
		case err != nil:
			r.add(path, schemas.CodeDuration, durationSentence)
		case d < limit.least || d > limit.most:
			r.add(path, schemas.CodeDuration, "must be between %s and %s", words.Exactly(limit.least),
				words.Exactly(limit.most))
		}
	}
}

// plain writes a number without an exponent.
func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
