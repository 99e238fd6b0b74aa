// Package follow tells how a registration goes, from its workflow's history and description, to people who watch it.
// It sends no query: following works while no worker runs, and costs no Temporal Cloud action.
package follow
