package simulator

import (
	"net/http"
	"regexp"
	"strings"
)

// azureClassic is Azure OpenAI with deployments in the path and a dated api-version.
type azureClassic struct{ openAI }

// azureV1 is Azure OpenAI's newer API: the deployment is the model, and there is no api-version.
type azureV1 struct{ openAI }

var datedVersion = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-preview)?$`)

func (azureClassic) token(r *http.Request) string { return r.Header.Get("api-key") }
func (azureV1) token(r *http.Request) string      { return r.Header.Get("api-key") }

func (azureClassic) requestID() string { return "apim-request-id" }
func (azureV1) requestID() string      { return "apim-request-id" }

func (azureClassic) read(c *call) (chat, *refusal) {
	version := c.r.URL.Query().Get("api-version")
	deployment := c.r.PathValue("deployment")
	switch {
	case version == "":
		return chat{}, &refusal{status: http.StatusNotFound, code: "404", message: "Resource not found"}
	case !datedVersion.MatchString(version):
		return chat{}, &refusal{status: http.StatusBadRequest, code: "BadRequest", message: "API version not supported"}
	case isMissing(deployment):
		return chat{}, deploymentNotFound()
	}
	return readChat(c).openAI(c, deployment) // a model in the body is allowed and not looked at
}

func (azureV1) read(c *call) (chat, *refusal) {
	if c.r.URL.Query().Has("api-version") {
		return chat{}, &refusal{
			status: http.StatusBadRequest, code: "BadRequest",
			message: "api-version query parameter is not allowed when using /v1 path",
		}
	}
	r := readChat(c)
	model := r.model()
	if isMissing(model) {
		return chat{}, deploymentNotFound()
	}
	return r.openAI(c, model)
}

func isMissing(deployment string) bool { return strings.Contains(deployment, "missing") }

func deploymentNotFound() *refusal {
	return &refusal{
		status: http.StatusNotFound, code: "DeploymentNotFound",
		message: "The API deployment for this resource does not exist.",
	}
}
