package workflows

import (
	"strings"

	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// tellFleet tells the fleet that started a registration, if one did, whether it waits for a person: then it takes no
// place of the fleet's window. The news costs no waiting, and a fleet that has ended has no use for it.
func (r *registration) tellFleet(ctx workflow.Context, waiting bool) {
	parent := workflow.GetInfo(ctx).ParentWorkflowExecution
	if parent == nil || !strings.HasPrefix(parent.ID, schemas.RegisterFleetWorkflowID("")) {
		return
	}
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	r.news++
	// To whichever run is the fleet's now: it may have continued as new.
	workflow.SignalExternalWorkflow(ctx, parent.ID, "", schemas.NewsSignal,
		schemas.FleetNews{Name: r.manifest.Name, RunID: r.result.RunID, Number: r.news, Waiting: waiting})
}

// hearNews takes what registrations tell.
func (f *fleet) hearNews(ctx workflow.Context) {
	f.news = workflow.GetSignalChannelWithOptions(ctx, schemas.NewsSignal, workflow.SignalChannelOptions{
		Description: "Sent by the fleet's registrations: whether they wait for approval",
	})
	workflow.GoNamed(ctx, "registration-news", func(ctx workflow.Context) {
		for {
			var n schemas.FleetNews
			f.news.Receive(ctx, &n)
			f.hear(ctx, n)
		}
	})
}

// drainNews takes the news that came since.
func (f *fleet) drainNews(ctx workflow.Context) {
	var n schemas.FleetNews
	for f.news.ReceiveAsync(&n) {
		f.hear(ctx, n)
		n = schemas.FleetNews{}
	}
}

func (f *fleet) hear(ctx workflow.Context, n schemas.FleetNews) {
	fl := f.flightOf(n.Name)
	if fl == nil || fl.RunID != "" && fl.RunID != n.RunID || n.Number <= fl.News {
		return
	}
	fl.News = n.Number
	if fl.Waiting == n.Waiting {
		return
	}
	fl.Waiting = n.Waiting
	if n.Waiting {
		f.waiting++
	} else {
		f.waiting--
	}
	f.describe(ctx)
}
