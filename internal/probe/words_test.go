package probe

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"model-registrar/schemas"
)

func TestNothingThatAnErrorSaysIsLost(t *testing.T) {
	for name, body := range map[string]string{
		"an array":                  `[{"error":{"message":"the cause","code":400}}]`,
		"a list of errors":          `{"errors":[{"message":"the cause"}]}`,
		"a message that is one":     `{"message":{"detail":[{"loc":["body","x"],"msg":"the cause"}]}}`,
		"OpenRouter's metadata":     `{"error":{"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"the cause\"}}"}}}`,
		"JSON inside a message":     `{"error":{"message":"Error code: 400 - {\"error\": {\"message\": \"the cause\"}}"}}`,
		"text":                      `the cause`,
		"a line of a stream":        `error: {"message":"the cause"}`,
		"an event":                  "event: error\ndata: {\"error\":{\"message\":\"the cause\"}}\n\n",
		"JSON after blank lines":    "\n\n\r\n" + `{"error":{"message":"the cause"}}`,
		"text around JSON":          `upstream said {"message":"the cause"} twice`,
		"a python dict":             `{"message":"{'error': 'the cause'}"}`,
		"FastAPI":                   `{"detail":[{"loc":["body","messages"],"msg":"the cause","type":"value_error"}]}`,
		"FastAPI, a text":           `{"detail":"the cause"}`,
		"RFC 9457":                  `{"type":"about:blank","title":"Bad Request","detail":"the cause","status":400}`,
		"API Management":            `{"statusCode":401,"message":"the cause"}`,
		"Spring":                    `{"timestamp":"now","status":400,"error":"Bad Request","message":"the cause","path":"/v1"}`,
		"OAuth":                     `{"error":"invalid_client","error_description":"the cause"}`,
		"MiniMax":                   `{"base_resp":{"status_code":1004,"status_msg":"the cause"}}`,
		"Google's details":          `[{"error":{"code":400,"message":"Bad","status":"INVALID_ARGUMENT","details":[{"reason":"X","message":"the cause"}]}}]`,
		"Azure's inner error":       `{"error":{"code":"x","message":"m","innererror":{"message":"the cause"}}}`,
		"AWS":                       `{"__type":"ValidationException","message":"the cause"}`,
		"deeply nested":             `{"error":{"error":{"error":{"message":"the cause"}}}}`,
		"a message of many":         `{"message":["one","the cause"]}`,
		"twice encoded":             `{"error":"{\"error\":\"{\\\"message\\\":\\\"the cause\\\"}\"}"}`,
		"a page":                    `<html><head><title>the cause</title></head></html>`,
		"a Kong error":              `{"message":"the cause","request_id":"1"}`,
		"a page with a break in it": "<!doctype html>\n<TITLE>\n the cause </TITLE>",
	} {
		for _, status := range []int{400, 401, 403, 404, 422, 429, 500, 503} {
			f := statusFailure(&http.Response{StatusCode: status}, readError([]byte(body), nil))
			if !strings.Contains(f.sentence, "the cause") {
				t.Errorf("%s under %d: %s", name, status, f.sentence)
			}
		}
	}
}

func TestAnErrorUnder200IsQuotedHoweverItComes(t *testing.T) {
	for name, body := range map[string]string{
		"an array":             `[{"error":{"message":"the cause"}}]`,
		"an object":            `{"error":{"message":"the cause"}}`,
		"a message":            `{"message":"the cause"}`,
		"a line":               "data: {}\n\nerror: {\"message\":\"the cause\"}\n\n",
		"an event":             "event: error\ndata: {\"message\":\"the cause\"}\n\n",
		"an event of text":     "event: error\ndata: the cause\n\n",
		"after frames":         "data: {}\n\n{\"error\":{\"message\":\"the cause\"}}\n",
		"after frames, pretty": "data: {}\n\n{\n  \"error\": {\n    \"message\": \"the cause\"\n  }\n}\n",
		"after blank lines":    "\n\n\n{\"error\":{\"message\":\"the cause\"}}",
		"after a comment":      ": hi\n\n{\"error\":{\"message\":\"the cause\"}}",
		"a framed array":       "data: [{\"error\":{\"message\":\"the cause\"}}]\n\n",
		"text":                 "the cause",
	} {
		for _, p := range protocols {
			for _, stream := range []bool{true, false} {
				_, f := hear(p.with, body, stream, http.Header{"Content-Type": {"text/plain"}})
				if f == nil || !strings.Contains(f.sentence, "the cause") {
					t.Errorf("%s in %s: %+v", name, p.name, f)
				}
			}
		}
	}
}

