package schemas

// Reason codes: ErrorCode of a probe's report or of a sample says by one of these why it is a FAIL. [ProbeReasons] says
// what each means.
const (
	// ReasonUnfinished: no attempt of the probe lived long enough to report anything.
	ReasonUnfinished = "probe_unfinished"

	// The probe could not start, and no retry helps.

	ReasonEndpointInvalid    = "endpoint_invalid"            // the URL is not one that can be called
	ReasonCredentialMissing  = "credential_missing"          // no token for the credential id
	ReasonCredentialHost     = "credential_host_not_allowed" // the token may not be sent to this host
	ReasonCredentialUnusable = "credential_unreadable"       // the token's file or variable cannot be read
	ReasonAddressBlocked     = "address_blocked"             // the outbound guard refused the address

	// The endpoint was not reached. Retried while the cold sample shows it: the endpoint may be starting.

	ReasonDNS               = "dns_failed"
	ReasonConnectionRefused = "connection_refused"
	ReasonConnectFailed     = "connect_failed"    // no route, time out while connecting, and the like
	ReasonTLS               = "tls_failed"        // handshake or certificate
	ReasonConnectionClosed  = "connection_closed" // closed after the request and before a response

	// The endpoint answered that it cannot answer now. Retried like the above.

	ReasonRequestTimeout = "request_timeout" // 408
	ReasonRateLimited    = "rate_limited"    // 429
	ReasonServerError    = "server_error"    // 5xx
	ReasonOverloaded     = "overloaded"      // 503, 529, and errors of that type

	// The endpoint refused, and will do so again.

	ReasonBadRequest       = "bad_request"        // 400, 422 and other 4xx
	ReasonUnauthorized     = "unauthorized"       // 401, 498
	ReasonForbidden        = "forbidden"          // 403
	ReasonNotFound         = "not_found"          // 404: no such path
	ReasonModelNotFound    = "model_not_found"    // 404 or 400 that names the model or deployment
	ReasonUnsupportedAPI   = "api_not_supported"  // the model speaks another API of the endpoint
	ReasonParameters       = "parameters_refused" // the registered parameters
	ReasonQuota            = "quota_exhausted"    // 402, insufficient_quota
	ReasonRedirect         = "redirected"         // 3xx: never followed
	ReasonUnexpectedStatus = "unexpected_status"  // anything else that is not 200

	// The response is not one that the architecture knows.

	ReasonHTML             = "html_response"
	ReasonContentType      = "wrong_content_type"
	ReasonErrorBody        = "error_body" // an error in the body, or in the stream, under status 200
	ReasonMalformed        = "malformed_response"
	ReasonResponseTooLarge = "response_too_large"
	ReasonStreamTruncated  = "stream_truncated" // the stream stopped before its end was announced
	ReasonTimeout          = "timeout"          // no complete answer within the sample's time

	// The answer is not VALIDATION_SUCCESS.

	ReasonAnswerMismatch  = "answer_mismatch"
	ReasonAnswerEmpty     = "answer_empty"
	ReasonAnswerEndless   = "answer_endless"   // far longer than asked for; cut off by the probe
	ReasonAnswerLooping   = "answer_looping"   // the same text over and over
	ReasonAnswerTruncated = "answer_truncated" // the token limit came before the end of the answer
	ReasonContentFiltered = "content_filtered" // the provider's filter or the model's refusal

	// The samples ran, and their figures are not good enough.

	ReasonMinSuccess  = "success_rate_too_low"   // probe.min_success
	ReasonLatencySLO  = "latency_slo_exceeded"   // probe.latency_slo_ms
	ReasonTTFTSLO     = "ttft_slo_exceeded"      // probe.ttft_slo_ms
	ReasonTokenBudget = "token_budget_exhausted" // probe.token_budget
)

// ProbeReason is what there is to know about a reason code.
type ProbeReason struct {
	Code    string
	Of      string // statuses and the like that have it, in markdown; may be empty
	Retried string // whether the probe is repeated while the cold sample shows it
	Advice  string // what to look at, in markdown
}

