package manifest

import "model-registrar/schemas"

// Warnings are what is probably not meant in a valid manifest, or will probably be refused. The probe decides.
func Warnings(m schemas.Manifest) []schemas.Violation {
	p := m.Parameters
	var all []schemas.Violation
	warn := func(is bool, path, message string) {
		if is {
			all = append(all, schemas.Violation{Path: path, Code: schemas.CodeWarning, Message: message +
				"; the probe decides"})
		}
	}
	warn(m.ModelArchitecture == schemas.Anthropic && p.Temperature != nil && p.TopP != nil, "parameters.top_p",
		"stands beside temperature, and current models of Anthropic take one of the two")
	second := m.ModelArchitecture == schemas.Anthropic && m.Probe.APIVersion >= "2026-10-21"
	warn(second && p.Temperature != nil, "parameters.temperature", "is not known to Anthropic's API since 2026-10-21")
	responses := m.Probe.API == schemas.ResponsesAPI
	warn(responses && len(p.StopSequences) > 0, "parameters.stop_sequences", "is not known to the Responses API")
	warn(responses && p.FrequencyPenalty != nil, "parameters.frequency_penalty", "is not known to the Responses API")
	warn(m.Probe.MinSuccess != nil && *m.Probe.MinSuccess == 0, "probe.min_success",
		"is 0, and one sample must succeed in any case")
	return all
}
