package netguard

import (
	"fmt"
	"net/netip"
)

// BlockedError says that the guard let no connection be made.
type BlockedError struct {
	Host    string     // the host that was asked for, where it is known
	Address netip.Addr // the address that it led to; invalid when there is none
	Kind    string     // what kind of address it is, with its article
}

func (e *BlockedError) Error() string {
	to := ""
	if e.Host != "" && e.Host != e.Address.String() {
		to = e.Host + " leads to "
	}
	if !e.Address.IsValid() {
		return fmt.Sprintf("The outbound guard refused the connection: %s%s.", to, e.Kind)
	}
	return fmt.Sprintf("The outbound guard refused the connection: %s%s, %s. If that is meant, "+
		"add its network to REGISTRAR_ALLOW_NETWORKS.", to, e.Address, e.Kind)
}

// URLError says that a URL is not one that the project calls. It holds no part of the URL but its host.
type URLError struct {
	Problem string // a sentence without its full stop
}

func (e *URLError) Error() string { return e.Problem + "." }

// TooLargeError says that a response was cut off because it is larger than its bound.
type TooLargeError struct {
	Limit int64 // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the response is larger than %d bytes", e.Limit)
}

// ProxyError says that the operator's proxy, and not the endpoint behind it, is why there is no connection.
type ProxyError struct {
	Proxy  string // host and port
	Status int    // of its answer to CONNECT, or 0 when it was not reached
	Err    error  // why it was not reached, or nil
}

func (e *ProxyError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("the proxy %s could not be reached: %v", e.Proxy, e.Err)
	}
	return fmt.Sprintf("the proxy %s refused the connection with status %d", e.Proxy, e.Status)
}

func (e *ProxyError) Unwrap() error { return e.Err }
