package endpoint

import (
	"cmp"
	"net/url"
	"slices"

	"model-registrar/schemas"
)

// completeAzure completes the forms of Azure's endpoints. The classic form names the deployment in the path and needs
// an api-version; the v1 form names the deployment as the model; Foundry's /models is a third. A version that is given
// is added wherever the query has none.
func completeAzure(u *url.URL, in schemas.ProbeInput, t Target) (Target, *Problem) {
	segments := segmentsOf(u)
	inPath := deploymentIn(segments)
	t.Model = cmp.Or(in.Spec.Deployment, inPath, t.Model)
	version := cmp.Or(u.Query().Get("api-version"), in.Spec.APIVersion)
	switch {
	case inPath != "" && in.Spec.Deployment != "" && inPath != in.Spec.Deployment:
		return Target{}, &Problem{"probe.deployment",
			"is another deployment than the one in endpoint_url; make them agree or remove one"}
	case inPath != "" && version == "":
		return Target{}, &Problem{"probe.api_version",
			"is missing; an endpoint_url that names a deployment needs it, such as 2024-10-21"}
	case isClassic(segments, inPath, version):
		t.URL = classicURL(u, t)
	case apiSegments(segments) > 0, hasVersion(segments), hasTail(segments, "models"):
		t.URL = extend(parent(u, apiSegments(segments)), tailOf(t.API)...)
	case hasTail(segments, "openai"):
		t.URL = extend(u, append([]string{"v1"}, tailOf(t.API)...)...)
	default:
		t.URL = extend(u, append([]string{"openai", "v1"}, tailOf(t.API)...)...)
	}
	if !t.URL.Query().Has("api-version") && version != "" {
		if t.URL.RawQuery != "" {
			t.URL.RawQuery += "&"
		}
		t.URL.RawQuery += "api-version=" + url.QueryEscape(version)
	}
	return t, nil
}

// isClassic: the path names a deployment, or there is a version and the path is not complete in another form. A v1
// somewhere in a gateway's prefix is none.
func isClassic(segments []string, inPath, version string) bool {
	if inPath != "" || version == "" {
		return inPath != ""
	}
	versioned := len(segments) > 0 && versionSegment.MatchString(segments[len(segments)-1])
	return !versioned && apiSegments(segments) == 0 && !hasTail(segments, "models")
}

// deploymentIn finds the deployment in a path such as /openai/deployments/gpt-4o/chat/completions.
func deploymentIn(segments []string) string {
	if i := slices.Index(segments, "deployments"); i >= 0 && i+1 < len(segments) {
		return segments[i+1]
	}
	return ""
}

// classicURL rebuilds {prefix}/openai/deployments/{deployment}/chat/completions, or {prefix}/openai/responses, which
// has the deployment in its body. What stands before /openai is a gateway's prefix and stays.
func classicURL(u *url.URL, t Target) *url.URL {
	segments := segmentsOf(u)
	for i, s := range segments {
		if s == "deployments" || s == "openai" && (i+1 == len(segments) || segments[i+1] == "deployments") {
			u = parent(u, len(segments)-i)
			break
		}
	}
	if t.API == schemas.ResponsesAPI {
		return extend(u, "openai", "responses")
	}
	return extend(u, "openai", "deployments", url.PathEscape(t.Model), "chat", "completions")
}
