package genesys

import (
	"context"

	"model-registrar/schemas"
)

// UpdateModel asks for a model's payload to be replaced, by the very bytes that were sealed, and returns the id of the
// job that does it. That there is such a call, and that it answers like a creation, is an assumption; the method is
// configured. A call that failed retryably may have taken effect; sent again it changes nothing twice.
func (c *Client) UpdateModel(ctx context.Context, id string, p schemas.SealedPayload) (jobID string, err error) {
	target, err := c.modelURL(opUpdateModel, id)
	if err != nil {
		return "", err
	}
	rep, err := c.call(ctx, request{op: opUpdateModel, method: c.updateMethod, url: target, body: []byte(p.Canonical)})
	if err != nil {
		return "", err
	}
	var updated struct {
		JobID string `json:"jobId"`
	}
	if err := rep.decode(opUpdateModel, &updated); err != nil {
		return "", err
	}
	if err := checkID(updated.JobID); err != nil {
		return "", rep.broken(badResponse(opUpdateModel, "its jobId "+err.Error()))
	}
	return updated.JobID, nil
}
