package genesys

import (
	"errors"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// op names a call for machines and, in a sentence after "to", for people.
type op struct{ name, phrase string }

var (
	opToken       = op{"FetchToken", "issue an access token"}
	opCheckLogin  = op{"CheckLogin", "show whether the login is accepted"}
	opCreateModel = op{"CreateModel", "create the model"}
	opFindModels  = op{"FindModels", "look the model up by name"}
	opListModels  = op{"ListModels", "list the models"}
	opUpdateModel = op{"UpdateModel", "update the model"}
	opDeleteModel = op{"DeleteModel", "delete the model"}
	opGetJob      = op{"GetJob", "tell how the job stands"}
	opHealthCheck = op{"TriggerHealthCheck", "start a health check"}
	opGetModel    = op{"GetModel", "show the model"}
	opGetHealth   = op{"GetHealthCheck", "tell how the health check ended"}
)

// class is which calls take turns with this one: a look-up by name begins a registration, all others finish one.
func (o op) class() quota.Class {
	switch o {
	case opFindModels:
		return quota.Start
	case opListModels:
		return quota.Interactive // a person waits for the plan
	}
	return quota.Finish
}

// failure is a call that failed in this way. A login changes nothing.
func (o op) failure(t schemas.ErrorType) *gateway.Error {
	return &gateway.Error{Type: t, Product: "Genesys Cloud", Op: o.name, Doing: o.phrase, NoEffect: o == opToken}
}

func unreachable(o op, cause error) *gateway.Error {
	e := o.failure(schemas.ErrUnavailable)
	e.Cause = cause
	return e
}

// notSent is a call whose turn did not come: the quota has no room for it soon, or the caller left.
func notSent(o op, err error) *gateway.Error {
	var busy *quota.Deferred
	if !errors.As(err, &busy) {
		e := unreachable(o, err)
		e.NoEffect = true
		return e
	}
	e := o.failure(schemas.ErrRateLimited)
	e.RetryAfter, e.NoEffect, e.Message = busy.RetryAfter.Round(time.Millisecond), true, "the request quota of the "+
		"OAuth client is in use"
	return e
}

func badResponse(o op, what string) *gateway.Error {
	e := o.failure(schemas.ErrBadResponse)
	e.Message = what
	return e
}

// invalidArgument is a call that was not sent, because its path would not be what the caller meant.
func invalidArgument(o op, what string) *gateway.Error {
	e := o.failure(schemas.ErrBadRequest)
	e.Message, e.NoEffect = what, true
	return e
}
