package schemas

// ValidateInput is the input of ValidatePayload.
type ValidateInput struct {
	Manifest Manifest `json:"manifest"`
}

// ValidatedPayload is the result of ValidatePayload: what will be sent, and under which policy.
type ValidatedPayload struct {
	Payload SealedPayload `json:"payload"`
	// Approval is the stricter of the worker's floor and the manifest's policy.
	Approval ApprovalPolicy `json:"approval"`
	// Required is how many people have to approve: the larger of the worker's floor and the manifest's number.
	Required int `json:"required,omitempty"`
}