func TestErrorsAreClassedInAnyWords(t *testing.T) {
	for _, test := range []struct {
		code    string
		status  int
		bodies  []string
		passing bool
	}{
		{schemas.ReasonModelNotFound, 404, []string{
			`{"error":{"message":"The model 'x' does not exist or you do not have access to it.","code":"model_not_found"}}`,
			`{"object":"error","message":"The model 'x' does not exist.","type":"NotFoundError","code":404}`,
			`{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again."}}`,
			`{"error":"model 'x' not found"}`, `{"type":"error","error":{"type":"not_found_error","message":"model: x"}}`,
			`{"detail":"Model x not found"}`, `{"message":"model 'x' not found, make sure the correct model ID was used"}`,
			`{"error":{"message":"No such model: x"}}`, `{"error":{"message":"No endpoints found for x.","type":"NotFoundError"}}`,
			`{"error":{"type":"NotFoundError"}}`, `{"error":{"type":"not_found_error","message":"deployment"}}`, `unknown model x`,
		}, false},
		{schemas.ReasonModelNotFound, 400, []string{
			`{"error":{"message":"Invalid model: x","type":"invalid_request_error"}}`, `{"error":{"code":"invalid_model"}}`,
			`{"error":{"message":"x is not a valid model ID","code":400}}`, `{"object":"error","message":"Invalid model name passed in model=x"}`,
			`{"error":{"message":"Model Not Exist","type":"invalid_request_error"}}`, `{"error":{"code":"InvalidModel.NotFound","message":"unknown model"}}`,
			`{"error":{"message":"bad","param":"model"}}`, `{"error":{"message":"The model 'x' has been decommissioned and is no longer supported."}}`,
			`{"message":"The requested deployment is unknown"}`, `{"error":{"code":"1211","message":"模型不存在"}}`,
		}, false},
		{schemas.ReasonNotFound, 404, []string{`{"detail":"Not Found"}`, `{"error":{"message":"no such path"}}`, ``, `{"message":"no Route matched with those values"}`,
			`{"type":"error","error":{"type":"not_found_error","message":"Not Found"}}`}, false},
		{schemas.ReasonUnsupportedAPI, 404, []string{
			`{"error":{"message":"This model is only supported in v1/responses and not in v1/chat/completions.","type":"invalid_request_error","param":"model"}}`,
			`{"error":{"message":"This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?"}}`,
			`{"error":{"message":"The model is supported only in the Responses API"}}`,
		}, false},
		{schemas.ReasonUnsupportedAPI, 400, []string{
			`{"error":{"code":"OperationNotSupported","message":"The chatCompletion operation does not work with the specified model, x. Please choose different model and try again."}}`,
			`{"error":{"code":"unsupported_api_for_model","message":"model x is not accessible via the /chat/completions endpoint"}}`,
			`{"error":{"message":"Please use the Responses API for this model"}}`,
		}, false},
		{schemas.ReasonContentFiltered, 400, []string{
			`{"error":{"code":"content_filter","message":"The response was filtered","innererror":{"code":"ResponsibleAIPolicyViolation"}}}`,
			`{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy."}}`,
			`{"error":{"message":"Content Exists Risk"}}`, `{"code":"DataInspectionFailed","message":"Input data may contain inappropriate content."}`,
			`{"error":{"code":"content_policy_violation"}}`,
		}, false},
		{schemas.ReasonQuota, 403, []string{
			`{"code":"The caller does not have permission","error":"Your newly created team doesn't have any credits yet. You can purchase credits on https://x"}`,
			`{"error":"Your team has either used all available credits or reached its monthly spending limit."}`,
			`{"error":{"code":"insufficient_user_quota","message":"x"}}`,
		}, false},
		{schemas.ReasonQuota, 429, []string{
			`{"error":{"type":"exceeded_current_quota_error","message":"Your account is suspended, please check your plan and billing details"}}`,
			`{"error":{"code":"insufficient_quota"}}`, `{"error":{"code":"1113","message":"x"}}`, `{"error":{"message":"您的账户余额不足"}}`,
			`{"error":{"message":"You exceeded your current quota, please check your plan and billing details."}}`,
		}, false},
		{schemas.ReasonQuota, 400, []string{
			`{"code":"Arrearage","message":"Access denied, please make sure your account is in good standing."}`, `{"error":{"message":"Insufficient Balance"}}`,
			`{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}`,
			`{"error":{"code":"AccountOverdueError","message":"x"}}`, `{"error":{"code":"billing_not_active","message":"Your account is not active"}}`,
		}, false},
		{schemas.ReasonQuota, 402, []string{``, `{"error":{"message":"anything"}}`, `<html><title>Pay</title>`}, false},
		{schemas.ReasonRateLimited, 429, []string{
			`{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota, please check your plan and billing details. Please retry in 34.07s."}}`,
			``, `{"error":{"message":"Rate limit reached for tokens per day (TPD). Please try again in 7m12.5s."}}`,
		}, true},
		{schemas.ReasonRateLimited, 400, []string{`{"message":"please try again in 5 minutes"}`, `{"error":{"message":"Retry after 30 seconds"}}`}, true},
		{schemas.ReasonOverloaded, 424, []string{``, `{"error":"Failed dependency"}`}, true},
		{schemas.ReasonOverloaded, 425, []string{``, `too early`}, true},
		{schemas.ReasonOverloaded, 503, []string{``, `<html><title>503</title>`, `{"error":"Model x is currently loading","estimated_time":20}`}, true},
		{schemas.ReasonOverloaded, 404, []string{`{"error":{"message":"The model is still loading"}}`}, true},
		{schemas.ReasonServerError, 502, []string{`<html><title>502 Bad Gateway</title>`, `bad gateway`}, true},
		{schemas.ReasonUnauthorized, 401, []string{`{"statusCode":401,"message":"Access denied due to missing subscription key."}`}, false},
		{schemas.ReasonUnauthorized, 400, []string{`{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}`}, false},
		{schemas.ReasonForbidden, 403, []string{`{"error":{"message":"Access denied due to Virtual Network/Firewall rules."}}`}, false},
		{schemas.ReasonHTML, 403, []string{`<html><title>Just a moment...</title>`}, false},
		{schemas.ReasonHTML, 404, []string{`<!DOCTYPE html><title>Not here</title>`}, false},
		{schemas.ReasonBadRequest, 400, []string{
			`{"error":{"message":"Unknown parameter: 'seed'","param":"seed"}}`, `{"error":{"message":"Unsupported parameter: 'seed' is not supported with this model."}}`,
			`{}`, `{"error":{"message":"invalid temperature: only 1 is allowed for this model"}}`,
		}, false},
	} {
		for _, body := range test.bodies {
			f := statusFailure(&http.Response{StatusCode: test.status}, readError([]byte(body), nil))
			if f.code != test.code || f.transient != test.passing {
				t.Errorf("%d %s\n is %s (transient %v), want %s", test.status, body, f.code, f.transient, test.code)
			}
		}
	}
}

