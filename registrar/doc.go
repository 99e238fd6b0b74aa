// Package registrar is the client of Model Registrar: it starts registrations, follows them, decides about them, lists
// and cancels them, runs fleets, and sets a namespace up. It talks to Temporal, and prints nothing.
//
// Every method returns an error of this package's types where a caller can act on the cause ([Unreachable], [NotFound],
// [InProgress], …), and the context's error once the context has ended. Methods may be called concurrently.
package registrar
