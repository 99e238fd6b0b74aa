package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"model-registrar/activities"
	"model-registrar/internal/audit"
	"model-registrar/internal/config"
	"model-registrar/internal/genesys"
	"model-registrar/internal/netguard"
	"model-registrar/internal/polling"
	"model-registrar/internal/probe"
	"model-registrar/internal/quota"
	"model-registrar/internal/webhook"
)

// webhookTimeout bounds one delivery attempt (Standard Webhooks: 15 to 30 s).
const webhookTimeout = 15 * time.Second

// wire makes what the activities talk to. Its error joins every problem, those of the configuration first: somebody who
// mends one should not meet the next one only then.
func wire(cfg config.Worker, misconfigured error, log *slog.Logger) (*activities.Activities, error) {
	problems := []error{misconfigured}
	note := func(variable string, err error) {
		for _, err := range parts(err) {
			problems = append(problems, fmt.Errorf("%s%w", variable, err))
		}
	}
	var platform *genesys.Client
	var err error
	if cfg.Genesys.Complete() {
		platform, err = genesys.New(genesys.Config{
			APIBaseURL: cfg.Genesys.Host, LoginBaseURL: cfg.Genesys.LoginHost,
			ClientID: cfg.Genesys.ClientID, ClientSecret: cfg.Genesys.ClientSecret,
			GatewayPath: cfg.Genesys.GatewayPath, JobsPath: cfg.Genesys.JobsPath, Logger: log,
			Pacer: quota.New(cfg.Genesys.RequestsPerMinute),
		})
		note("GENESYS_*: ", err)
	}
	tokens, err := cfg.Outbound.Credentials()
	note("", err)
	receivers := &http.Client{}
	guard, err := cfg.Outbound.Guard()
	note("", err)
	if err == nil {
		receivers = guard.Client(netguard.Options{Timeout: webhookTimeout})
	}
	sender, err := webhook.New(webhook.Config{Secrets: cfg.WebhookSecrets, HTTPClient: receivers, Logger: log})
	note("REGISTRAR_WEBHOOK_SECRET: ", err)
	path, err := audit.ParseTarget(cfg.Audit)
	note("REGISTRAR_AUDIT: ", err)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	trail, err := audit.Open(path, audit.WithLogger(log))
	if err != nil {
		return nil, err
	}
	return &activities.Activities{
		Genesys: platform, Jobs: polling.New(platform.Pacer()), Webhooks: sender, Audit: trail, ApprovalFloor: cfg.Approval,
		Prober: probe.New(probe.Config{Guard: guard, Credentials: tokens, Logger: log}),
	}, nil
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

// auditName is where the audit trail goes, without what a database URL may hold.
func auditName(target string) string {
	kind, rest, _ := strings.Cut(target, ":")
	if kind == "file" {
		return rest
	}
	return kind
}
