package config

import (
	"errors"
	"net"
	"regexp"
	"strings"
)

// ofTheWeb are the schemes that people write in front of an address that takes none.
var ofTheWeb = regexp.MustCompile(`^(?i:https?|grpcs?|tcp|temporal)://`)

// CheckAddress says in a sentence what is wrong with Temporal's address, which gRPC would only fail to resolve. It does
// not repeat the address. An empty one is the default.
func CheckAddress(address string) error {
	cloud := strings.Contains(address, ".tmprl.cloud") || strings.Contains(address, ".api.temporal.io")
	example := "localhost:7233"
	if cloud {
		example = "NAMESPACE.ACCOUNT.tmprl.cloud:7233"
	}
	switch _, port, err := net.SplitHostPort(address); {
	case address == "", strings.HasPrefix(address, "dns:"), strings.HasPrefix(address, "unix:"),
		strings.HasPrefix(address, "passthrough:"):
		return nil
	case ofTheWeb.MatchString(address):
		return errors.New("TEMPORAL_ADDRESS has a scheme, and is a host and a port alone, such as " + example +
			"; TEMPORAL_TLS=true asks for TLS")
	case err != nil || port == "":
		return errors.New("TEMPORAL_ADDRESS has no port: write a host and a port, such as " + example)
	}
	return nil
}
