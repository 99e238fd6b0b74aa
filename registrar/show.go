package registrar

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// Trail is an audit trail that can be read.
type Trail struct {
	Name string // for people
	// Read calls each with every entry, oldest first, and returns why it could not read all of them.
	Read func(ctx context.Context, each func(schemas.AuditEntry)) error
}

// What is read of one model at most: runs that Temporal remembers, newest first.
const (
	maxOperationsShown = 100
	maxOwnersShown     = 3
)

// Unknown says that nothing is known of a model: nothing is registered under its name, and no source that could be read
// tells of anything that was.
type Unknown struct {
	Name    string
	Sources schemas.StorySources
}

// Error says which sources know nothing, and which could not be read.
func (e *Unknown) Error() string {
	text := fmt.Sprintf("nothing is known of a model named %q", e.Name)
	var silent []string
	for _, s := range []schemas.StorySource{e.Sources.Temporal, e.Sources.Trail} {
		if s.Read {
			silent = append(silent, s.Name)
		}
	}
	if len(silent) > 0 {
		text += " by " + strings.Join(silent, " or ")
	}
	if !e.Sources.Trail.Read {
		text += "; the audit trail was not read: " + e.Sources.Trail.Problem
	}
	if !e.Sources.Temporal.Read {
		text += "; Temporal was not read: " + e.Sources.Temporal.Problem
	}
	return text
}

func (*Unknown) typed() {}

// Story tells the life of one model, from what Temporal remembers and from the audit trail; a nil trail is not read.
// What could not be read is left out, and the story's sources say so. It is an error if neither source could be read:
// that of Temporal. The error is an [*Unknown] if nothing is known of the model.
func (c *Client) Story(ctx context.Context, name string, trail *Trail) (schemas.ModelStory, error) {
	t := newTeller(name, time.Now().UTC())
	source := &t.story.Sources.Temporal
	source.Name = fmt.Sprintf("Temporal, namespace %s", c.namespace)
	err := c.remembered(ctx, t)
	if source.Read = err == nil; err != nil {
		source.Problem = err.Error()
	}
	return t.withTrail(ctx, trail, err)
}

// TrailStory tells the life of one model from the audit trail alone, where Temporal cannot be reached for the reason
// that is given. Its errors are those of [Client.Story].
func TrailStory(ctx context.Context, name string, trail *Trail, unreachable error) (schemas.ModelStory, error) {
	t := newTeller(name, time.Now().UTC())
	t.story.Sources.Temporal = schemas.StorySource{Name: "Temporal", Problem: unreachable.Error()}
	return t.withTrail(ctx, trail, unreachable)
}

// withTrail adds what the trail says, and ends the story.
func (t *teller) withTrail(ctx context.Context, trail *Trail, unreachable error) (schemas.ModelStory, error) {
	source := &t.story.Sources.Trail
	if trail == nil {
		source.Problem = "none is named"
	} else {
		source.Name = trail.Name
		read := 0
		err := trail.Read(ctx, func(e schemas.AuditEntry) { read++; t.entry(e) })
		if err != nil {
			source.Problem = err.Error()
		}
		source.Read = err == nil || read > 0
	}
	story := t.tell()
	switch sources := story.Sources; {
	case ctx.Err() != nil:
		return story, ctx.Err()
	case !sources.Temporal.Read && !sources.Trail.Read:
		return story, unreachable
	case story.Model == nil && story.Former == nil && len(story.Operations) == 0 && len(story.Transitions) == 0:
		return story, &Unknown{t.name, sources}
	}
	return story, nil
}

// remembered takes in what Temporal remembers of the model.
func (c *Client) remembered(ctx context.Context, t *teller) error {
	if err := c.ownership(ctx, t); err != nil {
		return err
	}
	runs, more, err := c.runs(ctx, schemas.RegisterModelWorkflowID(t.name), maxOperationsShown)
	if err != nil {
		return err
	}
	if more {
		t.story.Sources.Temporal.Problem = fmt.Sprintf("of its operations, the newest %d were read", maxOperationsShown)
	}
	for _, run := range runs {
		line, entries, err := c.recorded(ctx, schemas.RegisterModelWorkflowID(t.name), run)
		if err != nil {
			return err
		}
		if line != nil {
			t.run(line, entries)
		}
	}
	owners, _, err := c.runs(ctx, schemas.ManageModelWorkflowID(t.name), maxOwnersShown)
	if err != nil {
		return err
	}
	for _, run := range owners {
		_, entries, err := c.recorded(ctx, schemas.ManageModelWorkflowID(t.name), run)
		if err != nil {
			return err
		}
		for _, e := range entries {
			t.entry(e)
		}
	}
	return nil
}

// ownership takes in what is ours now, or was last. The workflow is asked for the figures of its checks; if no worker
// answers, the record that the server keeps has to do.
func (c *Client) ownership(ctx context.Context, t *teller) error {
	owner, err := c.Owner(ctx, t.name)
	if err != nil {
		return err
	}
	id := schemas.ManageModelWorkflowID(t.name)
	if owner != nil {
		status, err := query[schemas.ModelStatus](ctx, c, id, "", schemas.StatusQuery)
		if err != nil || status.ModelID != owner.ModelID {
			status = schemas.ModelStatus{Ownership: *owner}
			t.story.Sources.Temporal.Problem = "no worker answered, so that the figures of the last check are not known"
		}
		t.story.Model = &status
		return ctx.Err()
	}
	var described *workflowservice.DescribeWorkflowExecutionResponse
	err = c.call(ctx, func(ctx context.Context) (err error) {
		described, err = c.temporal.DescribeWorkflowExecution(ctx, id, "")
		if _, none := errors.AsType[*serviceerror.NotFound](err); none {
			described, err = nil, nil
		}
		return err
	})
	if err != nil || !follow.IsOver(described.GetWorkflowExecutionInfo().GetStatus()) {
		return err
	}
	var last schemas.ModelStatus
	run := described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	err = c.call(ctx, func(ctx context.Context) error { return c.temporal.GetWorkflow(ctx, id, run).Get(ctx, &last) })
	if err == nil && last.ModelID != "" { // one that was terminated leaves no result
		t.story.Former = &last
	}
	return ctx.Err()
}

// runs are the newest runs of a workflow id, and whether there are more. The newest of all is among them even while the
// visibility store lags behind.
func (c *Client) runs(ctx context.Context, workflowID string, limit int) (ids []string, more bool, err error) {
	listed, more, err := c.list(ctx, "WorkflowId = "+literal(workflowID), limit)
	if err != nil {
		return nil, false, err
	}
	newest := ""
	err = c.call(ctx, func(ctx context.Context) error {
		d, err := c.temporal.DescribeWorkflowExecution(ctx, workflowID, "")
		if _, none := errors.AsType[*serviceerror.NotFound](err); none {
			return nil
		}
		newest = d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
		return err
	})
	if newest != "" {
		ids = append(ids, newest)
	}
	for _, l := range listed {
		if l.RunID != newest {
			ids = append(ids, l.RunID)
		}
	}
	return ids, more, err
}

// recorded reads one run with the entries that it had written; nil for one that Temporal has forgotten meanwhile.
func (c *Client) recorded(
	ctx context.Context, workflowID, runID string,
) (line *Timeline, entries []schemas.AuditEntry, err error) {
	err = c.call(ctx, func(ctx context.Context) (err error) {
		line, entries, err = follow.LoadRecorded(ctx, c.temporal, c.decoder, workflowID, runID)
		if _, none := errors.AsType[*serviceerror.NotFound](err); none {
			line, entries, err = nil, nil, nil
		}
		return err
	})
	return line, entries, err
}
