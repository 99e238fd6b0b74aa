package simulator

import (
	"net/http"
	"time"

	"model-registrar/testsuite/simulator/control"
)

// check is a health check of a model. The store's lock guards it.
type check struct {
	id, modelID   string
	created, ends time.Time
	outcome       string
}

// checkAnswer is a health check as the API shows it. That results can be read is assumed.
type checkAnswer struct {
	ID          string              `json:"id"`
	ModelID     string              `json:"modelId"`
	Status      string              `json:"status"`
	DateCreated string              `json:"dateCreated"`
	Errors      []control.ErrorBody `json:"errors,omitempty"`
}

func (c *check) answer(now time.Time) checkAnswer {
	a := checkAnswer{ID: c.id, ModelID: c.modelID, Status: "IN_PROGRESS", DateCreated: platformTime(c.created)}
	if now.Before(c.ends) {
		return a
	}
	if a.Status = c.outcome; c.outcome == control.OutcomeFailed {
		a.Errors = []control.ErrorBody{platformError(newUUID(), 400, "bad.request",
			"The endpoint does not answer the gateway.", nil)}
	}
	return a
}

func (s *Server) checkHealth(c *call) reply {
	if refusal := c.refuseBodyOfTrigger(); refusal != nil {
		return *refusal
	}
	made, found := s.store.healthCheck(c.r.PathValue("id"), c.action, c.asOf())
	switch {
	case !found:
		return refuseGenesys(c, http.StatusNotFound, "", "There is no model of this id.")
	case made == nil:
		return refuseGenesys(c, http.StatusConflict, "general.conflict",
			"The model is not active; its health cannot be checked.")
	}
	return jsonReply(http.StatusAccepted, made.answer(made.created.Add(-1)))
}

func (s *Server) getHealthCheck(c *call) reply {
	answer, ok := s.store.healthResult(c.r.PathValue("id"), c.r.PathValue("check"), c.asOf())
	if !ok {
		return refuseGenesys(c, http.StatusNotFound, "", "There is no health check of this id.")
	}
	return jsonReply(http.StatusOK, answer)
}
