package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"model-registrar/internal/config"
	"model-registrar/internal/manifest"
	"model-registrar/internal/probe"
	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// probeOptions are what probe is asked to do.
type probeOptions struct {
	*app
	samples  int
	timeout  time.Duration
	noStream bool
	wait     time.Duration
}

func probeCommand(a *app) *cobra.Command {
	o := &probeOptions{app: a}
	cmd := &cobra.Command{
		Use:   "probe PATH…",
		Short: "Probe the endpoints of manifests from here, without Temporal",
		Long: `Probe the endpoints of one or more manifests from this machine, one after
another, in the way that a worker does during a registration. Nothing is
registered and Temporal is not needed. Each sample is a real prompt: together
they cost at most probe.token_budget tokens.

The environment says, as it does for a worker, which tokens may be sent where:
EXTERNAL_AI_TOKEN (or EXTERNAL_AI_TOKEN_FILE) with EXTERNAL_AI_TOKEN_HOSTS, or
REGISTRAR_CREDENTIALS_FILE; REGISTRAR_ALLOW_NETWORKS lets addresses through that
are not public; HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured.

An endpoint that may only be starting, or busy, is a FAIL at once. With --wait
it is tried again until that time is up, at the pace that it asks for by
Retry-After; a worker gives it two minutes.

With --output json, one schemas.ProbeReport with the manifest's name is printed
for each manifest. The exit code is 0 if all of them PASS, 1 if one is a FAIL,
and 2 if a manifest or the configuration is not valid.`,
		Example: `  EXTERNAL_AI_TOKEN_FILE=token EXTERNAL_AI_TOKEN_HOSTS=api.example.com \
    starter probe model.yaml
  starter probe --samples 10 --no-stream model.yaml
  starter probe --wait 2m -o json model.yaml | jq .details.latency.median`,
		Args: paths,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			switch given := cmd.Flags().Changed; { // in a manifest's terms, 0 is the default
			case given("samples") && o.samples == 0:
				return errors.New("--samples must be at least 1, beside the cold one")
			case given("timeout") && o.timeout == 0:
				return errors.New("--timeout must be at least 1s")
			case o.wait < 0:
				return errors.New("--wait must not be negative")
			}
			return nil
		},
		RunE: offline(o.run),
	}
	f := cmd.Flags()
	f.IntVar(&o.samples, "samples", 0, "warm samples after the cold one, in place of the manifest's probe.samples")
	f.DurationVar(&o.timeout, "timeout", 0, "time limit of one sample, in place of the manifest's probe.timeout")
	f.BoolVar(&o.noStream, "no-stream", false, "do not stream, whatever the manifest says")
	f.DurationVar(&o.wait, "wait", 0, "how long an endpoint may take to come up, such as 2m")
	return cmd
}

// probed is what probe says of one manifest, in JSON.
type probed struct {
	Name string `json:"name"`
	schemas.ProbeReport
}

func (o *probeOptions) run(ctx context.Context, files []string) error {
	inputs, err := o.inputs(files)
	if err != nil {
		return err
	}
	prober, err := o.prober()
	if err != nil {
		return err
	}
	code := exitDone
	for _, in := range inputs {
		o.err.Printf("Probing %s at %s, for at most %s …", in.Name, words.Host(in.EndpointURL),
			words.Span(probe.TimeLimit(in.Spec)))
		report, err := probeUntil(ctx, o.err, prober, in, o.wait)
		if err != nil {
			return &failure{code: exitInterrupted, err: fmt.Errorf("the probe of %s was interrupted", in.Name)}
		}
		if err := o.tellProbed(in, report); err != nil {
			return err
		}
		if report.Status != schemas.ProbePass {
			code = exitFailed
		}
	}
	return exitWith(code)
}

// prober makes the worker's prober from this environment.
func (o *probeOptions) prober() (*probe.Prober, error) {
	log, err := o.logger()
	if err != nil {
		return nil, err
	}
	outbound, err := config.LoadOutbound(o.env)
	guard, guardErr := outbound.Guard()
	tokens, tokensErr := outbound.Credentials()
	if err := errors.Join(err, guardErr, tokensErr); err != nil {
		return nil, misused("%w", err)
	}
	return probe.New(probe.Config{Guard: guard, Credentials: tokens, Logger: log}), nil
}

// inputs reads the manifests, and accepts all of them or none.
func (o *probeOptions) inputs(files []string) ([]schemas.ProbeInput, error) {
	documents, problems := o.readManifests(files)
	if err := interrupted(problems); err != nil {
		return nil, err
	}
	if n := complainAbout(o.err, documents, problems); n > 0 {
		return nil, misused("%s; nothing was probed", counted(n, "problem"))
	}
	inputs := make([]schemas.ProbeInput, len(documents))
	for i, d := range documents {
		m := d.Manifest
		o.override(&m.Probe)
		if wrong := manifest.Validate(m); len(wrong) > 0 { // the manifest was valid, so it is the flags
			return nil, misused("--%s: %s", strings.TrimPrefix(wrong[0].Path, "probe."), wrong[0].Message)
		}
		inputs[i] = m.ProbeInput()
	}
	return inputs, nil
}

// override puts what the flags say in place of what the manifest says.
func (o *probeOptions) override(spec *schemas.ProbeSpec) {
	if o.samples != 0 {
		spec.Samples = o.samples
	}
	if o.timeout != 0 {
		spec.Timeout = schemas.Duration(o.timeout)
	}
	if o.noStream {
		stream := false
		spec.Stream = &stream
	}
}
