package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/activities"
	"model-registrar/internal/genesys"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
	"model-registrar/workflows"
)

const (
	atRest        = 10_000
	checkedHourly = 1000
	besideRounds  = 5
	crowd         = 1000 // models of the fleet around a single registration
	singleRounds  = 7
)

// owned measures how much more a worker holds with owned models at rest than it held idle.
func owned(ctx context.Context, b *bench) error {
	d, err := b.open(ctx, "owned-10000", 0)
	if err != nil {
		return err
	}
	defer d.Close()
	w, idle, err := d.idleWorker(ctx)
	if err != nil {
		return err
	}
	n, start := b.size(atRest), time.Now()
	// Their checks are a month apart, so that none falls into the measurement.
	if err := d.own(ctx, n, 30*24*time.Hour, nil); err != nil {
		return err
	}
	took := time.Since(start)
	busy, err := resident(w.PID())
	if err != nil {
		return err
	}
	b.say("  idle: %s; when the last of %d was handed over: %s", idle, n, busy)
	b.profile(ctx, "owned.worker.heap", w.url+"/debug/pprof/heap")
	after, err := settled(ctx, w.PID())
	if err != nil {
		return err
	}
	b.report.figure("owned-10000", fmt.Sprintf("resident memory of a worker with %d owned models at rest, over idle",
		n),
		newSeries("", "MiB", after.rss-idle.rss), goal{Most: 60},
		fmt.Sprintf("idle %s; when the last was handed over %s; settled %s; each was handed over as an operation "+
			"does it, in %.0f s in all",
			idle, busy, after, took.Seconds()))
	return nil
}

// own has n models be owned that no operation registered: each is handed over to ManageModel as the activity does it.
// Without a gateway they do not exist there.
func (d *bed) own(ctx context.Context, n int, every time.Duration, gateway *genesys.Client) error {
	return each(ctx, n, atOnce, func(ctx context.Context, _ int) error {
		m := d.Manifest(d.name("owned"))
		m.Monitor.Every = schemas.Duration(every)
		return d.handOver(ctx, m, gateway)
	})
}

func (d *bed) handOver(ctx context.Context, m schemas.Manifest, gateway *genesys.Client) error {
	payload, err := m.Payload().Seal()
	if err != nil {
		return err
	}
	id := m.Name
	if gateway != nil {
		if id, err = create(ctx, gateway, d.Sim, payload); err != nil {
			return err
		}
	}
	_, err = activities.HandOver(ctx, d.client, schemas.DefaultTaskQueue, "bench", schemas.HandOverInput{
		Label: m.Name, Ownership: schemas.Ownership{
			Name: m.Name, ModelID: id, PayloadHash: payload.Hash, Payload: payload, Manifest: m,
			State: schemas.ModelActive, Operation: schemas.AdoptModelWorkflow,
			WorkflowID: schemas.RegisterModelWorkflowID(m.Name), RunID: "bench", Requester: "bench",
			Since: time.Now().UTC(),
		}})
	return err
}

// platform is a client of the platform with the worker's credentials.
func (d *bed) platform() (*genesys.Client, error) {
	return genesys.New(genesys.Config{APIBaseURL: d.SimURL, LoginBaseURL: d.SimURL,
		ClientID: stack.ClientID, ClientSecret: stack.ClientSecret})
}

func create(
	ctx context.Context, gateway *genesys.Client, sim *control.Client, payload schemas.SealedPayload,
) (modelID string, err error) {
	job, err := gateway.CreateModel(ctx, payload)
	if err != nil {
		return "", err
	}
	done, err := sim.FinishJob(ctx, job)
	return done.ModelID, err
}

