package main

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestTheUIIsKnownByTheNamesOfThisMachineAlone(t *testing.T) {
	t.Parallel()
	bound := netip.MustParseAddr("192.0.2.7")
	for _, host := range []string{"localhost", "LocalHost:8233", "127.0.0.1", "127.0.0.1:8233", "[::1]", "[::1]:8233", "192.0.2.7:8233"} {
		if !isKnownHost(bound, host) {
			t.Errorf("%q is refused", host)
		}
	}
	for _, host := range []string{"", ":8233", "rebound.example", "rebound.example:8233", "localhost.example", "127.0.0.1.example:80",
		"evil-localhost", "0.0.0.0:8233", "[::]:8233", "192.0.2.8:8233", "127.0.0.2", "localhost:80:80", "user@localhost"} {
		if isKnownHost(bound, host) {
			t.Errorf("%q is let through", host)
		}
	}
	if isKnownHost(netip.IPv4Unspecified(), "0.0.0.0:8233") {
		t.Error("the unspecified address is let through")
	}
}

func TestAPageWhoseNameWasMadeToPointToThisMachineCannotAskTheUI(t *testing.T) {
	t.Parallel()
	p := start(t, "--in-memory")
	for host, want := range map[string]int{
		"rebound.example": http.StatusForbidden, "rebound.example:8233": http.StatusForbidden,
		"localhost": http.StatusOK, "localhost:8233": http.StatusOK, "127.0.0.1": http.StatusOK, "[::1]:8233": http.StatusOK,
	} {
		for _, path := range []string{"/", "/api/v1/namespaces/default/workflows"} {
			request, err := http.NewRequestWithContext(testContext(t), http.MethodGet, p.UIURL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = host
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != want {
				t.Errorf("%s as %s: status %d, want %d", path, host, response.StatusCode, want)
			}
		}
	}
}
