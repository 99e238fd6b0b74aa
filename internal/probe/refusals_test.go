package probe_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"model-registrar/internal/probe"
	"model-registrar/schemas"
)

// said are complete answers in each protocol, whole and streamed.
var said = map[schemas.Architecture][2]string{
	schemas.OpenAI: {`{"choices":[{"message":{"content":"VALIDATION_SUCCESS"},"finish_reason":"stop"}]}`, chunk("VALIDATION_SUCCESS") + done},
	schemas.Anthropic: {`{"type":"message","content":[{"type":"text","text":"VALIDATION_SUCCESS"}],"stop_reason":"end_turn"}`,
		"data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"VALIDATION_SUCCESS\"}}\n\ndata: {\"type\":\"message_stop\"}\n\n"},
	schemas.Cohere: {`{"message":{"content":[{"type":"text","text":"VALIDATION_SUCCESS"}]},"finish_reason":"COMPLETE"}`,
		"data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"VALIDATION_SUCCESS\"}}}}\n\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\"}}\n\n"},
}

// endpoint answers in a protocol whatever refuse lets through, and keeps what was sent.
func endpoint(t *testing.T, a schemas.Architecture, refuse func(sent map[string]any) (status int, body string)) (*probe.Prober, schemas.ProbeInput, *[]map[string]any) {
	t.Helper()
	var all []map[string]any
	prober, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var sent map[string]any
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			t.Error(err)
		}
		all = append(all, sent)
		if status, body := refuse(sent); status != 0 {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return
		}
		answers := said[a]
		if sent["stream"] == true {
			stream(answers[1])(w, r)
			return
		}
		answerWith("application/json", answers[0])(w, r)
	})
	in.Architecture = a
	return prober, in, &all
}

func TestARefusedParameterIsAdaptedToWhoeverWordsIt(t *testing.T) {
	all := []schemas.Architecture{schemas.OpenAI, schemas.Anthropic, schemas.Cohere}
	openai := all[:1]
	long := strings.Repeat("a long way to say it. ", 40)
	for _, test := range []struct {
		refused func(sent map[string]any) bool
		adapted string
		bodies  []string
		whose   []schemas.Architecture
	}{
		{func(s map[string]any) bool { return s["temperature"] != nil }, "temperature refused: left out", []string{
			"`temperature` must be strictly positive", `{"error":{"message":"invalid temperature: only 1 is allowed for this model"}}`,
			`{"message":"temperature must be in range (0, +inf)"}`,
			`{"error":{"message":"litellm.UnsupportedParamsError: this model does not support temperature=0","type":"None","param":"None","code":"400"}}`,
			`{"error":{"message":"bad","param":"temperature"}}`, `{"detail":[{"loc":["body","temperature"],"msg":"ensure this value is greater than 0"}]}`,
			`{"error":{"message":"` + long + ` temperature"}}`, `{"error":{"message":"{\"error\":{\"message\":\"Temperature is deprecated\"}}"}}`,
			`{"error":{"code":"unsupported_value","message":"Unsupported value: 'temperature' does not support 0 with this model."}}`,
			"Value error: TEMPERATURE",
		}, all},
		{func(s map[string]any) bool { return s["stream_options"] != nil }, "stream_options refused: left out", []string{
			`{"message":{"detail":[{"loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}}`,
			`{"error":{"message":"Unrecognized request argument supplied: stream_options"}}`, `{"detail":"include_usage is unknown"}`,
			`[{"error":{"message":"Invalid JSON payload received. Unknown name \"stream_options\": Cannot find field."}}]`,
			`{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options')}]"}`,
		}, openai},
		{func(s map[string]any) bool { return s["stream"] == true }, "stream refused: not streamed", []string{
			`{"error":{"message":"Streaming is not supported for this model"}}`, `{"message":"this endpoint does not stream"}`,
			`{"error":{"message":"Your organization must be verified to stream this model.","param":"stream","code":"unsupported_value"}}`,
			`stream=true is not allowed`, `{"detail":[{"loc":["body","stream"],"msg":"value could not be parsed"}]}`,
		}, all},
		{func(s map[string]any) bool { return s["stream"] != nil }, "stream refused: left out", []string{`{"error":{"message":"unknown field: stream"}}`}, all},
		{func(s map[string]any) bool { n, is := s["max_tokens"].(float64); return is && n > 512 }, "max_tokens refused: 512 sent instead", []string{
			`{"error":{"message":"max_tokens is too large: 1024. This model supports at most 512 completion tokens","param":"max_tokens"}}`,
			"`max_tokens` must be <= 512", `{"message":"max_tokens must be less than or equal to 512"}`, `{"error":"max tokens cannot exceed 512 for x"}`,
			`{"detail":[{"loc":["body","max_tokens"],"msg":"ensure this value is less than 512"}]}`,
		}, all},
		{func(s map[string]any) bool { return s["max_tokens"] != nil }, "max_tokens refused: max_completion_tokens sent instead", []string{
			`{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."}}`,
			`{"error":{"message":"max_tokens is deprecated"}}`,
		}, openai},
		{func(s map[string]any) bool { return s["max_tokens"] != nil || s["max_completion_tokens"] != nil }, "max_completion_tokens refused: left out", []string{
			`{"error":{"message":"unknown parameter max_tokens or max_completion_tokens"}}`, `{"detail":[{"loc":["body","max_tokens"],"msg":"extra fields not permitted"}]}`,
		}, openai},
	} {
		for _, body := range test.bodies {
			for _, a := range test.whose {
				for n, streamed := range []bool{true, false} {
					if !streamed && strings.HasPrefix(test.adapted, "stream") && test.adapted != "stream refused: left out" {
						continue
					}
					t.Run(fmt.Sprintf("%s %s %v", test.adapted, a, streamed), func(t *testing.T) {
						prober, in, _ := endpoint(t, a, func(sent map[string]any) (int, string) {
							if test.refused(sent) {
								return []int{400, 422}[n], body
							}
							return 0, ""
						})
						in.Spec.Samples, in.Spec.Stream = 1, &streamed
						r := report(t, prober, in)
						wantPass(t, r)
						if !slices.ContainsFunc(r.Details.Adapted, func(s string) bool { return strings.HasPrefix(s, test.adapted) }) {
							t.Errorf("adapted %q, want %q", r.Details.Adapted, test.adapted)
						}
					})
				}
			}
		}
	}
}

