package netguard_test

import (
	"net/url"
	"testing"

	"model-registrar/internal/netguard"
)

func TestCanonicalURLs(t *testing.T) {
	for raw, want := range map[string]string{
		"https://API.Example.COM":            "https://api.example.com",
		"https://api.example.com.:443/x?y=z": "https://api.example.com/x?y=z",
		"https://api.example.com:8443":       "https://api.example.com:8443",
		"https://api.example.com:0443":       "https://api.example.com",
		"http://LOCALHOST:80/":               "http://localhost/",
		"http://127.0.0.1:8080":              "http://127.0.0.1:8080",
		"https://[::FFFF:127.0.0.1]:443":     "https://127.0.0.1",
		"https://[2606:4700:0::1111]":        "https://[2606:4700::1111]",
		"https://bücher.example":             "https://xn--bcher-kva.example",
		"https://ａｐｉ.example.com":            "https://api.example.com",
		"https://api。example。com":            "https://api.example.com",
		"https://my_service.example/":        "",
		"https://a%8000000/":                 "", // not UTF-8
		"https://a..example/":                "",
		"https://1.2.3/":                     "",
		"https://example.0x7f/":              "",
		"http://example.com/":                "",
		"https://user:pass@example.com/":     "",
		"https://example.com/#x":             "",
		"https://example.com:99999/":         "",
		"/path":                              "",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		got, err := netguard.Canonical(u)
		switch {
		case want == "" && err == nil:
			t.Errorf("%s is accepted as %s", raw, got)
		case want != "" && (err != nil || got.String() != want):
			t.Errorf("%s: got %v, %v", raw, got, err)
		}
	}
	if _, err := netguard.Canonical(nil); err == nil {
		t.Error("nothing is accepted")
	}
}
