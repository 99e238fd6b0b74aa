package main

import (
	"errors"
	"log/slog"
	"strings"
	"time"

	"model-registrar/activities"
	"model-registrar/internal/audit"
	"model-registrar/internal/config"
	"model-registrar/internal/genesys"
	"model-registrar/internal/netguard"
	"model-registrar/internal/probe"
	"model-registrar/internal/webhook"
)

// webhookTimeout bounds one delivery attempt (Standard Webhooks: 15 to 30 s).
const webhookTimeout = 15 * time.Second

// wire makes what the activities talk to. It returns every problem at once.
func wire(cfg config.Worker, log *slog.Logger) (*activities.Activities, error) {
	var problems []error
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	platform, err := genesys.New(genesys.Config{
		APIBaseURL: cfg.Genesys.Host, LoginBaseURL: cfg.Genesys.LoginHost,
		ClientID: cfg.Genesys.ClientID, ClientSecret: cfg.Genesys.ClientSecret,
		GatewayPath: cfg.Genesys.GatewayPath, JobsPath: cfg.Genesys.JobsPath, Logger: log,
	})
	note(err)
	guard, err := cfg.Outbound.Guard()
	note(err)
	tokens, err := cfg.Outbound.Credentials()
	note(err)
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	sender, err := webhook.New(webhook.Config{
		Secrets: cfg.WebhookSecrets, HTTPClient: guard.Client(netguard.Options{Timeout: webhookTimeout}), Logger: log,
	})
	note(err)
	path, err := audit.ParseTarget(cfg.Audit)
	note(err)
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	trail, err := audit.Open(path, audit.WithLogger(log))
	if err != nil {
		return nil, err
	}
	return &activities.Activities{
		Genesys: platform, Webhooks: sender, Audit: trail, ApprovalFloor: cfg.Approval,
		Prober: probe.New(probe.Config{Guard: guard, Credentials: tokens, Logger: log}),
	}, nil
}

// auditName is where the audit trail goes, without what a database URL may hold.
func auditName(target string) string {
	kind, rest, _ := strings.Cut(target, ":")
	if kind == "file" {
		return rest
	}
	return kind
}
