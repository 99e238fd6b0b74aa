package simulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"model-registrar/testsuite/simulator/control"
)

// platformCodes are the platform's codes and messages for statuses that faults order without saying more.
var platformCodes = map[int][2]string{
	400: {"bad.request", "The request could not be understood by the server due to malformed syntax."},
	401: {"bad.credentials", "Invalid login credentials."},
	403: {"not.authorized", "You are not authorized to perform the requested action."},
	404: {"not.found", "The requested resource was not found."},
	405: {"method.not.allowed", "The method is not allowed for this resource."},
	408: {"request.timeout", "The request timed out."},
	409: {"general.conflict", "The request conflicts with the current state of the resource."},
	413: {"request.entity.too.large", "The request is over the size limit."},
	415: {"unsupported.media.type", "The media type is not supported."},
	422: {"unprocessable.entity", "The request was well-formed but could not be processed."},
	429: {"too.many.requests.retry.after",
		"Rate limit exceeded the maximum. Retry the request in {retryAfter} seconds."},
	500: {"internal.server.error", "The server encountered an unexpected condition which prevented it from " +
		"fulfilling the request."},
	501: {"not.implemented", "The method is not implemented."},
	502: {"bad.gateway", "The gateway received an invalid answer."},
	503: {"service.unavailable", "Service Unavailable - The server is currently unavailable (because it is " +
		"overloaded or down for maintenance)."},
	504: {"request.timeout", "The request timed out."},
}

// platformError is an ErrorBody whose message is the template with its parameters filled in.
func platformError(
	correlationID string, status int, code, template string, params map[string]string,
) control.ErrorBody {
	known, ok := platformCodes[status]
	if !ok {
		known = [2]string{"status." + strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "."),
			http.StatusText(status)}
	}
	if code == "" {
		code = known[0]
	}
	if template == "" {
		template = known[1]
	}
	message := template
	for _, name := range slices.Sorted(maps.Keys(params)) {
		message = strings.ReplaceAll(message, "{"+name+"}", params[name])
	}
	return control.ErrorBody{
		Message: message, Code: code, Status: status, MessageWithParams: template,
		MessageParams: orEmpty(params), ContextID: correlationID,
		Details: []control.ErrorDetail{}, Errors: []control.ErrorBody{},
	}
}

func orEmpty(params map[string]string) map[string]string {
	if params == nil {
		return map[string]string{}
	}
	return params
}
