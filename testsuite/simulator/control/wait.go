package control

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// RequestFilter selects requests; an empty field selects all.
type RequestFilter struct {
	Op Op
	// Name is exactly the model's name, Path a part of the path.
	Name string
	Path string
	// Since selects what came after that sequence number.
	Since uint64
}

// WebhookFilter selects deliveries; an empty field selects all.
type WebhookFilter struct {
	// Path is a part of the path, Event exactly the body's event.
	Path  string
	Event string
	Since uint64
}

// JobFilter selects jobs; an empty field selects all.
type JobFilter struct {
	Name   string
	Status string
}

func (f RequestFilter) query() url.Values {
	q := nonEmpty("op", string(f.Op), "name", f.Name, "path", f.Path)
	return since(q, f.Since)
}

func (f WebhookFilter) query() url.Values {
	return since(nonEmpty("path", f.Path, "event", f.Event), f.Since)
}

func (f JobFilter) query() url.Values {
	return nonEmpty("name", f.Name, "status", f.Status)
}

// WaitRequests waits until at least that many requests match and returns them. It fails when ctx ends first, or
// after two minutes when ctx has no deadline.
func (c *Client) WaitRequests(ctx context.Context, filter RequestFilter, least int) ([]Request, error) {
	return wait[Request](ctx, c, "/requests", filter.query(), least)
}

// WaitWebhooks is WaitRequests for deliveries to the webhook receiver.
func (c *Client) WaitWebhooks(ctx context.Context, filter WebhookFilter, least int) ([]Webhook, error) {
	return wait[Webhook](ctx, c, "/webhooks", filter.query(), least)
}

// WaitJobs is WaitRequests for jobs.
func (c *Client) WaitJobs(ctx context.Context, filter JobFilter, least int) ([]Job, error) {
	return wait[Job](ctx, c, "/jobs", filter.query(), least)
}

// WaitJobEnd waits until a job has ended, and returns within a moment of that. It fails when ctx ends first.
func (c *Client) WaitJobEnd(ctx context.Context, id string) (Job, error) {
	query := nonEmpty("waitMs", strconv.FormatInt(maxWait.Milliseconds(), 10))
	for {
		job, err := get[Job](ctx, c, "/jobs/"+url.PathEscape(id), query)
		if err != nil || job.Ended != nil {
			return job, err
		}
	}
}

// wait repeats long polls, each bounded, so that no single request outlives the client's timeout.
func wait[T any](ctx context.Context, c *Client, path string, query url.Values, least int) ([]T, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, giveUp)
		defer cancel()
	}
	query.Set("min", strconv.Itoa(least))
	seen := 0
	for {
		query.Set("waitMs", strconv.FormatInt(pollTime(ctx).Milliseconds(), 10))
		found, err := get[[]T](ctx, c, path, query)
		if err == nil && len(found) >= least {
			return found, nil
		}
		if ctx.Err() != nil {
			return found, fmt.Errorf("waited for %d at %s?%s, %d seen: %w", least, path, selection(query), seen,
				ctx.Err())
		}
		if err != nil {
			return nil, err
		}
		seen = len(found)
	}
}

// pollTime leaves the last poll time to answer, so that a wait in vain can say how many there were.
func pollTime(ctx context.Context) time.Duration {
	deadline, _ := ctx.Deadline()
	return max(time.Millisecond, min(maxWait, time.Until(deadline)*9/10))
}

// selection is the query without the parameters of waiting, for messages.
func selection(query url.Values) string {
	shown := url.Values{}
	for key, values := range query {
		if key != "min" && key != "waitMs" {
			shown[key] = values
		}
	}
	return shown.Encode()
}

func nonEmpty(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

func since(q url.Values, seq uint64) url.Values {
	if seq > 0 {
		q.Set("since", strconv.FormatUint(seq, 10))
	}
	return q
}

// Now is the sequence number of the newest request, to be given as Since later.
func (c *Client) Now(ctx context.Context) (uint64, error) {
	health, err := get[struct {
		Seq uint64 `json:"requestSeq"`
	}](ctx, c, "/health", nil)
	return health.Seq, err
}
