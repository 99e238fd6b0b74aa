// Package baseline has what the benchmark measures the registrar against: small programs that do the same work in a
// simpler way. Of the product they share the contract and the client of the platform.
package baseline