func TestAnErrorUnder200IsClassedByTheStatusThatItClaims(t *testing.T) {
	for body, want := range map[string]struct {
		code    string
		passing bool
	}{
		`{"error":{"code":429,"message":"x"}}`:                                  {schemas.ReasonRateLimited, true},
		`{"error":{"code":"429","message":"x"}}`:                                {schemas.ReasonRateLimited, true},
		`{"error":{"code":502,"message":"x"}}`:                                  {schemas.ReasonServerError, true},
		`{"error":{"code":503,"message":"x"}}`:                                  {schemas.ReasonOverloaded, true},
		`{"code":503,"message":"x"}`:                                            {schemas.ReasonOverloaded, true},
		`{"status":502,"title":"x"}`:                                            {schemas.ReasonServerError, true},
		`{"error":{"type":"overloaded_error","message":"x"}}`:                   {schemas.ReasonOverloaded, true},
		`{"error":{"message":"try again in 5 minutes"}}`:                        {schemas.ReasonRateLimited, true},
		`{"error":{"code":"insufficient_quota","message":"x"}}`:                 {schemas.ReasonQuota, false},
		`{"error":{"code":404,"message":"model x not found"}}`:                  {schemas.ReasonModelNotFound, false},
		`{"error":{"message":"out of memory"}}`:                                 {schemas.ReasonErrorBody, false},
		`{"error":{"code":"server_error","message":"x","type":"server_error"}}`: {schemas.ReasonErrorBody, false},
		`{"error":{"code":"content_filter"}}`:                                   {schemas.ReasonContentFiltered, false},
	} {
		for _, p := range protocols {
			for _, stream := range []bool{true, false} {
				text := body
				if stream {
					text = "data: " + body + "\n\n"
				}
				if _, f := hear(p.with, text, stream, eventStream()); f == nil || f.code != want.code || f.transient != want.passing {
					t.Errorf("%s in %s: %+v, want %s", body, p.name, f, want.code)
				}
			}
		}
	}
}

