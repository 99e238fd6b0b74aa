package registrar

import (
	"context"
	"slices"
	"strings"

	"go.temporal.io/api/workflowservice/v1"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// Owner is the record that the model of this name is ours, and how the model is doing, whatever came of the last
// attempt to register it; nil for a model that is nobody's. It needs no worker.
func (c *Client) Owner(ctx context.Context, name string) (owner *schemas.Ownership, err error) {
	reader := c.owners()
	err = c.call(ctx, func(ctx context.Context) (err error) {
		owner, err = reader.Owner(ctx, name)
		return err
	})
	return owner, err
}

// namesAtOnce is how many names one query of the visibility store asks for.
const namesAtOnce = 50

// addStates adds how the models of listed registrations are doing.
func (c *Client) addStates(ctx context.Context, all []Listed) error {
	states := map[string]schemas.ModelState{}
	for chunk := range slices.Chunk(all, namesAtOnce) {
		names := make([]string, len(chunk))
		for i, r := range chunk {
			names[i] = literal(r.Name)
		}
		var page *workflowservice.ListWorkflowExecutionsResponse
		err := c.call(ctx, func(ctx context.Context) (err error) {
			page, err = c.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
				Namespace: c.namespace, PageSize: namesAtOnce,
				Query: "WorkflowType = " + literal(schemas.ManageModelWorkflow) + " AND CloseTime IS NULL AND " +
					schemas.ModelNameAttribute + " IN (" + strings.Join(names, ", ") + ")",
			})
			return err
		})
		if err != nil {
			return err
		}
		for _, w := range page.GetExecutions() {
			fields := w.GetSearchAttributes().GetIndexedFields()
			states[follow.Keyword(fields[schemas.ModelNameAttribute])] =
				schemas.ModelState(follow.Keyword(fields[schemas.ModelStateAttribute]))
		}
	}
	for i := range all {
		all[i].ModelState = states[all[i].Name]
	}
	return nil
}
