package genesys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"model-registrar/schemas"
)

// maxPages bounds a list: with 25 models a page, 5,000 models of one name filter.
const maxPages = 200

// Model is a model that exists in the gateway.
type Model struct {
	ID          string
	Payload     schemas.Payload
	State       string
	JobID       string    // the job that made it, if the platform says so
	DateCreated time.Time // zero when the platform does not say
}

// CreateModel asks for a model, by the very bytes that were sealed, and returns the id of the job that makes it. A call
// that failed retryably may have taken effect; look the name up before calling again.
func (c *Client) CreateModel(ctx context.Context, p schemas.SealedPayload) (jobID string, err error) {
	rep, err := c.call(ctx, request{
		op: opCreateModel, method: http.MethodPost, url: c.gateway + "/models", body: []byte(p.Canonical),
	})
	if err != nil {
		return "", err
	}
	var created struct {
		JobID string `json:"jobId"`
	}
	if err := rep.decode(opCreateModel, &created); err != nil {
		return "", err
	}
	if err := checkID(created.JobID); err != nil {
		return "", rep.broken(badResponse(opCreateModel, "its jobId "+err.Error()))
	}
	return created.JobID, nil
}

// FindModels returns the models of exactly this name. That the list takes a name filter is an assumption, so the
// names are compared here as well and every page is read.
func (c *Client) FindModels(ctx context.Context, name string) ([]Model, error) {
	var found []Model
	seen := map[string]bool{}
	for number := 1; number <= maxPages; number++ {
		page, err := c.modelPage(ctx, name, number)
		if err != nil {
			return nil, err
		}
		for _, m := range page.models {
			// A model that is created while the pages are read moves others to the next page, where they are met again.
			if !seen[m.ID] {
				seen[m.ID] = true
				found = append(found, m)
			}
		}
		if !page.more {
			return found, nil
		}
	}
	return nil, badResponse(opFindModels, fmt.Sprintf("the list of models does not end within %d pages", maxPages))
}

// modelPage is the models of one name on one page, and whether another page follows.
type modelPage struct {
	models []Model
	more   bool
}

func (c *Client) modelPage(ctx context.Context, name string, number int) (modelPage, error) {
	rep, err := c.call(ctx, request{
		op: opFindModels, method: http.MethodGet, url: c.gateway + "/models",
		query: url.Values{"name": {name}, "pageNumber": {strconv.Itoa(number)}},
	})
	if err != nil {
		return modelPage{}, err
	}
	var list struct {
		Entities   []json.RawMessage `json:"entities"`
		PageNumber int               `json:"pageNumber"`
		PageCount  int               `json:"pageCount"`
		NextURI    string            `json:"nextUri"`
	}
	if err := rep.decode(opFindModels, &list); err != nil {
		return modelPage{}, err
	}
	if list.Entities == nil {
		return modelPage{}, rep.broken(badResponse(opFindModels, "the list has no entities"))
	}
	if list.PageNumber != 0 && list.PageNumber != number {
		return modelPage{}, rep.broken(badResponse(opFindModels, "the list has another page than the one asked for"))
	}
	page := modelPage{more: number < list.PageCount || (list.PageCount == 0 && list.NextURI != "")}
	for _, raw := range list.Entities {
		// Models of other names may be of a form that the registrar knows nothing of, and are nobody's concern here.
		var named struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(raw, &named) != nil || named.Name != name {
			continue
		}
		m, err := parseModel(reply{header: rep.header, body: raw, redactor: rep.redactor})
		if err != nil {
			return modelPage{}, err
		}
		page.models = append(page.models, m)
	}
	return page, nil
}

// parseModel reads a model, whose payload's fields stand beside the platform's own.
func parseModel(rep reply) (Model, error) {
	var m Model
	if err := rep.decode(opFindModels, &m.Payload); err != nil {
		return Model{}, err
	}
	var own struct {
		ID          string    `json:"id"`
		State       string    `json:"state"`
		JobID       string    `json:"jobId"`
		DateCreated time.Time `json:"dateCreated"`
	}
	if err := rep.decode(opFindModels, &own); err != nil {
		return Model{}, err
	}
	if err := checkID(own.ID); err != nil {
		return Model{}, rep.broken(badResponse(opFindModels, "the id of a model "+err.Error()))
	}
	if own.JobID != "" {
		if err := checkID(own.JobID); err != nil {
			return Model{}, rep.broken(badResponse(opFindModels, "the jobId of a model "+err.Error()))
		}
	}
	m.ID, m.JobID, m.DateCreated = own.ID, own.JobID, own.DateCreated
	m.State = rep.redactor.clean(own.State, maxCode)
	return m, nil
}

// DeleteModel deletes a model. One that does not exist (404) is deleted.
func (c *Client) DeleteModel(ctx context.Context, id string) error {
	target, err := c.modelURL(opDeleteModel, id)
	if err != nil {
		return err
	}
	_, err = c.call(ctx, request{op: opDeleteModel, method: http.MethodDelete, url: target})
	var refused *Error
	if errors.As(err, &refused) && refused.Type == schemas.ErrNotFound {
		return nil
	}
	return err
}

// TriggerHealthCheck starts a health check of a model and returns it as the platform describes it, which may be
// nothing at all.
func (c *Client) TriggerHealthCheck(ctx context.Context, modelID string) (schemas.HealthCheck, error) {
	target, err := c.modelURL(opHealthCheck, modelID)
	if err != nil {
		return schemas.HealthCheck{}, err
	}
	rep, err := c.call(ctx, request{op: opHealthCheck, method: http.MethodPost, url: target + "/health-checks"})
	if err != nil || len(rep.body) == 0 {
		return schemas.HealthCheck{}, err
	}
	var check schemas.HealthCheck
	if err := rep.decode(opHealthCheck, &check); err != nil {
		return schemas.HealthCheck{}, err
	}
	check.ID = rep.redactor.clean(check.ID, maxID)
	check.Status = rep.redactor.clean(check.Status, maxCode)
	return check, nil
}

func (c *Client) modelURL(o op, id string) (string, error) {
	if err := checkID(id); err != nil {
		return "", invalidArgument(o, "the id of the model "+err.Error())
	}
	return c.gateway + "/models/" + url.PathEscape(id), nil
}

// checkID accepts what can be one segment of a path. "." and ".." are none: they would lead to another resource.
func checkID(id string) error {
	switch {
	case id == "":
		return errors.New("is missing")
	case len(id) > maxID:
		return fmt.Errorf("is longer than %d bytes", maxID)
	case id == ".", id == "..", printable(id) != id, strings.ContainsAny(id, " /\\"):
		return errors.New("is not one that can stand in a path")
	}
	return nil
}
