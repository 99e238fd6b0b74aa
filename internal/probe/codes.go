package probe

// Reason codes: ErrorCode of a report or of a sample says by one of these why it is a FAIL. docs/probe.md has a table
// of what to look at for each.
const (
	// The probe could not start, and no retry mends that.

	CodeEndpointInvalid    = "endpoint_invalid"            // the URL is not one that can be called
	CodeCredentialMissing  = "credential_missing"          // no token for the credential id
	CodeCredentialHost     = "credential_host_not_allowed" // the token may not be sent to this host
	CodeCredentialUnusable = "credential_unreadable"       // the token's file or variable cannot be read
	CodeAddressBlocked     = "address_blocked"             // the outbound guard refused the address

	// The endpoint was not reached. Retried while the cold sample shows it: the endpoint may be starting.

	CodeDNS               = "dns_failed"
	CodeConnectionRefused = "connection_refused"
	CodeConnectFailed     = "connect_failed"    // no route, time out while connecting, and the like
	CodeTLS               = "tls_failed"        // handshake or certificate
	CodeConnectionClosed  = "connection_closed" // closed after the request and before a response

	// The endpoint answered that it cannot answer now. Retried like the above.

	CodeRequestTimeout = "request_timeout" // 408
	CodeRateLimited    = "rate_limited"    // 429
	CodeServerError    = "server_error"    // 5xx
	CodeOverloaded     = "overloaded"      // 503, 529, and errors of that type

	// The endpoint refused, and will do so again.

	CodeBadRequest       = "bad_request"        // 400, 422 and other 4xx
	CodeUnauthorized     = "unauthorized"       // 401, 498
	CodeForbidden        = "forbidden"          // 403
	CodeNotFound         = "not_found"          // 404: no such path
	CodeModelNotFound    = "model_not_found"    // 404 or 400 that names the model or deployment
	CodeUnsupportedAPI   = "api_not_supported"  // the model speaks another API of the endpoint
	CodeParameters       = "parameters_refused" // the registered parameters
	CodeQuota            = "quota_exhausted"    // 402, insufficient_quota
	CodeRedirect         = "redirected"         // 3xx: never followed
	CodeUnexpectedStatus = "unexpected_status"  // anything else that is not 200

	// The response is not one that the architecture knows.

	CodeHTML             = "html_response"
	CodeContentType      = "wrong_content_type"
	CodeErrorBody        = "error_body" // an error in the body, or in the stream, under status 200
	CodeMalformed        = "malformed_response"
	CodeResponseTooLarge = "response_too_large"
	CodeStreamTruncated  = "stream_truncated" // the stream stopped before its end was announced
	CodeTimeout          = "timeout"          // no complete answer within the sample's time

	// The answer is not VALIDATION_SUCCESS.

	CodeAnswerMismatch  = "answer_mismatch"
	CodeAnswerEmpty     = "answer_empty"
	CodeAnswerEndless   = "answer_endless"   // far longer than asked for; cut off by the probe
	CodeAnswerLooping   = "answer_looping"   // the same text over and over
	CodeAnswerTruncated = "answer_truncated" // the token limit came before the end of the answer
	CodeContentFiltered = "content_filtered" // the provider's filter or the model's refusal

	// The samples ran, and their figures are not good enough.

	CodeMinSuccess  = "success_rate_too_low"   // probe.min_success
	CodeLatencySLO  = "latency_slo_exceeded"   // probe.latency_slo_ms
	CodeTTFTSLO     = "ttft_slo_exceeded"      // probe.ttft_slo_ms
	CodeTokenBudget = "token_budget_exhausted" // probe.token_budget
)