func TestFinishReasonsAreClassed(t *testing.T) {
	for finish, want := range map[string]struct {
		answer, code string
		passing      bool
		says         string
	}{
		"content_filter":               {"no", schemas.ReasonContentFiltered, false, ""},
		"content_filtered_by_provider": {"no", schemas.ReasonContentFiltered, false, ""},
		"sensitive":                    {"", schemas.ReasonContentFiltered, false, ""},
		"SAFETY":                       {"", schemas.ReasonContentFiltered, false, ""},
		"RECITATION":                   {"", schemas.ReasonContentFiltered, false, ""},
		"PROHIBITED_CONTENT":           {"", schemas.ReasonContentFiltered, false, ""},
		"refusal":                      {"no", schemas.ReasonContentFiltered, false, ""},
		"network_error":                {"VALID", schemas.ReasonServerError, true, "network_error"},
		"insufficient_system_resource": {"", schemas.ReasonServerError, true, "insufficient_system_resource"},
		"abort":                        {"VALID", schemas.ReasonServerError, true, "abort"},
		"error":                        {"", schemas.ReasonErrorBody, false, "error"},
		"tool_calls":                   {"", schemas.ReasonAnswerMismatch, false, "tool_calls"},
		"function_call":                {"", schemas.ReasonAnswerMismatch, false, "function_call"},
		"tool_use":                     {"hm", schemas.ReasonAnswerMismatch, false, "tool_use"},
		"flux_reached":                 {"no", schemas.ReasonAnswerMismatch, false, "flux_reached"},
		"something_new":                {"", schemas.ReasonAnswerEmpty, false, "something_new"},
		"length":                       {"VALID", schemas.ReasonAnswerTruncated, false, "probe.token_budget"},
		"MAX_TOKENS":                   {"", schemas.ReasonAnswerTruncated, false, "probe.token_budget"},
		"max_output_tokens":            {"", schemas.ReasonAnswerTruncated, false, "probe.token_budget"},
	} {
		everyProtocol(t, finish, speech{content: `"` + want.answer + `"`, finish: `"` + finish + `"`}, func(t *testing.T, _ reading, f *failure) {
			if f == nil || f.code != want.code || f.transient != want.passing || !strings.Contains(f.sentence, want.says) {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestReasoningThatTheServerLeftInTheTextIsSaidToBe(t *testing.T) {
	for _, text := range []string{
		"<think>hm</think>VALIDATION_SUCCESS", "hm</think>VALIDATION_SUCCESS", "<think>hm", "<|channel|>final<|message|>VALIDATION_SUCCESS",
		"<|start|>assistant", "[THINK]hm[/THINK]VALIDATION_SUCCESS", "VALIDATION_SUCCESS<|im_end|>", "◁think▷hm◁/think▷VALIDATION_SUCCESS",
		"analysisThe user wants it.assistantfinalVALIDATION_SUCCESS", "<thinking>hm</thinking>VALIDATION_SUCCESS", "VALIDATION_SUCCESS</s>",
		"VALIDATION_SUCCESS<end_of_turn>",
	} {
		everyProtocol(t, text, speech{content: `"` + text + `"`}, func(t *testing.T, _ reading, f *failure) {
			if f == nil || f.code != schemas.ReasonAnswerMismatch || !strings.Contains(f.sentence, "reasoning parser") {
				t.Errorf("got %+v", f)
			}
		})
	}
	for body, stream := range map[string]bool{
		`{"choices":[{"message":{"content":"","reasoning_content":"VALIDATION_SUCCESS"},"finish_reason":"stop"}]}`:                 false,
		`{"choices":[{"message":{"content":null,"reasoning":"Well. VALIDATION_SUCCESS"},"finish_reason":"stop"}]}`:                 false,
		frames(`{"choices":[{"delta":{"reasoning_content":"VALIDATION_SUCCESS"},"finish_reason":"stop"}]}`, "[DONE]"):              true,
		frames(`{"choices":[{"delta":{"reasoning":"VALIDATION_"}}]}`, `{"choices":[{"delta":{"reasoning":"SUCCESS"}}]}`, "[DONE]"): true,
	} {
		if _, f := hear(openAI{}, body, stream, eventStream()); f == nil || f.code != schemas.ReasonAnswerEmpty || !strings.Contains(f.sentence, "reasoning parser") {
			t.Errorf("%s: %+v", body, f)
		}
	}
}

func TestAWaitInWordsIsKeptTo(t *testing.T) {
	for message, want := range map[string]time.Duration{
		"Please try again in 20s.": 20 * time.Second, "try again in 5 minutes": 5 * time.Minute, "Please retry in 34.07s": 34070 * time.Millisecond,
		"Please try again in 7m12.5s": 7*time.Minute + 12500*time.Millisecond, "retry after 6ms": 6 * time.Millisecond, "Retry after 3 hours": time.Hour,
		"please wait a moment and try again": 0, "wait for 2 seconds": 2 * time.Second, "": 0,
	} {
		if got := waitOf(message); got != want {
			t.Errorf("%q: %v, want %v", message, got, want)
		}
	}
}

func TestNoPartOfASecretIsQuoted(t *testing.T) {
	secret := "topsecret-0123456789"
	for at := range 2 * maxQuoted {
		e := readError([]byte(strings.Repeat("a ", at)+secret+strings.Repeat(" b", 10)), []string{secret})
		if said := e.suffix(); strings.Contains(said, "topse") {
			t.Fatalf("after %d characters: %s", 2*at, said)
		}
	}
}
