package probe_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func TestAReasoningModelIsAdaptedToOnceAndSaidSo(t *testing.T) {
	for _, path := range []string{"/providers/openai", "/providers/custom"} {
		w := newWorld(t)
		in := input(w.url+path, schemas.OpenAI)
		in.Spec.Model = "reasoning-large"
		r := report(t, w.prober, in)
		wantPass(t, r)
		want := []string{"max_tokens refused: max_completion_tokens sent instead", "temperature refused: left out"}
		if !slices.Equal(r.Details.Adapted, want) {
			t.Errorf("adapted %q, want %q", r.Details.Adapted, want)
		}
		if got := len(w.requests()); got != 4+2 {
			t.Errorf("%d requests; the two refusals should be remembered for the series", got)
		}
		if r.Details.Cold.ConnectMs == 0 {
			t.Error("the cold sample ran on the connection of the refused request")
		}
	}
}

func TestEachOptionalParameterCanBeRefused(t *testing.T) {
	everyVariant(t, func(t *testing.T, w *world, in schemas.ProbeInput) {
		for _, parameter := range []string{"temperature", "stream_options", "stream"} {
			w.order(control.Action{UnsupportedParameter: parameter})
			wantPass(t, report(t, w.prober, in))
			if err := w.control.ClearFaults(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestARefusalThatIsNotAdaptedToIsABadRequest(t *testing.T) {
	for name, body := range map[string]string{
		"of the same parameter again": `{"error":{"message":"Unsupported parameter: 'max_tokens'","param":"max_tokens","code":"unsupported_parameter"}}`,
		"of a value":                  `{"error":{"message":"max_tokens is too large: 1024","param":"max_tokens","code":"invalid_value"}}`,
		"of a parameter not sent":     `{"error":{"message":"Unknown parameter: 'seed'","param":"seed","code":"unknown_parameter"}}`,
		"without a reason":            `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			prober, in := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				requests++
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, body)
			})
			wantFail(t, report(t, prober, in), schemas.ReasonBadRequest)
			if requests > 6 {
				t.Errorf("%d requests for one refusal", requests)
			}
		})
	}
}

func TestARefusalInTheWordsOfOtherServersIsUnderstood(t *testing.T) {
	for parameter, body := range map[string]string{
		"stream_options": `{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs are not permitted'}]","code":400}`,
		"max_tokens":     `{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":null}}`,
		"temperature":    `{"detail":[{"loc":["body","temperature"],"msg":"extra fields not permitted"}]}`,
	} {
		t.Run(parameter, func(t *testing.T) {
			prober, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
				var sent map[string]any
				if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
					t.Error(err)
				}
				if _, is := sent[parameter]; is {
					w.WriteHeader(http.StatusUnprocessableEntity)
					fmt.Fprint(w, body)
					return
				}
				stream(chunk("VALIDATION_SUCCESS")+done)(w, r)
			})
			r := report(t, prober, in)
			wantPass(t, r)
			if len(r.Details.Adapted) != 1 || !strings.HasPrefix(r.Details.Adapted[0], parameter) {
				t.Errorf("adapted %q", r.Details.Adapted)
			}
		})
	}
}

func TestThinkingIsTheFirstTokenAndReportedApartFromTheText(t *testing.T) {
	for _, v := range variants {
		if v.name == "openai" || strings.HasPrefix(v.name, "azure") {
			continue // their thinking is not shown
		}
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.order(control.Action{FirstTokenMS: 20, BetweenTokensMS: 30, ReasoningTokens: 10})
			in := input(w.url+v.path, v.architecture)
			in.Spec.Samples = 1
			r := report(t, w.prober, in)
			wantPass(t, r)
			s := r.Details.Warm[0]
			if s.TTFTMs < 20 || s.VisibleTTFTMs < 320 || s.TTFTMs >= s.VisibleTTFTMs || s.LatencyMs < s.VisibleTTFTMs {
				t.Errorf("first token %v, first text %v, total %v", s.TTFTMs, s.VisibleTTFTMs, s.LatencyMs)
			}
		})
	}
}

func TestFramesWithoutContentAreNotTheFirstToken(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.order(control.Action{FirstTokenMS: 60}) // the providers send their opening frames at once
			in := input(w.url+v.path, v.architecture)
			in.Spec.Samples = 1
			r := report(t, w.prober, in)
			wantPass(t, r)
			if got := r.Details.Warm[0].TTFTMs; got < 59 {
				t.Errorf("first token after %v ms, sent after 60 ms", got)
			}
		})
	}
}
