package words

import "model-registrar/schemas"

// operations are the words for the workflow types that work on a model.
var operations = map[string]struct{ noun, participle string }{
	schemas.RegisterModelWorkflow: {"registration", "registered"}, schemas.ChangeModelWorkflow: {"change", "changed"},
	schemas.AdoptModelWorkflow: {"adoption", "adopted"}, schemas.RetireModelWorkflow: {"retirement", "retired"},
}

// Operation is the noun for an operation, by its workflow type: "retirement".
func Operation(workflowType string) string {
	if o, ok := operations[workflowType]; ok {
		return o.noun
	}
	return "operation"
}

// BeingDone is what happens to a model that an operation works on: "is being retired".
func BeingDone(workflowType string) string {
	if o, ok := operations[workflowType]; ok {
		return "is being " + o.participle
	}
	return "is being worked on"
}
