// Package genesys is the client of the Genesys Cloud LLM Gateway: models, jobs and health checks, with an OAuth
// client-credentials token that all callers share. It never retries, apart from one repetition with a new token after
// a 401, because how often and how long to retry is the workflow's policy; every failure is an [*gateway.Error].
package genesys
