package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

// argument writes a model's name so that a shell and the starter take it for that name. One that looks like a flag or a
// fleet is named by its workflow's id.
func argument(name string) string {
	if strings.HasPrefix(name, "-") || registrar.IsFleet(name) || registrar.ModelNamed(name) != name {
		name = schemas.RegisterModelWorkflowID(name)
	}
	return quote(name)
}

// find looks up the newest registration that an argument names, or else the fleet of that id.
func (c *connection) find(ctx context.Context, argument string) (t *registrar.Timeline, fleet string, err error) {
	if registrar.IsFleet(argument) {
		return nil, registrar.FleetID(argument), nil
	}
	t, err = c.Find(ctx, argument)
	if _, none := errors.AsType[*registrar.NotFound](err); none && schemas.CheckFleetID(argument) == nil {
		_, notThere := errors.AsType[*registrar.NotFound](errOf(c.FindFleet(ctx, argument)))
		if !notThere {
			return nil, argument, nil
		}
	}
	return t, "", err
}

func errOf[T any](_ T, err error) error { return err }

// notAFleet refuses the name of a fleet where one model is meant.
func notAFleet(argument string) error {
	if !registrar.IsFleet(argument) {
		return nil
	}
	return misused("%s is a fleet, and this command is about models; `starter list --fleet %s` lists the fleet's",
		argument, registrar.FleetID(argument))
}

// checkFleet checks the name of a fleet: its id, or its workflow's.
func checkFleet(name string) error { return schemas.CheckFleetID(registrar.FleetID(name)) }

// operationNames are what operations are called.
var operationNames = map[string]struct{ verb, many string }{
	schemas.RegisterModelWorkflow: {"register", "registrations"}, schemas.ChangeModelWorkflow: {"change", "changes"},
	schemas.AdoptModelWorkflow: {"adopt", "adoptions"}, schemas.RetireModelWorkflow: {"retire", "retirements"},
}

// creates reports whether an operation makes a model, which is gone again if the operation does not complete.
func creates(operation string) bool {
	return operation == "" || operation == schemas.RegisterModelWorkflow
}

// warnOfLookalikes names those that are easily taken for another one. Which of the two is meant, people know.
func (c *connection) warnOfLookalikes(ctx context.Context, names []string) {
	for _, l := range c.Lookalikes(ctx, names) {
		c.err.Alertf("%s and %s look alike, and are two models. Is that meant?", spelled(l.Name), spelled(l.Other))
	}
}

// spelled writes a name, and if it is not plain, also its code points, by which it can be told from one that looks the
// same.
func spelled(name string) string {
	if ascii := strconv.QuoteToASCII(name); ascii != strconv.Quote(name) {
		return fmt.Sprintf("%q (%s)", name, ascii)
	}
	return strconv.Quote(name)
}