func TestATokenLimitIsLoweredUntilItFitsAndTheBudgetIsNamedWhenNoneDoes(t *testing.T) {
	for _, most := range []float64{4096, 512, 0} {
		for _, message := range []string{"max_tokens is too large", "This model's maximum context length is MOST tokens. However, you requested SENT tokens"} {
			prober, in, all := endpoint(t, schemas.OpenAI, func(sent map[string]any) (int, string) {
				if n, _ := sent["max_tokens"].(float64); n > most {
					return 400, strings.NewReplacer("MOST", fmt.Sprint(most), "SENT", fmt.Sprint(n+20)).Replace(message)
				}
				return 0, ""
			})
			in.Spec.Samples = 1
			r := report(t, prober, in)
			if most > 0 {
				wantPass(t, r)
				continue
			}
			wantFail(t, r, schemas.ReasonBadRequest)
			wantInSentence(t, r, "probe.token_budget")
			if len(*all) > 6 {
				t.Errorf("%d requests", len(*all))
			}
		}
	}
}

func TestStreamIsAlwaysSaid(t *testing.T) {
	for a := range said {
		for _, streamed := range []bool{true, false} {
			prober, in, all := endpoint(t, a, func(sent map[string]any) (int, string) {
				if sent["stream"] != streamed {
					t.Errorf("%s: stream is %v, want %v", a, sent["stream"], streamed)
				}
				return 0, ""
			})
			in.Spec.Samples, in.Spec.Stream = 1, &streamed
			wantPass(t, report(t, prober, in))
			if len(*all) != 2 {
				t.Errorf("%d requests", len(*all))
			}
		}
	}
}

// tuned are parameters that every protocol knows but for the last.
func tuned(a schemas.Architecture) schemas.Parameters {
	temperature, topP, maxTokens, penalty := 0.7, 0.9, 1000, 0.5
	p := schemas.Parameters{Temperature: &temperature, TopP: &topP, MaxTokens: &maxTokens, StopSequences: []string{"END"}}
	if a != schemas.Anthropic {
		p.FrequencyPenalty = &penalty
	}
	return p
}

// spellings are the names of the registered parameters in each protocol.
var spellings = map[schemas.Architecture]map[string]string{
	schemas.OpenAI:    {"temperature": "temperature", "top_p": "top_p", "max_tokens": "max_tokens", "stop_sequences": "stop", "frequency_penalty": "frequency_penalty"},
	schemas.Anthropic: {"temperature": "temperature", "top_p": "top_p", "max_tokens": "max_tokens", "stop_sequences": "stop_sequences"},
	schemas.Cohere:    {"temperature": "temperature", "top_p": "p", "max_tokens": "max_tokens", "stop_sequences": "stop_sequences", "frequency_penalty": "frequency_penalty"},
}

