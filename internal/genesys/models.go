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

	"github.com/gowebpki/jcs"

	"model-registrar/internal/gateway"
	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// maxPages bounds a list: with 25 models a page, 5,000 models of one name filter.
const maxPages = 200

// Model is a model that exists in the gateway.
type Model = gateway.Model

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
func (c *Client) FindModels(ctx context.Context, name string) (gateway.Found, error) {
	var found gateway.Found
	seen := map[string]bool{}
	for number := 1; number <= maxPages; number++ {
		page, err := c.modelPage(ctx, name, number)
		if err != nil {
			return gateway.Found{}, err
		}
		if number == 1 {
			found.AsOf = page.asOf
		}
		for _, m := range page.models {
			// A model that is created while the pages are read moves others to the next page, where they are met again.
			if !seen[m.ID] {
				seen[m.ID] = true
				found.Models = append(found.Models, m)
			}
		}
		if !page.more {
			return found, nil
		}
	}
	return gateway.Found{}, badResponse(opFindModels,
		fmt.Sprintf("the list of models does not end within %d pages", maxPages))
}

// modelPage is the models of one name on one page, and whether another page follows.
type modelPage struct {
	models []Model
	more   bool
	asOf   time.Time
}

func (c *Client) modelPage(ctx context.Context, name string, number int) (modelPage, error) {
	list, rep, err := c.list(ctx, opFindModels, url.Values{"name": {name}}, number)
	if err != nil {
		return modelPage{}, err
	}
	page := modelPage{asOf: rep.date(), more: list.more(number)}
	for _, raw := range list.Entities {
		// Models of other names may be of a form that the registrar knows nothing of, and are ignored.
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

// modelList is a page of the list of models, as the platform writes it.
type modelList struct {
	Entities   []json.RawMessage `json:"entities"`
	PageNumber int               `json:"pageNumber"`
	PageCount  int               `json:"pageCount"`
	NextURI    string            `json:"nextUri"`
}

// more reports whether another page follows the one of this number.
func (l modelList) more(number int) bool {
	return number < l.PageCount || (l.PageCount == 0 && l.NextURI != "")
}

// list reads one page of the list of models.
func (c *Client) list(ctx context.Context, o op, query url.Values, number int) (list modelList, rep reply, err error) {
	query.Set("pageNumber", strconv.Itoa(number))
	rep, err = c.call(ctx, request{op: o, method: http.MethodGet, url: c.gateway + "/models", query: query})
	if err != nil {
		return list, rep, err
	}
	if err := rep.decode(o, &list); err != nil {
		return list, rep, err
	}
	if list.Entities == nil {
		return list, rep, rep.broken(badResponse(o, "the list has no entities"))
	}
	if list.PageNumber != 0 && list.PageNumber != number {
		return list, rep, rep.broken(badResponse(o, "the list has another page than the one asked for"))
	}
	return list, rep, nil
}

// pageSize is how many models one call of ListModels asks for, the most that the platform gives.
const pageSize = 100

// ListModels reads one page, from 1, of all models. One that is of a form that is not known, made by another product
// for example, is counted and left out.
func (c *Client) ListModels(ctx context.Context, number int) (gateway.Page, error) {
	list, rep, err := c.list(ctx, opListModels, url.Values{"pageSize": {strconv.Itoa(pageSize)}}, number)
	if err != nil {
		return gateway.Page{}, err
	}
	page := gateway.Page{More: list.more(number) && len(list.Entities) > 0}
	for _, raw := range list.Entities {
		m, err := parseModel(reply{header: rep.header, body: raw, redactor: rep.redactor})
		if err != nil || m.Payload.Name == "" {
			page.Unreadable++
			continue
		}
		page.Models = append(page.Models, m)
	}
	return page, nil
}

// parseModel reads a model, whose payload's fields stand beside the platform's own.
func parseModel(rep reply) (Model, error) {
	var m Model
	// The platform may write numbers otherwise than they were sent (500.0, 5e2); the canonical form writes them in one
	// way.
	if canonical, err := jcs.Transform(rep.body); err == nil {
		rep.body = canonical
	}
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
	m.State = rep.redactor.status(own.State)
	return m, nil
}

// GetModel reads a model by its id. One that does not exist (404) is nil.
func (c *Client) GetModel(ctx context.Context, id string) (*Model, error) {
	target, err := c.modelURL(opGetModel, id)
	if err != nil {
		return nil, err
	}
	rep, err := c.call(ctx, request{op: opGetModel, method: http.MethodGet, url: target})
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := parseModel(rep)
	if err != nil {
		return nil, err
	}
	return &m, nil
}

// DeleteModel deletes a model. Where the platform knows none of this id (404), existed is false: it was deleted before,
// or the answer comes from a replica that lags behind.
func (c *Client) DeleteModel(ctx context.Context, id string) (existed bool, err error) {
	target, err := c.modelURL(opDeleteModel, id)
	if err != nil {
		return false, err
	}
	_, err = c.call(ctx, request{op: opDeleteModel, method: http.MethodDelete, url: target})
	if isNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

func isNotFound(err error) bool {
	var refused *gateway.Error
	return errors.As(err, &refused) && refused.Type == schemas.ErrNotFound
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
	return cleanCheck(check, rep), nil
}

// GetHealthCheck reads how a health check stands. That there is such a call is an assumption: offered is false where
// the platform does not know it (404, 405, 501).
func (c *Client) GetHealthCheck(
	ctx context.Context, modelID, id string,
) (check schemas.HealthCheck, offered bool, err error) {
	target, err := c.modelURL(opGetHealth, modelID)
	if err != nil {
		return check, false, err
	}
	if err := checkID(id); err != nil {
		return check, false, invalidArgument(opGetHealth, "the id of the health check "+err.Error())
	}
	rep, err := c.call(ctx, request{
		op: opGetHealth, method: http.MethodGet, url: target + "/health-checks/" + url.PathEscape(id)})
	var refused *gateway.Error
	if errors.As(err, &refused) {
		switch refused.Status {
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
			return check, false, nil
		}
	}
	if err != nil {
		return check, false, err
	}
	var wire struct {
		Status string `json:"status"`
		Errors []any  `json:"errors"`
	}
	if err := rep.decode(opGetHealth, &wire); err != nil {
		return check, false, err
	}
	check = cleanCheck(schemas.HealthCheck{ID: id, Status: wire.Status}, rep)
	if len(wire.Errors) > 0 {
		check.Reason = errorBodyOf(wire.Errors[0], rep.redactor).String()
	}
	return check, true, nil
}

// cleanCheck keeps what is known of a health check's fields; what it comes to is not the platform's to say.
func cleanCheck(check schemas.HealthCheck, rep reply) schemas.HealthCheck {
	return schemas.HealthCheck{
		ID: rep.redactor.clean(check.ID, maxID), Status: rep.redactor.status(check.Status),
	}
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
	case id == ".", id == "..", words.OneLine(id) != id, strings.ContainsAny(id, " /\\"):
		return errors.New("is not one that can stand in a path")
	}
	return nil
}
