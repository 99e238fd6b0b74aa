package probe

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"model-registrar/schemas"
)

// azure is Azure OpenAI: the openai protocol at another place and under another header. Its classic form names the
// deployment in the path and needs an api-version; its v1 form names the deployment as the model and has neither.
type azure struct{ openAI }

func (azure) header() (name, scheme string) { return "api-key", "" }

func (azure) target(u *url.URL, in schemas.ProbeInput) (target, error) {
	segments := segmentsOf(u)
	inPath := deploymentIn(segments)
	deployment := cmp.Or(in.Spec.Deployment, inPath, modelOf(in))
	version := cmp.Or(u.Query().Get("api-version"), in.Spec.APIVersion)
	switch {
	case inPath != "" && in.Spec.Deployment != "" && inPath != in.Spec.Deployment:
		return target{}, fmt.Errorf("it names the deployment %q and probe.deployment names %q; make them agree or "+
			"remove one", inPath, in.Spec.Deployment)
	case inPath != "" && version == "":
		return target{}, fmt.Errorf("a classic Azure deployment needs an API version; set probe.api_version, such as 2024-10-21")
	case inPath != "" || version != "" && !hasVersion(segments) && !hasTail(segments, "chat", "completions"):
		return target{url: classicURL(u, segments, deployment, version), model: deployment}, nil
	}
	return target{url: azureV1URL(u, segments), model: deployment}, nil
}

// deploymentIn finds the deployment in a path such as /openai/deployments/gpt-4o/chat/completions.
func deploymentIn(segments []string) string {
	for i, s := range segments {
		if s == "deployments" && i+1 < len(segments) {
			return segments[i+1]
		}
	}
	return ""
}

// classicURL rebuilds {prefix}/openai/deployments/{deployment}/chat/completions?api-version={version}. What stands
// before /openai is a gateway's prefix and stays.
func classicURL(u *url.URL, segments []string, deployment, version string) *url.URL {
	prefix := segments
	for i, s := range segments {
		if s == "openai" || s == "deployments" {
			prefix = segments[:i]
			break
		}
	}
	root := *u
	root.Path, root.RawPath = "/"+strings.Join(prefix, "/"), ""
	c := extend(&root, "openai", "deployments", url.PathEscape(deployment), "chat", "completions")
	q := u.Query()
	q.Set("api-version", version)
	c.RawQuery = q.Encode()
	return c
}

// azureV1URL completes {endpoint}/openai/v1/chat/completions.
func azureV1URL(u *url.URL, segments []string) *url.URL {
	switch {
	case hasVersion(segments), hasTail(segments, "chat", "completions"):
		return chatCompletionsURL(u)
	case hasTail(segments, "openai"):
		return extend(u, "v1", "chat", "completions")
	}
	return extend(u, "openai", "v1", "chat", "completions")
}
