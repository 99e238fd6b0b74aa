// Package endpoint turns what a manifest says about an endpoint into the one request URL that the probe calls. The
// manifest's checks and the probe ask it alike, so that they agree.
package endpoint

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"

	"model-registrar/internal/netguard"
	"model-registrar/schemas"
)

// Target is where a probe goes.
type Target struct {
	URL   *url.URL
	Model string // as the endpoint knows it
	API   schemas.ProbeAPI
}

// Problem is why an endpoint cannot be called. It names the manifest's field and never repeats a URL, whose query may
// hold a key.
type Problem struct {
	Path    string // of the manifest's field
	Message string // goes on after the field's name: "is missing; …"
}

func (p *Problem) Error() string { return p.Path + " " + p.Message }

// Resolve completes the endpoint URL in the way of its architecture. Without probe.url, a trailing slash never matters,
// a path prefix and a query stay.
func Resolve(in schemas.ProbeInput) (Target, *Problem) {
	base, p := parse("endpoint_url", in.EndpointURL)
	if p != nil {
		return Target{}, p
	}
	t := Target{Model: cmp.Or(in.Spec.Model, in.Name), API: cmp.Or(in.Spec.API, schemas.ChatAPI)}
	if in.Spec.URL != "" {
		return exact(in, base, t)
	}
	if in.Spec.API == "" && speaksChat(in.Architecture) && hasTail(segmentsOf(base), "responses") {
		t.API = schemas.ResponsesAPI
	}
	switch in.Architecture {
	case schemas.OpenAI, schemas.Custom:
		t.URL = completeOpenAI(base, t.API)
	case schemas.Azure:
		return completeAzure(base, in, t)
	case schemas.Anthropic:
		return completeAnthropic(base, t)
	case schemas.Cohere:
		t.URL = completeCohere(base)
	default:
		return Target{}, &Problem{"model_architecture", "is not one that the probe knows"}
	}
	return t, nil
}

// exact is probe.url, as it stands. It is on the endpoint's own host: the proof is about what is registered.
func exact(in schemas.ProbeInput, base *url.URL, t Target) (Target, *Problem) {
	u, p := parse("probe.url", in.Spec.URL)
	switch {
	case p != nil:
		return Target{}, p
	case u.Host != base.Host || u.Scheme != base.Scheme:
		return Target{}, &Problem{"probe.url", "must be on the scheme, host and port of endpoint_url, which is what " +
			"is registered"}
	case in.Architecture == schemas.Azure && in.Spec.APIVersion != "":
		return Target{}, &Problem{"probe.api_version",
			"has no effect beside probe.url; write api-version into the query of probe.url"}
	case in.Spec.API == "" && speaksChat(in.Architecture) && hasTail(segmentsOf(u), "responses"):
		t.API = schemas.ResponsesAPI
	}
	t.URL = u
	if in.Architecture == schemas.Azure {
		t.Model = cmp.Or(in.Spec.Deployment, deploymentIn(segmentsOf(u)), t.Model)
	}
	return t, nil
}

func parse(path, raw string) (*url.URL, *Problem) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, &Problem{path, "is not a URL; write it as https://host/path"}
	}
	canonical, err := netguard.Canonical(u)
	if err != nil {
		return nil, &Problem{path, "cannot be called: " + err.Error()}
	}
	return canonical, nil
}

// speaksChat reports whether an architecture has OpenAI's two APIs.
func speaksChat(a schemas.Architecture) bool {
	return a == schemas.OpenAI || a == schemas.Azure || a == schemas.Custom
}

// tailOf is how the path of an API's requests ends.
func tailOf(api schemas.ProbeAPI) []string {
	if api == schemas.ResponsesAPI {
		return []string{"responses"}
	}
	return []string{"chat", "completions"}
}

// versionSegment matches the path segment of an API version: v1, v1beta, v2.
var versionSegment = regexp.MustCompile(`^v[0-9]+([a-z]+[0-9]*)?$`)

// completeOpenAI completes what people write for an OpenAI-shaped endpoint: the host, the host with /v1 (or another
// version, as in /openai/v1 and /v1beta/openai), with or without a trailing slash, or the full path of either API.
func completeOpenAI(u *url.URL, api schemas.ProbeAPI) *url.URL {
	tail, segments := tailOf(api), segmentsOf(u)
	if n := apiSegments(segments); n > 0 {
		return extend(parent(u, n), tail...)
	}
	if hasVersion(segments) {
		return extend(u, tail...)
	}
	return extend(u, append([]string{"v1"}, tail...)...)
}

// apiSegments counts the segments at the end of a path that name an API already.
func apiSegments(segments []string) int {
	switch {
	case hasTail(segments, "chat", "completions"):
		return 2
	case hasTail(segments, "chat"), hasTail(segments, "responses"):
		return 1
	}
	return 0
}

func completeAnthropic(u *url.URL, t Target) (Target, *Problem) {
	if host := u.Hostname(); strings.HasSuffix(host, "aiplatform.googleapis.com") ||
		strings.HasPrefix(host, "bedrock") && strings.HasSuffix(host, ".amazonaws.com") {
		return Target{}, &Problem{"endpoint_url", "is Vertex AI or Bedrock, whose requests to Anthropic's models " +
			"name the model " +
			"in the path and are signed or carry tokens of an hour, which no credential here can; see " +
			"docs/endpoints.md"}
	}
	switch segments := segmentsOf(u); {
	case hasTail(segments, "messages"):
		t.URL = extend(u)
	case len(segments) > 0 && versionSegment.MatchString(segments[len(segments)-1]):
		t.URL = extend(u, "messages")
	default:
		t.URL = extend(u, "v1", "messages")
	}
	return t, nil
}

func completeCohere(u *url.URL) *url.URL {
	switch segments := segmentsOf(u); {
	case hasTail(segments, "v2", "chat"):
		return extend(u)
	case hasTail(segments, "v2"):
		return extend(u, "chat")
	case hasTail(segments, "v1"):
		// the first version is another protocol, and its address what many still have written down
		return extend(parent(u, 1), "v2", "chat")
	case hasTail(segments, "v1", "chat"):
		return extend(parent(u, 2), "v2", "chat")
	}
	return extend(u, "v2", "chat")
}

// extend adds segments to the path. It leaves neither doubled slashes nor one at the end.
func extend(u *url.URL, segments ...string) *url.URL {
	bare := *u
	bare.Path, bare.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return bare.JoinPath(segments...)
}

// parent leaves out the last n segments of the path.
func parent(u *url.URL, n int) *url.URL {
	escaped := strings.TrimRight(u.EscapedPath(), "/")
	for range n {
		escaped = strings.TrimRight(escaped[:strings.LastIndexByte(escaped, '/')], "/")
	}
	up := *u
	up.Path, up.RawPath = "", ""
	return up.JoinPath(escaped)
}

func segmentsOf(u *url.URL) []string {
	return strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
}

func hasTail(segments []string, tail ...string) bool {
	if len(segments) < len(tail) {
		return false
	}
	for i, s := range tail {
		if segments[len(segments)-len(tail)+i] != s {
			return false
		}
	}
	return true
}

func hasVersion(segments []string) bool {
	for _, s := range segments {
		if versionSegment.MatchString(s) {
			return true
		}
	}
	return false
}
