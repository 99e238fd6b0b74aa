// Package netguard makes the HTTP clients with which the project calls addresses that other people wrote down: the
// probed endpoint and the webhook receiver. It refuses what such an address must not reach, by the address that is
// actually dialled after DNS, and bounds what comes back.
package netguard