// checksBeside compares the rate of registrations, as a share of the engine's, with models being checked and without.
func checksBeside(ctx context.Context, b *bench) error {
	d, err := b.open(ctx, "checks-beside", 0)
	if err != nil {
		return err
	}
	defer d.Close()
	ours, engine, note, err := d.againstEngine(ctx)
	if err != nil {
		return err
	}
	rounds := b.times(besideRounds)
	if err := d.rounds(ctx, rounds, ours, engine); err != nil {
		return err
	}
	gateway, err := d.platform()
	if err != nil {
		return err
	}
	n := b.size(checkedHourly)
	if err := d.own(ctx, n, time.Hour, gateway); err != nil {
		return err
	}
	since := time.Now()
	if err := d.rounds(ctx, rounds, ours, engine); err != nil {
		return err
	}
	var shares []float64
	for i := range ours.rates {
		shares = append(shares, ours.rates[i]/engine.rates[i])
	}
	b.report.ratio("checks-beside", fmt.Sprintf("registrations per second ÷ engine, with %d models checked hourly ÷ "+
		"without", n),
		newSeries("", "", shares[rounds:]...), newSeries("without", "", shares[:rounds]...), goal{Least: 0.9},
		fmt.Sprintf("about %.0f checks in %.0f s; %s", time.Since(since).Hours()*float64(n),
			time.Since(since).Seconds(), note))
	return nil
}

// priority measures a single registration in the middle of a fleet under a quota, against one that is alone under it.
func priority(ctx context.Context, b *bench) error {
	d, err := b.open(ctx, "priority", quotaJob)
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.startWorker(ctx); err != nil {
		return err
	}
	if err := d.quotaOf(ctx, quotaCalls, quotaWindow); err != nil {
		return err
	}
	rounds, person, fleet := b.times(singleRounds), workflows.PriorityOf("bench"), workflows.PriorityOfFleet("bench")
	if _, err := d.singly(ctx, 1, person); err != nil { // to warm up
		return err
	}
	alone, err := d.singly(ctx, rounds, person)
	if err != nil {
		return err
	}
	if err := d.besideFleet(ctx, b.size(crowd)); err != nil {
		return err
	}
	within, err := d.singly(ctx, rounds, person)
	if err != nil {
		return err
	}
	without, err := d.singly(ctx, 1, fleet)
	if err != nil {
		return err
	}
	b.report.ratio("priority", fmt.Sprintf("wall time of one registration within a fleet of %d under a quota ÷ alone",
		b.size(crowd)),
		newSeries("", "s", within...), newSeries("alone", "s", alone...), goal{Most: 1.5},
		fmt.Sprintf("with the fleet's priority %.1f s, %.1f times that of one alone; %d calls each %s, jobs of %s",
			without[0], without[0]/median(alone), quotaCalls, quotaWindow, quotaJob))
	return nil
}

// besideFleet starts a fleet that goes on in the background, and returns once a tenth of it has been created.
func (d *bed) besideFleet(ctx context.Context, n int) error {
	dir, err := d.manifests(n)
	if err != nil {
		return err
	}
	before, err := d.Sim.Counts(ctx)
	if err != nil {
		return err
	}
	if _, err := d.StartStarter("fleet", nil, "fleet", dir, "--output", "json", "--requester",
		"bench-fleet"); err != nil {
		return err
	}
	return until(ctx, 5*time.Minute, 250*time.Millisecond, func() error {
		now, err := d.Sim.Counts(ctx)
		made := now[control.OpCreate].Requests - before[control.OpCreate].Requests
		if err == nil && made < n/10 {
			err = fmt.Errorf("the fleet has made %d models", made)
		}
		return err
	})
}

// singly registers one model after the other with this priority, and returns the seconds that each took.
func (d *bed) singly(ctx context.Context, n int, p temporal.Priority) (took []float64, err error) {
	for range n {
		m := d.Manifest(d.name("single"))
		start := time.Now()
		run, err := d.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: schemas.RegisterModelWorkflowID(m.Name), TaskQueue: schemas.DefaultTaskQueue, Priority: p,
		}, schemas.RegisterModelWorkflow, schemas.RegisterModelInput{Manifest: m, Requester: "bench"})
		if err == nil {
			err = completed(ctx, run)
		}
		if err != nil {
			return nil, err
		}
		took = append(took, time.Since(start).Seconds())
	}
	d.b.say("  one registration with priority %d: %.2f s", p.PriorityKey, took)
	return took, nil
}
