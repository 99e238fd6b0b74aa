package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

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
	for {
		err := ready(ctx, c, options.Namespace)
		var mend *needsSetup
		switch {
		case err == nil, errors.As(err, &mend):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(giveUp):
			return fmt.Errorf("no answer from Temporal at %s within %s: %w; check TEMPORAL_ADDRESS and that the server runs",
				addressOf(options), startPatience, err)
		}
		log.Warn("Temporal does not answer yet", "temporal", addressOf(options), "error", err.Error())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(checkEvery):
		}
	}
}

// needsSetup is what waiting does not mend.
type needsSetup struct{ problem string }

func (e *needsSetup) Error() string { return e.problem }

// ready checks that the namespace answers and has the search attributes.
func ready(ctx context.Context, c client.Client, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	reply, err := c.OperatorService().ListSearchAttributes(ctx,
		&operatorservice.ListSearchAttributesRequest{Namespace: namespaceOf(namespace)})
	var missing *serviceerror.NamespaceNotFound
	if errors.As(err, &missing) {
		return &needsSetup{fmt.Sprintf("the Temporal namespace %s does not exist; create it, or set TEMPORAL_NAMESPACE", namespaceOf(namespace))}
	}
	if err != nil {
		return err
	}
	var absent []string
	for _, name := range schemas.SearchAttributes {
		if _, ok := reply.CustomAttributes[name]; !ok {
			absent = append(absent, name)
		}
	}
	if len(absent) > 0 {
		return &needsSetup{fmt.Sprintf("the namespace %s lacks the search attributes %s; run `starter setup`",
			namespaceOf(namespace), strings.Join(absent, ", "))}
	}
	return nil
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
