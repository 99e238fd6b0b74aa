package probe

import (
	"net/url"
	"regexp"
	"strings"

	"model-registrar/internal/netguard"
	"model-registrar/schemas"
)

// parseEndpoint reads the manifest's URL. Its errors never repeat the URL, whose query may hold a key.
func parseEndpoint(raw string) (*url.URL, *failure) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, failedForGood(CodeEndpointInvalid, "endpoint_url is not a URL. Write it as https://host/path.")
	}
	canonical, err := netguard.Canonical(u)
	if err != nil {
		return nil, failedForGood(CodeEndpointInvalid, "endpoint_url cannot be called: %v", err)
	}
	return canonical, nil
}

// shown is a URL as reports have it: without userinfo, query and fragment.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// modelOf is the model's name as the endpoint knows it.
func modelOf(in schemas.ProbeInput) string {
	if in.Spec.Model != "" {
		return in.Spec.Model
	}
	return in.Name
}

// versionSegment matches the path segment of an API version: v1, v1beta, v2.
var versionSegment = regexp.MustCompile(`^v[0-9]+([a-z]+[0-9]*)?$`)

// chatCompletionsURL completes what people write for an OpenAI-shaped endpoint: the host, the host with /v1 (or
// another version, as in /openai/v1 and /v1beta/openai), with or without a trailing slash, or the full path. A query
// stays.
func chatCompletionsURL(u *url.URL) *url.URL {
	segments := segmentsOf(u)
	switch {
	case hasTail(segments, "chat", "completions"):
		return extend(u)
	case hasTail(segments, "chat"):
		return extend(u, "completions")
	case hasVersion(segments):
		return extend(u, "chat", "completions")
	}
	return extend(u, "v1", "chat", "completions")
}

// extend adds segments to the path. It leaves neither doubled slashes nor one at the end.
func extend(u *url.URL, segments ...string) *url.URL {
	bare := *u
	bare.Path, bare.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return bare.JoinPath(segments...)
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
