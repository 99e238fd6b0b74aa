package manifest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestWhatTheProbeWillProbablyRefuseIsAWarning(t *testing.T) {
	for name, c := range map[string]struct {
		architecture schemas.Architecture
		set          map[string]any
		path         string
	}{
		"nothing":                      {schemas.OpenAI, map[string]any{"parameters.temperature": 0.7, "parameters.top_p": 0.9}, ""},
		"anthropic with one":           {schemas.Anthropic, map[string]any{"parameters.temperature": 0.7}, ""},
		"anthropic with both":          {schemas.Anthropic, map[string]any{"parameters.temperature": 0.7, "parameters.top_p": 0.9}, "parameters.top_p"},
		"anthropic's second":           {schemas.Anthropic, map[string]any{"parameters.temperature": 0.7, "probe.api_version": "2026-10-21"}, "parameters.temperature"},
		"anthropic's first":            {schemas.Anthropic, map[string]any{"parameters.temperature": 0.7, "probe.api_version": "2023-06-01"}, ""},
		"stops of the Responses API":   {schemas.OpenAI, map[string]any{"parameters.stop_sequences": "x", "probe.api": "responses"}, "parameters.stop_sequences"},
		"penalty of the Responses API": {schemas.Custom, map[string]any{"parameters.frequency_penalty": 1, "probe.api": "responses"}, "parameters.frequency_penalty"},
		"no sample at all":             {schemas.Custom, map[string]any{"probe.min_success": 0}, "probe.min_success"},
	} {
		d := only(t, "m.json", with(c.architecture, c.set))
		require.Empty(t, d.Violations, name)
		warnings := Warnings(d.Manifest)
		if c.path == "" {
			require.Empty(t, warnings, name)
			continue
		}
		require.Len(t, warnings, 1, name)
		require.Equal(t, c.path, warnings[0].Path)
		require.Contains(t, warnings[0].Message, "the probe decides")
	}
}
