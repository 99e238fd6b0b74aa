// Package schemas is the contract: the types of everything that crosses a boundary (manifest, payload, activity
// inputs and results, queries, decisions, events), their names, their JSON Schemas and their validation. It imports
// nothing else of the project, so that every other package may depend on it.
package schemas
