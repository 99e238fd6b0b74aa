package schemas

import "strings"

// HealthCheckInput is the input of TriggerHealthCheck.
type HealthCheckInput struct {
	ModelID string `json:"modelId"`
}

// HealthCheck is the result of TriggerHealthCheck: how the gateway's own check of the model ended.
type HealthCheck struct {
	Answer

	ID      string        `json:"id,omitempty"`
	Status  string        `json:"status,omitempty"` // the platform's word
	Outcome HealthOutcome `json:"outcome,omitempty"`
	Reason  string        `json:"reason,omitempty"` // why it failed, as far as the platform says
}

// HealthOutcome is what is known of a health check.
type HealthOutcome string

// The outcomes of a health check.
const (
	HealthPassed     HealthOutcome = "PASSED"
	HealthFailed     HealthOutcome = "FAILED"
	HealthUnfinished HealthOutcome = "UNFINISHED"  // it had no result within the time that it is waited for
	HealthNotOffered HealthOutcome = "NOT_OFFERED" // the platform does not tell results of health checks
)

// String says for people how the health check ended.
func (h HealthCheck) String() string {
	switch h.Outcome {
	case HealthPassed:
		return "passed"
	case HealthFailed:
		return strings.TrimSuffix("FAILED: "+h.Reason, ": ")
	case HealthNotOffered:
		return "triggered; the platform does not tell results"
	case HealthUnfinished:
		return "triggered; no result within a minute"
	}
	return strings.TrimSpace("triggered " + strings.TrimSpace(h.ID+" "+h.Status))
}
