package words

import (
	"fmt"
	"strings"

	"model-registrar/schemas"
)

// operations are the words for the workflow types that work on a model. What says none is a registration.
var operations = map[string]struct{ noun, participle string }{
	"":                            {"registration", "registered"},
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

// Operations counts operations by their workflow types: "2 registrations, 1 change".
func Operations(counts map[string]int) string {
	var parts []string
	for _, o := range schemas.Operations {
		switch n := counts[o]; n {
		case 0:
		case 1:
			parts = append(parts, "1 "+Operation(o))
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n, Operation(o)))
		}
	}
	return strings.Join(parts, ", ")
}
