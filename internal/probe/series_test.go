package probe

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"model-registrar/schemas"
)

// spendable is a context whose time is up once somebody says so. What has begun under it goes on.
type spendable struct {
	context.Context
	spent atomic.Bool
}

func (c *spendable) Err() error {
	if c.spent.Load() {
		return context.DeadlineExceeded
	}
	return c.Context.Err()
}

func TestWhatWasNotProvenWhenTheTimeOfTheSeriesIsUpIsATimeOut(t *testing.T) {
	for _, test := range []struct {
		name    string
		answers int32 // the time is up with this one: 1 is the cold sample, 2 the only warm one
	}{{"before the warm sample", 1}, {"before the registered parameters", 2}} {
		t.Run(test.name, func(t *testing.T) {
			ctx := &spendable{Context: t.Context()}
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				ctx.spent.Store(asked.Add(1) >= test.answers)
				w.Header().Set("Content-Type", "application/json")
				io.WriteString(w, `{"choices":[{"message":{"content":"VALIDATION_SUCCESS"},"finish_reason":"stop"}]}`)
			}))
			defer server.Close()
			plan, problem := newPlan(schemas.ProbeInput{EndpointURL: server.URL, Architecture: schemas.OpenAI,
				Parameters: schemas.Parameters{Temperature: new(0.7)}, Spec: schemas.ProbeSpec{Samples: 1}})
			if problem != nil {
				t.Fatal(problem.sentence)
			}
			s := series{exchanger: exchanger{client: server.Client(), plan: plan}, shape: plan.firstShape(),
				left: plan.budget, details: &schemas.ProbeDetails{}}
			if f := s.run(ctx); f == nil || f.code != schemas.ReasonTimeout || asked.Load() != test.answers {
				t.Errorf("got %+v after %d answers, want a time-out after %d", f, asked.Load(), test.answers)
			}
		})
	}
}
