package schemas

// HealthCheckInput is the input of TriggerHealthCheck.
type HealthCheckInput struct {
	ModelID string `json:"modelId"`
}

// HealthCheck is the result of TriggerHealthCheck.
type HealthCheck struct {
	ID     string `json:"id,omitempty"`
	Status string `json:"status,omitempty"`
}
