package probe_test

import (
	"strings"
	"testing"

	"model-registrar/schemas"
)

func TestBothGenerationsOfAnthropicsAPIPassByDefault(t *testing.T) {
	for _, test := range []struct {
		path, version string
		adapted       bool
		code          string
	}{
		{"/providers/anthropic", "", false, ""},
		{"/providers/anthropic", "2023-06-01", false, ""},
		{"/providers/anthropic", "2026-10-21", false, ""},
		{"/providers/anthropic-2023-06-01", "", false, ""},
		{"/providers/anthropic-2023-06-01", "2023-06-01", false, ""},
		{"/providers/anthropic-2026-10-21", "", true, ""},
		{"/providers/anthropic-2026-10-21", "2026-10-21", false, ""},
		{"/providers/anthropic-2023-06-01", "2026-10-21", false, schemas.ReasonUnauthorized}, // what is chosen is not adapted
		{"/providers/anthropic-2026-10-21", "2023-06-01", false, schemas.ReasonUnauthorized},
	} {
		for _, stream := range []bool{true, false} {
			t.Run(strings.TrimPrefix(test.path, "/providers/")+" asked as "+test.version, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				in := input(w.url+test.path, schemas.Anthropic)
				in.Spec.APIVersion, in.Spec.Stream = test.version, &stream
				r := report(t, w.prober, in)
				if test.code != "" {
					wantFail(t, r, test.code)
					return
				}
				wantPass(t, r)
				if got := strings.Join(r.Details.Adapted, "; "); (got != "") != test.adapted || test.adapted && !strings.Contains(got, "2026-10-21") {
					t.Errorf("adapted %q", got)
				}
			})
		}
	}
}

func TestATokenThatNeitherGenerationAcceptsIsUnauthorized(t *testing.T) {
	for _, path := range []string{"/providers/anthropic", "/providers/anthropic-2023-06-01", "/providers/anthropic-2026-10-21"} {
		w := newWorld(t)
		in := input(w.url+path, schemas.Anthropic)
		r := report(t, proberWithToken(t, "not-the-token", w.url), in)
		wantFail(t, r, schemas.ReasonUnauthorized)
		if n := len(w.requests()); n != 2 {
			t.Errorf("%s: %d requests, where each generation is tried once", path, n)
		}
	}
}
