package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

const (
	startPatience = time.Minute // how long a worker waits for Temporal to come up
	checkEvery    = 2 * time.Second
)

// waitUntilReady waits until the namespace answers, since Temporal may come up after the worker, and then requires the
// search attributes: without them a workflow would hang on its first upsert while it shows as running.
func waitUntilReady(ctx context.Context, c client.Client, options client.Options, log *slog.Logger) error {
	giveUp := time.Now().Add(startPatience)
	said := backOff{gap: checkEvery}
	for {
		err := ready(ctx, c, options)
		switch {
		case err == nil, needsOperator(err):
			return err
		case notManaged(err):
			log.Warn("these credentials may not look at the namespace's search attributes, so that they exist was "+
				"not checked; "+
				"a registration hangs without them", "needed", strings.Join(schemas.SearchAttributes, ", "))
			return answers(ctx, c, options.Namespace)
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(giveUp):
			return fmt.Errorf("no answer from Temporal at %s within %s: %w; check TEMPORAL_ADDRESS and that the "+
				"server runs",
				addressOf(options), startPatience, err)
		}
		if said.again(time.Now()) {
			log.Warn("Temporal does not answer yet", "temporal", addressOf(options), "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(checkEvery):
		}
	}
}

// backOff spaces out messages that say the same: the time between two of them doubles.
type backOff struct {
	gap  time.Duration // to the next message but one
	next time.Time
}

// again reports whether it is time for a message.
func (b *backOff) again(now time.Time) bool {
	if now.Before(b.next) {
		return false
	}
	b.next, b.gap = now.Add(b.gap), 2*b.gap
	return true
}

// notManaged reports whether the credentials are for the namespace alone, which may not look at its search attributes.
func notManaged(err error) bool {
	_, ok := errors.AsType[*registrar.NotManaged](err)
	return ok
}

// answers checks that the namespace answers, where nothing more may be asked.
func answers(ctx context.Context, c client.Client, namespace string) error {
	_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: namespaceOf(namespace), Query: "WorkflowType = '" + schemas.RegisterFleetWorkflow + "'",
	})
	return err
}

// needsOperator reports whether waiting does not help.
func needsOperator(err error) bool {
	_, noNamespace := errors.AsType[*registrar.NoNamespace](err)
	_, needsSetup := errors.AsType[*registrar.NeedsSetup](err)
	_, wrongType := errors.AsType[*registrar.WrongType](err)
	return noNamespace || needsSetup || wrongType
}

// ready checks that the namespace answers and has the search attributes.
func ready(ctx context.Context, c client.Client, options client.Options) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := registrar.New(c, registrar.Options{Temporal: options}).Check(ctx)
	if e, ok := errors.AsType[*registrar.NoNamespace](err); ok {
		return fmt.Errorf("the Temporal namespace %s does not exist; create it, or set TEMPORAL_NAMESPACE (%w)",
			e.Namespace, err)
	}
	if _, ok := errors.AsType[*registrar.NeedsSetup](err); ok {
		return fmt.Errorf("%w; run `starter setup`", err)
	}
	return err
}

func namespaceOf(name string) string {
	if name == "" {
		return client.DefaultNamespace
	}
	return name
}

func addressOf(o client.Options) string {
	if o.HostPort == "" {
		return client.DefaultHostPort
	}
	return o.HostPort
}
