package schemas

// ValidateInput is the input of ValidatePayload.
type ValidateInput struct {
	Manifest Manifest `json:"manifest"`
	// Arrived is the input of the registration as it arrived, JSON if all is well. It is read strictly, and what it holds
	// counts instead of Manifest. Default: Manifest counts.
	Arrived []byte `json:"arrived,omitempty"`
	// Operation is the workflow type whose input arrived. Default: RegisterModel.
	Operation string `json:"operation,omitempty"`
	// PolicyOnly: only the policy is asked for, of a manifest that is approved already.
	PolicyOnly bool `json:"policyOnly,omitempty"`
}

// MaxInputBytes is how long the input of a registration may be. A manifest is hardly ever more than 2 KiB.
const MaxInputBytes = 64 << 10

// ValidatedPayload is the result of ValidatePayload: what will be sent, and under which policy.
type ValidatedPayload struct {
	Payload SealedPayload `json:"payload"`
	// Approval is the stricter of the worker's floor and the manifest's policy.
	Approval ApprovalPolicy `json:"approval"`
	// Gate is the stricter of the worker's floor and the manifest's.
	Gate Gate `json:"gate,omitempty"`
	// Required is how many people have to approve: the larger of the worker's floor and the manifest's number.
	Required int `json:"required,omitempty"`
	// Manifest is how the input reads, if that is not what the activity was given as its manifest: Go's decoder takes 500.0
	// for no integer, and keys in any case, and is not strict.
	Manifest *Manifest `json:"manifest,omitempty"`
}
