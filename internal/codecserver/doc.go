// Package codecserver decodes payloads over HTTP for people who look at workflows in the Temporal UI or with Temporal's
// CLI. It shows what is encrypted, so it lets in only who has the token, from pages that the operator lists.
package codecserver
