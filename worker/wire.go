package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"model-registrar/activities"
	"model-registrar/internal/approvers"
	"model-registrar/internal/audit"
	"model-registrar/internal/config"
	"model-registrar/internal/credentials"
	"model-registrar/internal/genesys"
	"model-registrar/internal/netguard"
	"model-registrar/internal/polling"
	"model-registrar/internal/probe"
	"model-registrar/internal/quota"
	"model-registrar/internal/webhook"
	"model-registrar/schemas"
)

// webhookConns are the connections to one receiver that are kept: a fleet tells the same one of every model.
const webhookConns = 50

// wire makes what the activities talk to, and the client of the platform whose login the worker watches. Its error
// joins every problem, those of the configuration first: somebody who corrects one should not meet the next one only
// then.
func wire(
	ctx context.Context, cfg config.Worker, misconfigured error, log *slog.Logger,
) (*activities.Activities, *genesys.Client, error) {
	problems := []error{misconfigured}
	note := func(variable string, err error) {
		for _, err := range parts(err) {
			problems = append(problems, fmt.Errorf("%s%w", variable, err))
		}
	}
	var platform *genesys.Client
	var err error
	if cfg.Genesys.Complete() {
		platform, err = genesys.New(platformConfig(cfg.Genesys, log))
		note("GENESYS_*: ", err)
	}
	tokens, err := cfg.Outbound.Credentials()
	note("", err)
	receivers := &http.Client{}
	guard, err := cfg.Outbound.Guard()
	note("", err)
	if err == nil {
		receivers = guard.Client(netguard.Options{Timeout: schemas.WebhookTimeout, MaxIdleConnsPerHost: webhookConns})
	}
	hosts, err := credentials.LoadReceivers(cfg.WebhookCredentialsFile)
	note("", err)
	sender, err := webhook.New(webhook.Config{Secrets: cfg.WebhookSecrets, HTTPClient: receivers,
		Authorize: hosts.Authorize, Logger: log})
	note("REGISTRAR_WEBHOOK_SECRET: ", err)
	target, err := audit.ParseTarget(cfg.Audit)
	note("REGISTRAR_AUDIT: ", err)
	var signer *audit.Signer
	if cfg.AuditKey != "" {
		signer, err = audit.ParseSigner(cfg.AuditKey)
		note("REGISTRAR_AUDIT_KEY: ", err)
	}
	var deciders *approvers.File
	if cfg.ApproversFile != "" {
		deciders, err = approvers.Open(cfg.ApproversFile, log)
		note("REGISTRAR_APPROVERS_FILE: ", err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, nil, err
	}
	trail, err := target.Open(ctx, audit.WithLogger(log))
	if err != nil {
		return nil, nil, err
	}
	return &activities.Activities{
		Gateway: platform, ReadLag: cfg.Genesys.ReadLag, Webhooks: sender,
		Jobs: polling.New(platform.Pacer()), HealthChecks: polling.New(platform.Pacer()),
		Audit: trail, Checkpoints: signer,
		ReplaceModels: cfg.Genesys.UpdateMethod == config.UpdateByReplacing,
		ApprovalFloor: cfg.Approval, GateFloor: cfg.Gate, RequiredFloor: cfg.Required, Approvers: deciders,
		Prober: probe.New(probe.Config{Guard: guard, Credentials: tokens, Logger: log}),
	}, platform, nil
}

// platformConfig is how the platform is reached.
func platformConfig(g config.Genesys, log *slog.Logger) genesys.Config {
	return genesys.Config{
		APIBaseURL: g.Host, LoginBaseURL: g.LoginHost, ClientID: g.ClientID, ClientSecret: g.ClientSecret,
		AccessToken: g.AccessToken, GatewayPath: g.GatewayPath, JobsPath: g.JobsPath, UpdateMethod: g.UpdateMethod,
		Logger: log, Pacer: quota.New(g.RequestsPerMinute, genesys.QuotaHeaders),
	}
}

// parts splits a joined error.
func parts(err error) []error {
	switch joined, ok := err.(interface{ Unwrap() []error }); {
	case ok:
		return joined.Unwrap()
	case err != nil:
		return []error{err}
	}
	return nil
}