// ProbeReasons is the catalogue of the reason codes. docs/probe.md shows it: run `go generate ./schemas` after a
// change.
var ProbeReasons = []ProbeReason{
	{Code: ReasonUnfinished, Retried: "within the probe's time",
		Advice: "the workers: no attempt lived long enough to report anything"},
	{Code: ReasonEndpointInvalid, Retried: "no",
		Advice: "the form of `endpoint_url`; for Azure, deployment and API version"},
	{Code: ReasonCredentialMissing, Retried: "no",
		Advice: "the id in `REGISTRAR_CREDENTIALS_FILE`, or `EXTERNAL_AI_TOKEN`"},
	{Code: ReasonCredentialHost, Retried: "no",
		Advice: "the credential's `hosts`, or `EXTERNAL_AI_TOKEN_HOSTS`"},
	{Code: ReasonCredentialUnusable, Retried: "no",
		Advice: "the token's file or variable, certificates, on the worker's machine"},
	{Code: ReasonAddressBlocked, Retried: "no",
		Advice: "where the name leads; `REGISTRAR_ALLOW_NETWORKS` when that is meant"},
	{Code: ReasonDNS, Retried: "yes",
		Advice: "the host's spelling; the worker's DNS"},
	{Code: ReasonConnectionRefused, Retried: "yes",
		Advice: "whether the endpoint runs; its port"},
	{Code: ReasonConnectFailed, Retried: "yes, unless a proxy refuses",
		Advice: "routes, firewalls; the proxy that the sentence names"},
	{Code: ReasonTLS, Retried: "yes",
		Advice: "the certificate; `ca_file` for a private authority; `client_cert_file` where a client certificate " +
			"is asked for"},
	{Code: ReasonConnectionClosed, Retried: "yes",
		Advice: "the endpoint's log"},
	{Code: ReasonRequestTimeout, Of: "408", Retried: "yes",
		Advice: "the endpoint's load"},
	{Code: ReasonRateLimited, Of: `429, "try again in 5 minutes"`, Retried: "yes",
		Advice: "the limits of this token"},
	{Code: ReasonServerError, Of: "5xx; `network_error`, `abort` and the like as finish reasons", Retried: "yes",
		Advice: "the endpoint's log"},
	{Code: ReasonOverloaded, Of: "424, 425, 503, 529", Retried: "yes",
		Advice: "the endpoint's load; whether it is starting"},
	{Code: ReasonBadRequest, Of: "400, 422, …", Retried: "no",
		Advice: "`model_architecture`, the probe block"},
	{Code: ReasonUnauthorized, Of: "401, 498", Retried: "no",
		Advice: "which token the credential refers to; whether it was revoked"},
	{Code: ReasonForbidden, Of: "403", Retried: "no",
		Advice: "the token's permissions; the provider's network rules"},
	{Code: ReasonNotFound, Of: "404", Retried: "no",
		Advice: "the URL's path, `model_architecture`"},
	{Code: ReasonModelNotFound, Retried: "no",
		Advice: "`probe.model`, `probe.deployment`"},
	{Code: ReasonUnsupportedAPI, Retried: "no",
		Advice: "`probe.api: responses`; whether it is a chat model"},
	{Code: ReasonParameters, Retried: "no",
		Advice: "`parameters`: the registered values"},
	{Code: ReasonQuota, Of: "402; exhausted or suspended accounts in any words", Retried: "no",
		Advice: "the provider's billing page"},
	{Code: ReasonRedirect, Of: "3xx", Retried: "no",
		Advice: "put the final address into `endpoint_url`, or into `probe.url`"},
	{Code: ReasonUnexpectedStatus, Retried: "no",
		Advice: "what answers there: only 200 is a success"},
	{Code: ReasonHTML, Of: "any status that will not pass", Retried: "no",
		Advice: "the URL: a web site, a login page, a firewall or a proxy answers"},
	{Code: ReasonContentType, Retried: "no",
		Advice: "the URL: what came is neither events nor JSON"},
	{Code: ReasonErrorBody, Retried: "no",
		Advice: "the endpoint's log: it sent an error under status 200 that is of no class above"},
	{Code: ReasonMalformed, Retried: "no",
		Advice: "`model_architecture`, the URL"},
	{Code: ReasonResponseTooLarge, Retried: "no",
		Advice: "what the endpoint sends"},
	{Code: ReasonStreamTruncated, Retried: "no",
		Advice: "the endpoint's log; time outs of proxies on the way"},
	{Code: ReasonTimeout, Retried: "no",
		Advice: "`probe.timeout`; the model's load"},
	{Code: ReasonAnswerMismatch, Retried: "no",
		Advice: "`probe.model`; whether it follows instructions; the server's reasoning parser"},
	{Code: ReasonAnswerEmpty, Retried: "no",
		Advice: "the chat template, stop sequences"},
	{Code: ReasonAnswerEndless, Retried: "no",
		Advice: "stop tokens; whether the server honours the token limit"},
	{Code: ReasonAnswerLooping, Retried: "no",
		Advice: "the chat template, the end-of-text token"},
	{Code: ReasonAnswerTruncated, Retried: "no",
		Advice: "`probe.token_budget`"},
	{Code: ReasonContentFiltered, Retried: "no",
		Advice: "the content filter's settings"},
	{Code: ReasonMinSuccess, Retried: "no",
		Advice: "the samples' own reasons"},
	{Code: ReasonLatencySLO, Retried: "no",
		Advice: "the figure and the limit, both in the sentence"},
	{Code: ReasonTTFTSLO, Retried: "no",
		Advice: "the figure and the limit, both in the sentence"},
	{Code: ReasonTokenBudget, Retried: "no",
		Advice: "`probe.token_budget`, `probe.samples`"},
}
