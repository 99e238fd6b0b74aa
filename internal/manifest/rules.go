package manifest

import (
	"fmt"
	"strconv"
	"time"

	"model-registrar/schemas"
)

// rules are what a JSON Schema cannot say, or says badly. Each looks at the tree of a manifest and leaves alone what is
// absent or of the wrong type: that is the schema's business.
var rules = []func(fields, *report){
	urlRules, credentialRule, parameterRules, azureRule, durationRules,
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
	r.violations = append(r.violations, schemas.Violation{Path: path, Code: code, Message: fmt.Sprintf(format, args...)})
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
	for _, key := range []string{"endpoint_url", "webhook_callback_url"} {
		raw := f.text(key)
		if raw == "" || len(raw) > maxURLBytes {
			continue
		}
		if code, message := checkURL(raw); message != "" {
			r.add(key, code, "%s", message)
		}
	}
}

// maxURLBytes is the schema's maximum; longer ones are not even parsed.
const maxURLBytes = 2048

func credentialRule(f fields, r *report) {
	if looksLikeSecret(f.text("auth_credential_id")) {
		r.add("auth_credential_id", schemas.CodeSecret,
			"looks like a credential itself; revoke it if it is one, and write the id under which it is stored")
	}
}

// azureRule: classic Azure OpenAI endpoints name a deployment and an api-version in each request; v1 endpoints neither.
func azureRule(f fields, r *report) {
	deployment, version := f.text("probe", "deployment"), f.text("probe", "api_version")
	switch architecture := f.text("model_architecture"); {
	case architecture == string(schemas.Azure) && deployment != "" && version == "":
		r.add("probe.api_version", schemas.CodeMissing, "is missing; a classic schemas.Azure endpoint needs it together with deployment")
	case architecture == string(schemas.Azure) && version != "" && deployment == "":
		r.add("probe.deployment", schemas.CodeMissing, "is missing; a classic schemas.Azure endpoint needs it together with api_version")
	case architecture != "" && architecture != string(schemas.Azure):
		for _, key := range []string{"deployment", "api_version"} {
			if f.text("probe", key) != "" {
				r.add("probe."+key, schemas.CodeUnsupported, "is for model_architecture azure only")
			}
		}
	}
}

// durationLimits bound the time spans. A job may run for days; nobody's approval should be waited for beyond a quarter.
var durationLimits = []struct {
	block, key  string
	least, most time.Duration
}{
	{"", "job_timeout", time.Second, 720 * time.Hour},
	{"probe", "timeout", time.Second, 5 * time.Minute},
	{"approval", "timeout", time.Second, 2160 * time.Hour},
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
			r.add(path, schemas.CodeDuration, "must be between %s and %s", span(limit.least), span(limit.most))
		}
	}
}

// span writes a duration as people do: 720h, not 720h0m0s.
func span(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

// plain writes a number without an exponent.
func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
