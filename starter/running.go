package main

import (
	"model-registrar/starter/console"
)

// tellRun names the run that was started, and its page in the Temporal UI if that is known.
func tellRun(out *console.Printer, c *connection, head console.Line, workflowID, runID string) {
	out.Print(head.And(console.Faint, workflowID+" run "+runID))
	if page := c.page(workflowID, runID); page != "" {
		out.Print(console.Text("  " + page))
	}
}

// tellLeft says that a registration or a fleet goes on although it is no longer followed, and how to watch it again.
func tellLeft(out *console.Printer, why, what, name, argument string) {
	out.Print(console.Styled(console.Alert, "! "+why+". The "+what).And(console.Strong, name).
		And(console.Plain, " goes on without this command."))
	out.Print(console.Text("  Watch it again:  starter watch " + argument))
}

// tellDetached says that what was started goes on, and how to watch it.
func tellDetached(out *console.Printer, argument string) {
	out.Print(console.Text("It goes on by itself. Watch it:  starter watch " + argument))
}
