// Package codec encrypts what the product leaves in Temporal: inputs, results, heartbeats, signals, updates, summaries,
// details and the messages of failures. Worker and starter hold the same keys; the Temporal service holds none.
package codec
