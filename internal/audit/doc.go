// Package audit keeps the audit trail, in a file or in PostgreSQL, and checks it. The entries are a chain: each has a
// number, the hash of the entry before, and a hash of itself, so that whoever changes, removes, swaps or repeats one is
// found out by [Verify]. Signed checkpoints, which others keep, find out who rewrites the chain or cuts its end.
//
// An entry is on disk when Append returns, it is there once however often it is appended, and nothing that was written
// is ever dropped in silence.
package audit
