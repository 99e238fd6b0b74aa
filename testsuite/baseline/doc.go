// Package baseline has what the benchmark measures the registrar against: small programs that do the same work in a
// simpler way. They share no code with the product but the contract of schemas.
package baseline
