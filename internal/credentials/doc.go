// Package credentials maps a manifest's auth_credential_id to a token and to the hosts that the token may be sent to.
// Who writes a manifest picks the id and the endpoint, but never the pair: that belongs to the operator.
package credentials