func TestTheRegisteredParametersAreSentOnceExactly(t *testing.T) {
	for a, names := range spellings {
		for _, streamed := range []bool{true, false} {
			prober, in, all := endpoint(t, a, func(map[string]any) (int, string) { return 0, "" })
			in.Parameters, in.Spec.Stream = tuned(a), &streamed
			r := report(t, prober, in)
			wantPass(t, r)
			if len(*all) != 5 || r.Details.Registered == nil || r.Details.Registered.Status != schemas.ProbePass {
				t.Fatalf("%s: %d requests, %+v", a, len(*all), r.Details.Registered)
			}
			last := (*all)[4]
			want := map[string]any{"temperature": 0.7, "top_p": 0.9, "max_tokens": 1000.0, "stop_sequences": []any{"END"}, "frequency_penalty": 0.5}
			for name, spelled := range names {
				if fmt.Sprint(last[spelled]) != fmt.Sprint(want[name]) {
					t.Errorf("%s: %s is %v, want %v", a, spelled, last[spelled], want[name])
				}
			}
			if n := len(last) - len(names); n > 4 { // model, messages, stream, stream_options
				t.Errorf("%s: more is sent than is registered: %v", a, last)
			}
		}
	}
	prober, in, all := endpoint(t, schemas.OpenAI, func(map[string]any) (int, string) { return 0, "" })
	if r := report(t, prober, in); r.Details.Registered != nil || len(*all) != 4 {
		t.Errorf("no parameters, and %d requests", len(*all))
	}
}

func TestARegisteredParameterThatIsRefusedIsNamedWithItsValueAndNeverAdaptedTo(t *testing.T) {
	values := map[string]string{"temperature": "0.7", "top_p": "0.9", "max_tokens": "1000", "stop_sequences": `["END"]`, "frequency_penalty": "0.5"}
	for a, names := range spellings {
		for name, spelled := range names {
			for _, streamed := range []bool{true, false} {
				for _, body := range []string{
					`{"error":{"message":"Unsupported parameter: '` + spelled + `' is not wanted here","param":"` + spelled + `"}}`,
					`{"detail":[{"loc":["body","` + spelled + `"],"msg":"is not wanted here"}]}`,
				} {
					prober, in, _ := endpoint(t, a, func(sent map[string]any) (int, string) {
						if fmt.Sprint(sent[spelled]) == strings.Trim(values[name], `"`) || name == "stop_sequences" && sent[spelled] != nil {
							return 400, body
						}
						return 0, ""
					})
					in.Parameters, in.Spec.Samples, in.Spec.Stream = tuned(a), 1, &streamed
					r := report(t, prober, in)
					wantFail(t, r, schemas.ReasonParameters)
					wantInSentence(t, r, name+": "+values[name], "not wanted here")
					if r.Details.Registered == nil || r.Details.Registered.ErrorCode != schemas.ReasonParameters || len(r.Details.Adapted) > 0 {
						t.Errorf("%s %s: %+v, adapted %q", a, name, r.Details.Registered, r.Details.Adapted)
					}
				}
			}
		}
	}
}

func TestWhatIsAdaptedToIsAContradictionIfThatValueIsRegistered(t *testing.T) {
	for _, test := range []struct {
		registered float64
		code       string
	}{{0.7, schemas.ReasonParameters}, {1, ""}} { // the model takes the value 1 only
		prober, in, _ := endpoint(t, schemas.OpenAI, func(sent map[string]any) (int, string) {
			if n, is := sent["temperature"].(float64); is && n != 1 {
				return 400, `{"error":{"message":"invalid temperature: only 1 is allowed for this model"}}`
			}
			return 0, ""
		})
		in.Parameters = schemas.Parameters{Temperature: &test.registered}
		r := report(t, prober, in)
		if len(r.Details.Adapted) != 1 {
			t.Errorf("adapted %q", r.Details.Adapted)
		}
		if test.code == "" {
			wantPass(t, r)
			continue
		}
		wantFail(t, r, test.code)
		wantInSentence(t, r, "temperature: 0.7", "only 1 is allowed")
	}
}

func TestTheAnswerToTheRegisteredParametersNeedOnlyBeThere(t *testing.T) {
	maxTokens := 5
	for answer, code := range map[string]string{"Once upon a time": "", "": schemas.ReasonAnswerEmpty, "VALIDATION_SUCCESS": ""} {
		prober, in, _ := endpoint(t, schemas.OpenAI, func(sent map[string]any) (int, string) { return 0, "" })
		_ = prober
		n := 0
		prober, in = serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n < 3 {
				stream(chunk("VALIDATION_SUCCESS")+done)(w, r)
				return
			}
			stream(chunk(answer)+done)(w, r)
		})
		in.Parameters, in.Spec.Samples = schemas.Parameters{MaxTokens: &maxTokens}, 1
		r := report(t, prober, in)
		if code == "" {
			wantPass(t, r)
		} else {
			wantFail(t, r, code)
		}
	}
}

