package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

func changeCommand(a *app) *cobra.Command {
	return operationCommand(a, schemas.ChangeModelWorkflow, &cobra.Command{
		Use:   "change PATH…",
		Short: "Change models that are ours to what their manifests say",
		Long: `Change models that are registered to what their manifests say. The new
configuration is probed before anything live changes, unless only limits or the
webhook differ; people approve the difference by the same policies as a
registration; then the gateway is updated and read back. A change that does not
complete puts back what was there before.

A manifest that is what was approved ends as UNCHANGED. A model that is in the
gateway and nobody's has to be adopted first.`,
		Example: `  starter change model.yaml
  starter change --detach models/*.yaml`,
	})
}

func adoptCommand(a *app) *cobra.Command {
	return operationCommand(a, schemas.AdoptModelWorkflow, &cobra.Command{
		Use:   "adopt PATH…",
		Short: "Make models ours that are in the gateway and nobody's",
		Long: `Make models ours that are in the gateway and nobody's: made by hand, by another
program or by a registration that was terminated. Each manifest has to describe
its model exactly, or the differences are named. The model is probed and
approved as in a registration. Nothing is created, and an adoption that does not
complete changes nothing.`,
		Example: `  starter adopt model.yaml`,
	})
}

// retireOptions are what retire is asked to do.
type retireOptions struct {
	beginOptions
	reason  string
	keep    bool
	modelID string
}

func retireCommand(a *app) *cobra.Command {
	o := &retireOptions{beginOptions: beginOptions{app: a}}
	cmd := &cobra.Command{
		Use:   "retire NAME…",
		Short: "Delete models that are ours from the gateway, and give them up",
		Long: `Delete models that are ours from the gateway. The policy of the approved
manifest holds, or a stricter one. A model that is gone already counts as
deleted; the gateway is read back before anything is said.

--keep gives up the ownership and leaves the model in the gateway. --model ID
names a model that is nobody's.`,
		Example: `  starter retire production-llm-v1 --reason "replaced by v2"
  starter retire trial --keep --reason "looked after by another team"`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return misused("name at least one model")
			case strings.TrimSpace(o.reason) == "":
				return misused("say why: --reason TEXT")
			case o.modelID != "" && len(args) > 1:
				return misused("--model is about one model")
			}
			return nil
		},
		RunE: offline(o.run),
	}
	f := cmd.Flags()
	o.beginFlags(f)
	o.approvalFlag(f)
	f.StringVar(&o.reason, "reason", "", "why, for those who approve and for the audit trail")
	f.BoolVar(&o.keep, "keep", false, "give up the ownership, and leave the model in the gateway")
	f.StringVar(&o.modelID, "model", "", "the id of the model that is meant, where it is nobody's")
	return cmd
}

func (o *retireOptions) run(ctx context.Context, names []string) error {
	var requests []registrar.Request
	for _, name := range names {
		if err := notAFleet(name); err != nil {
			return err
		}
		requests = append(requests, registrar.Request{
			Operation: schemas.RetireModelWorkflow, Requester: o.env.requester(o.requester), Reason: o.reason,
			Keep: o.keep, ModelID: o.modelID,
			Manifest: schemas.Manifest{Name: registrar.ModelNamed(name),
				Approval: schemas.ApprovalSpec{Policy: schemas.ApprovalPolicy(o.approval)}},
		})
	}
	return o.connected(ctx, o.uiURL, func(c *connection) error {
		return operate(ctx, c, requests, c.begin, o.followOptions)
	})
}
