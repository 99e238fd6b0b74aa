// Package follow reads how a registration goes, and how a workflow closed, from histories and descriptions. It sends no
// query: following works while no worker runs, and costs no Temporal Cloud action. It shows nothing to anybody; package
// registrar gives its types to other programs.
package follow
