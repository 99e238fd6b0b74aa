// Package manifest reads and checks manifests: YAML and JSON from people, with the place of everything that is wrong,
// and manifests that other programs send. It is the one place that knows what a manifest may say.
package manifest
