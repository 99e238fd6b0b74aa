package main

import (
	"cmp"
	"io"
	"slices"
	"strings"
)

// errorDocument is what stdout has with --output json when a command fails and has no result to show.
type errorDocument struct {
	Error errorBody `json:"error"`
}

// errorBody says what went wrong. Type is the name of one of the registrar's errors, or else of the exit code.
type errorBody struct {
	Type     string `json:"type"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
	ExitCode int    `json:"exitCode"`
}

// exitTypes name failures that have no type of their own.
var exitTypes = map[int]string{
	exitFailed: "Failed", exitUsage: "WrongUsage", exitRejected: "NotCompleted", exitUnreachable: "Unreachable",
	exitInterrupted: "Interrupted",
}

// document is the failure for machines.
func (f *failure) document() errorBody {
	body := errorBody{Type: exitTypes[f.code], Message: said(strings.TrimSpace(f.Error())), Hint: f.hint,
		ExitCode: f.code}
	if f.err == nil {
		body.Message += "; stderr has said why"
	}
	body.Type = cmp.Or(f.kind, typeOf(f.err), body.Type)
	return body
}

// wantsJSON reports whether JSON was asked for, also where the command line could not be read to its end.
func wantsJSON(output string, args []string) bool {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	for i, arg := range args {
		value, joined := strings.CutPrefix(arg, "--output=")
		if short, is := strings.CutPrefix(arg, "-o"); !joined && is && short != "" {
			value = strings.TrimPrefix(short, "=")
		}
		if (arg == "--output" || arg == "-o") && i+1 < len(args) {
			value = args[i+1]
		}
		if strings.EqualFold(value, outputJSON) {
			return true
		}
	}
	return output == outputJSON
}

// written remembers whether anything was written, and the first error of it.
type written struct {
	to  io.Writer
	any bool
	err error
}

// Write writes.
func (w *written) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.any = w.any || n > 0
	if w.err == nil {
		w.err = err
	}
	return n, err
}
