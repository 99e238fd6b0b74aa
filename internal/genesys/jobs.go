package genesys

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/internal/retryafter"
)

// Job is how a job stood when it was asked for. At most 20 of its errors are read.
type Job = gateway.Job

// GetJob asks how a job stands.
func (c *Client) GetJob(ctx context.Context, id string) (Job, error) {
	if err := checkID(id); err != nil {
		return Job{}, invalidArgument(opGetJob, "the id of the job "+err.Error())
	}
	rep, err := c.call(ctx, request{op: opGetJob, method: http.MethodGet, url: c.jobs + "/" + url.PathEscape(id)})
	if err != nil {
		return Job{}, err
	}
	var wire struct {
		Status string `json:"status"`
		Result struct {
			ID string `json:"id"`
		} `json:"result"`
		Errors []any `json:"errors"`
	}
	if err := rep.decode(opGetJob, &wire); err != nil {
		return Job{}, err
	}
	job := Job{
		ID: id, Status: rep.redactor.status(wire.Status), ModelID: wire.Result.ID,
		RetryAfter: retryafter.Parse(rep.header, time.Now()),
	}
	if job.Status == "" {
		return Job{}, rep.broken(badResponse(opGetJob, "the job has no status"))
	}
	if job.ModelID != "" {
		if err := checkID(job.ModelID); err != nil {
			return Job{}, rep.broken(badResponse(opGetJob, "the id of the model "+err.Error()))
		}
	}
	for _, v := range wire.Errors[:min(len(wire.Errors), maxFields)] {
		job.Errors = append(job.Errors, errorBodyOf(v, rep.redactor))
	}
	return job, nil
}
