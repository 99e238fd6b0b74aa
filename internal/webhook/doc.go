// Package webhook delivers events by Standard Webhooks 1.0.0: signed with every secret in use, one id for all attempts
// of an event, no redirects. It makes one attempt a call; when to make another is the workflow's policy.
package webhook
