package main

import (
	"time"

	"model-registrar/internal/words"
	"model-registrar/starter/console"
)

// handle is the run of a workflow that a command has begun or found: what people call it, and how following it went.
type handle struct {
	kind              string // "registration of " for example, or "fleet ", before its name
	name              string
	argument          string // by which commands find it
	workflowID, runID string

	foreign bool          // somebody else's, or an earlier one, and so not followed
	ended   bool          // and what it came to is known
	trouble error         // why following it ended early
	left    bool          // it is no longer followed, and goes on
	waited  time.Duration // after which it was left; 0: somebody interrupted that
}

// handled is the handle itself, of whatever embeds it.
func (h *handle) handled() *handle { return h }

// tellRun names the run that was begun, and its page in the Temporal UI if that is known.
func (h *handle) tellRun(c *connection, head console.Line) {
	c.err.Print(head.And(console.Faint, h.workflowID+" run "+h.runID))
	if page := c.page(h.workflowID, h.runID); page != "" {
		c.err.Print(console.Text("  " + page))
	}
}

// tellLeft says that the run goes on although it is no longer followed, and how to watch it again.
func (h *handle) tellLeft(out *console.Printer) {
	why := "Interrupted"
	if h.waited > 0 {
		why = "Not over within " + words.Exactly(h.waited)
	}
	out.Print(console.Styled(console.Alert, "! "+why+". The "+h.kind).And(console.Strong, h.name).
		And(console.Plain, " goes on without this command."))
	out.Print(console.Text("  Watch it again:  starter watch " + h.argument))
}