func TestLimitsAboveWhatTheProviderGrantsAreARemark(t *testing.T) {
	for _, test := range []struct {
		headers map[string]string
		remarks int
	}{
		{map[string]string{"x-ratelimit-limit-requests": "60", "x-ratelimit-limit-tokens": "10000"}, 2},
		{map[string]string{"anthropic-ratelimit-requests-limit": "50"}, 1},
		{map[string]string{"anthropic-ratelimit-tokens-limit": "40000", "anthropic-ratelimit-input-tokens-limit": "30000"}, 1},
		{map[string]string{"x-ratelimit-limit-req-minute": "60, 60;w=60"}, 1},
		{map[string]string{"x-ratelimit-limit-requests": "10000", "x-ratelimit-limit-tokens": "200000"}, 0},
		{map[string]string{"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-tokens": "1"}, 0},
		{map[string]string{"x-ratelimit-limit-requests": "many", "x-ratelimit-limit-tokens": "-1"}, 0},
		{nil, 0},
	} {
		prober, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
			for name, value := range test.headers {
				w.Header().Set(name, value)
			}
			stream(chunk("VALIDATION_SUCCESS")+done)(w, r)
		})
		in.RateLimits = schemas.RateLimits{MaxRequestsPerMinute: 500, MaxTokensPerMinute: 100_000}
		r := report(t, prober, in)
		wantPass(t, r)
		if len(r.Details.Remarks) != test.remarks {
			t.Errorf("%v: remarks %q", test.headers, r.Details.Remarks)
		}
	}
}

func TestTheBudgetDoesNotCutReasoningOff(t *testing.T) {
	for _, test := range []struct {
		thinking, budget, samples int
		code                      string
		warm                      int
	}{
		{2000, 0, 0, "", 3},    // the default suits 2,000 tokens in each default sample
		{1500, 4096, 3, "", 1}, // used up in the second warm sample
		{2500, 4096, 3, "", 0}, // the cold sample alone
		{5000, 4096, 3, schemas.ReasonAnswerTruncated, 0},
		{10, 64, 1, "", 1},
	} {
		t.Run(fmt.Sprintf("%d of %d", test.thinking, test.budget), func(t *testing.T) {
			prober, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
				var sent struct {
					MaxTokens int `json:"max_tokens"`
				}
				_ = json.NewDecoder(r.Body).Decode(&sent)
				text, reason, used := "VALIDATION_SUCCESS", "stop", test.thinking+5
				if sent.MaxTokens < used {
					text, reason, used = "", "length", sent.MaxTokens
				}
				stream(fmt.Sprintf("data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\",\"content\":%q},\"finish_reason\":%q}],\"usage\":{\"completion_tokens\":%d}}\n\n",
					text, reason, used)+done)(w, r)
			})
			in.Spec.TokenBudget, in.Spec.Samples = test.budget, test.samples
			r := report(t, prober, in)
			if test.code != "" {
				wantFail(t, r, test.code)
				wantInSentence(t, r, "probe.token_budget")
				return
			}
			wantPass(t, r)
			asked := max(test.samples, 1)
			if test.samples == 0 {
				asked = 3
			}
			if len(r.Details.Warm) != test.warm || (len(r.Details.Remarks) == 1) != (test.warm < asked) {
				t.Errorf("%d warm samples, remarks %q", len(r.Details.Warm), r.Details.Remarks)
			}
		})
	}
}

func TestOnHowManySamplesAVerdictRestsIsInTheReport(t *testing.T) {
	for _, test := range []struct {
		minSuccess float64
		wrong      int
		share      string
	}{{1, 0, ""}, {0.5, 0, "4 of 4 samples, 2 were asked for"}, {0.5, 2, "2 of 4 samples, 2 were asked for"}, {0, 3, "1 of 4 samples, 1 was asked for"}} {
		n := 0
		prober, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
			answer := "VALIDATION_SUCCESS"
			if n++; n > 5-test.wrong {
				answer = "no"
			}
			stream(chunk(answer)+done)(w, r)
		})
		in.Spec.Samples, in.Spec.MinSuccess = 4, &test.minSuccess
		r := report(t, prober, in)
		wantPass(t, r)
		if got := r.Details.Share(); got != test.share {
			t.Errorf("%q, want %q", got, test.share)
		}
	}
}
