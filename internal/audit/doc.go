// Package audit keeps the audit trail: one entry a line of JSON in a file that any number of processes append to. An
// entry is on disk when Append returns, it is there once however often it is appended, and nothing that was written is
// ever dropped in silence.
package audit
