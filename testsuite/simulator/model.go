package simulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"model-registrar/testsuite/simulator/control"
)

// payload is a checked payload: the members as they came, and what the simulator itself needs of them.
type payload struct {
	members     fields
	raw         json.RawMessage
	name        string
	callbackURL string
}

// entity is a model as the API shows it: the payload as it came, and what the platform adds.
type entity struct {
	ID                 string          `json:"id"`
	Name               json.RawMessage `json:"name"`
	EndpointURL        json.RawMessage `json:"endpointUrl"`
	AuthCredentialID   json.RawMessage `json:"authCredentialId"`
	ModelArchitecture  json.RawMessage `json:"modelArchitecture"`
	RateLimits         json.RawMessage `json:"rateLimits"`
	Parameters         json.RawMessage `json:"parameters"`
	WebhookCallbackURL json.RawMessage `json:"webhookCallbackUrl,omitempty"`
	State              string          `json:"state"`
	JobID              string          `json:"jobId"`
	DateCreated        string          `json:"dateCreated"`
	SelfURI            string          `json:"selfUri"`
}

// platformTime writes a time as the platform does, in milliseconds.
func platformTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (m *model) entity() entity {
	f := m.payload.members
	return entity{
		ID: m.id, Name: f["name"], EndpointURL: f["endpointUrl"], AuthCredentialID: f["authCredentialId"],
		ModelArchitecture: f["modelArchitecture"], RateLimits: f["rateLimits"], Parameters: f["parameters"],
		WebhookCallbackURL: f["webhookCallbackUrl"], State: m.state, JobID: m.job.id,
		DateCreated: platformTime(m.created), SelfURI: gatewayPath + "/" + m.id,
	}
}

func (s *Server) routeModels() {
	byID := func(c *call) { s.store.about(c.r.PathValue("id"), "", &c.record) }
	byQuery := func(c *call) { c.record.ModelName = c.r.URL.Query().Get("name") }
	s.route("POST "+gatewayPath, s.genesys(control.OpCreate, scopeWrite, byBody, s.createModel))
	s.route("GET "+gatewayPath, s.genesys(control.OpList, scopeRead, byQuery, s.listModels))
	s.route("GET "+gatewayPath+"/{id}", s.genesys(control.OpGet, scopeRead, byID, s.getModel))
	s.route("PUT "+gatewayPath+"/{id}", s.genesys(control.OpUpdate, scopeWrite, byID, s.updateModel))
	s.route("PATCH "+gatewayPath+"/{id}", s.genesys(control.OpUpdate, scopeWrite, byID, s.updateModel))
	s.route("DELETE "+gatewayPath+"/{id}", s.genesys(control.OpDelete, scopeWrite, byID, s.deleteModel))
	s.route("POST "+gatewayPath+"/{id}/health-checks", s.genesys(control.OpHealth, scopeWrite, byID, s.checkHealth))
	s.route("GET "+gatewayPath+"/{id}/health-checks/{check}",
		s.genesys(control.OpHealthResult, scopeRead, byID, s.getHealthCheck))
}

// byBody finds the model's name in a body that has not been checked yet.
func byBody(c *call) {
	if members, err := parseObject(c.body); err == nil {
		c.record.ModelName, _ = text(members["name"])
	}
}

func (s *Server) createModel(c *call) reply {
	p, refusal := readPayload(c)
	if refusal != nil {
		return *refusal
	}
	set := s.settings.get()
	j, result := s.store.create(p, set.ConflictOnDuplicateName, milliseconds(set.JobDurationMS), c.action)
	switch result {
	case nameTaken:
		return refuseGenesys(c, http.StatusConflict, "general.conflict", "A model with this name exists already.")
	case storeFull:
		return refuseGenesys(c, http.StatusServiceUnavailable, "", "The simulator is full; reset it.")
	case createdOK:
	}
	c.record.ModelID, c.record.JobID = j.model.id, j.id
	return jsonReply(http.StatusAccepted, map[string]string{"jobId": j.id})
}

// readPayload reads a request to create a model, or says everything that is wrong with it.
func readPayload(c *call) (payload, *reply) {
	refuse := func(code, message string, details []control.ErrorDetail) (payload, *reply) {
		body := platformError(c.record.CorrelationID, http.StatusBadRequest, code, message, nil)
		body.Details = append(body.Details, details...)
		rep := genesysError(c, body)
		return payload{}, &rep
	}
	if c.r.URL.RawQuery != "" {
		return refuse("bad.request", "This operation takes no query parameters.", nil)
	}
	if !isJSON(c.r.Header.Get("Content-Type")) {
		return refuse("bad.request", "The Content-Type must be application/json.", nil)
	}
	members, err := parseObject(c.body)
	if err != nil {
		return refuse("bad.request", "The request body cannot be read: "+err.Error()+".", nil)
	}
	if check := checkPayload(members); len(check.details) > 0 {
		return refuse(check.code(), "The request body has invalid fields; see details.", check.details)
	}
	p := payload{members: members, raw: c.body}
	p.name, _ = text(members["name"])
	p.callbackURL, _ = text(members["webhookCallbackUrl"])
	return p, nil
}

