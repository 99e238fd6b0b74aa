package genesys

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"model-registrar/internal/retryafter"
)

// Job is how a job stood when it was asked for.
type Job struct {
	ID      string
	Status  string
	ModelID string      // set once the job succeeded, if its result names a model
	Errors  []ErrorBody // why it failed; at most 20
	// RetryAfter is how long the platform asks to wait before the next question, at most an hour; 0 when it does not.
	RetryAfter time.Duration
}

// Succeeded says whether the job ended well.
func (j Job) Succeeded() bool { return isOneOf(j.Status, "completed", "succeeded") }

// Failed says whether the job ended badly. A job that neither succeeded nor failed goes on, whatever its status says.
func (j Job) Failed() bool { return isOneOf(j.Status, "failed") }

func isOneOf(status string, words ...string) bool {
	for _, word := range words {
		if strings.EqualFold(status, word) {
			return true
		}
	}
	return false
}

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
		ID: id, Status: rep.redactor.clean(wire.Status, maxCode), ModelID: wire.Result.ID,
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
