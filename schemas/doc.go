// Package schemas is the contract: the types of everything that crosses a boundary (manifest, payload, activity
// inputs and results, queries, decisions, events), their names and their JSON Schemas. It imports nothing else of the
// project, so that every other package may depend on it. Manifests are read and checked by internal/manifest.
package schemas