const (
	defaultPageSize = 25
	maxPageSize     = 100
	maxPageNumber   = 1_000_000
)

// listing is a page of models.
type listing struct {
	Entities   []entity `json:"entities"`
	PageSize   int      `json:"pageSize"`
	PageNumber int      `json:"pageNumber"`
	Total      int      `json:"total"`
	PageCount  int      `json:"pageCount"`
	FirstURI   string   `json:"firstUri"`
	LastURI    string   `json:"lastUri"`
	PrevURI    string   `json:"previousUri,omitempty"`
	NextURI    string   `json:"nextUri,omitempty"`
	SelfURI    string   `json:"selfUri"`
}

func (s *Server) listModels(c *call) reply {
	query, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return refuseGenesys(c, http.StatusBadRequest, "", "The query string cannot be parsed.")
	}
	for key, values := range query {
		if (key != "name" && key != "pageNumber" && key != "pageSize") || len(values) != 1 {
			return refuseGenesys(c, http.StatusBadRequest, "",
				"The query takes name, pageNumber and pageSize, each once.")
		}
	}
	number, ok := wholeNumber(query.Get("pageNumber"), 1, 1, maxPageNumber)
	size, fits := wholeNumber(query.Get("pageSize"), defaultPageSize, 1, maxPageSize)
	if !ok || !fits {
		return refuseGenesys(c, http.StatusBadRequest, "invalid.value",
			"pageNumber must be at least 1 and pageSize from 1 to 100.")
	}
	name := query.Get("name")
	page := listing{PageSize: size, PageNumber: number, SelfURI: pageURI(name, number, size)}
	page.Entities, page.Total = s.store.page(name, number, size, c.asOf())
	page.PageCount = (page.Total + size - 1) / size
	page.FirstURI, page.LastURI = pageURI(name, 1, size), pageURI(name, max(1, page.PageCount), size)
	if number > 1 {
		page.PrevURI = pageURI(name, number-1, size)
	}
	if number < page.PageCount {
		page.NextURI = pageURI(name, number+1, size)
	}
	return jsonReply(http.StatusOK, page)
}

func pageURI(name string, number, size int) string {
	query := url.Values{"pageNumber": {strconv.Itoa(number)}, "pageSize": {strconv.Itoa(size)}}
	if name != "" {
		query.Set("name", name)
	}
	return gatewayPath + "?" + query.Encode()
}

func (s *Server) getModel(c *call) reply {
	found, ok := s.store.model(c.r.PathValue("id"), c.asOf())
	if !ok {
		return refuseGenesys(c, http.StatusNotFound, "", "There is no model of this id.")
	}
	return jsonReply(http.StatusOK, found)
}

func (s *Server) deleteModel(c *call) reply {
	if len(c.body) > 0 {
		return refuseGenesys(c, http.StatusBadRequest, "", "A deletion takes no body.")
	}
	if !s.store.remove(c.r.PathValue("id"), c.asOf()) {
		return refuseGenesys(c, http.StatusNotFound, "", "There is no model of this id.")
	}
	return reply{status: http.StatusNoContent}
}

// refuseBodyOfTrigger lets through no body, or an empty JSON object.
func (c *call) refuseBodyOfTrigger() *reply {
	if len(c.body) == 0 {
		return nil
	}
	members, err := parseObject(c.body)
	if err == nil && len(members) == 0 && isJSON(c.r.Header.Get("Content-Type")) {
		return nil
	}
	rep := refuseGenesys(c, http.StatusBadRequest, "", "A health check takes no body or an empty JSON object.")
	return &rep
}

func (s *Server) routeJobs() {
	about := func(c *call) {
		c.record.JobID = c.r.PathValue("id")
		s.store.about("", c.record.JobID, &c.record)
	}
	s.route("GET "+jobsPath+"/{id}", s.genesys(control.OpJob, scopeJobs, about, func(c *call) reply {
		answer, ok := s.store.poll(c.r.PathValue("id"), c.action, c.asOf())
		if !ok {
			return refuseGenesys(c, http.StatusNotFound, "", "There is no job of this id.")
		}
		return jsonReply(http.StatusOK, answer)
	}))
}
