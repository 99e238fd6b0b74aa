package registrar

import (
	"context"
	"fmt"

	"go.temporal.io/api/workflowservice/v1"

	"model-registrar/internal/lookalike"
	"model-registrar/schemas"
)

// NameTooLong says that Temporal's database cannot hold the workflow id of a name. Each character that is not plain
// ASCII takes 6 to 12 characters of the id.
type NameTooLong struct {
	Name     string
	IDLength int    // characters of the id; at most [schemas.SQLIDLength] fit
	Store    string // Temporal's persistence store, such as postgres12
}

// Error says how long the id is, and what fits.
func (e *NameTooLong) Error() string {
	return fmt.Sprintf("the workflow id of %q has %d characters; this Temporal server keeps them in %s, which holds %d",
		e.Name, e.IDLength, e.Store, schemas.SQLIDLength)
}

func (*NameTooLong) typed() {}

// CheckNames refuses a name whose workflow id Temporal's database cannot hold, with a [*NameTooLong]. [Client.Start]
// and [Client.StartFleet] do so too; a fleet with such a name would wait for ever for its registration to start.
func (c *Client) CheckNames(ctx context.Context, names ...string) error {
	for _, name := range names {
		length := len(schemas.RegisterModelWorkflowID(name))
		if length <= schemas.SQLIDLength {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, CallTimeout)
		info, err := c.temporal.WorkflowService().GetClusterInfo(limited, &workflowservice.GetClusterInfoRequest{})
		cancel()
		if err != nil || !schemas.LimitsIDs(info.GetPersistenceStore()) {
			return nil // who may not ask is a tenant of a server that has its own storage
		}
		return &NameTooLong{name, length, info.GetPersistenceStore()}
	}
	return nil
}

// Lookalike is two different names that people take for each other.
type Lookalike struct{ Name, Other string }

// namesCompared bounds how many known registrations names are compared with.
const namesCompared = 1000

// Lookalikes finds the names that look like another one of them, or like that of a model that was registered or is
// being registered, as far as it is among the newest thousand registrations. They are different models all the same.
func (c *Client) Lookalikes(ctx context.Context, names []string) []Lookalike {
	var set lookalike.Names
	known, _, _ := c.List(ctx, Filter{Limit: namesCompared}) // without them, there is less to compare with
	for _, r := range known {
		set.Add(r.Name)
	}
	var all []Lookalike
	for _, name := range names {
		for _, p := range set.Add(name) {
			all = append(all, Lookalike{Name: p.Other, Other: p.One})
		}
	}
	return all
}
