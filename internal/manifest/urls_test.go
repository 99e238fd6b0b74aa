package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestURLsThatAreAccepted(t *testing.T) {
	for _, raw := range []string{
		"https://api.external-ai-provider.com", "https://api.example.com/", "https://api.example.com:8443/v1?api-version=2024-10-21",
		"HTTPS://API.EXAMPLE.COM", "https://my-orchestrator.internal/webhooks/genesys-llm", "https://10.0.0.5/v1",
		"https://[2001:db8::1]:443/", "https://xn--bcher-kva.example/", "https://host.example./", "https://under_score.example",
		"http://localhost:8080/v1", "http://LOCALHOST", "http://127.0.0.1:9000", "http://127.8.9.10/", "http://[::1]:9000/",
		"https://127.0.0.1/", "https://a.example/%C3%BC",
	} {
		_, problem := checkURL(raw, "write it elsewhere")
		require.Empty(t, problem, raw)
	}
}

func TestURLsThatAreRefusedAndWhy(t *testing.T) {
	cases := map[string][]string{
		"absolute https URL": {"api.example.com", "/v1/chat", "//api.example.com/v1", "ftp://api.example.com", "https:",
			"https://", "https:///v1", "https:api.example.com", "javascript:alert(1)", "file:///etc/passwd", "https://:443/",
			"https://a.example:port/", "https://[::1", "https://%31%32%37.0.0.1/", "unix:/run/s.sock", "https://a.example:-1/"},
		"must be https":       {"http://api.example.com", "http://10.0.0.1/", "http://localhost.example.com/", "http://127.0.0.1.nip.example/"},
		"spaces, backslashes": {"https://a.example/ x", "https://a.example/\t", "https://a.example\n", "https://a\\@b.example", "https://a.example/\u202e", "https://a.example/\x00"},
		"user name or password": {"https://user@a.example/", "https://user:pass@a.example/", "https://@a.example/",
			"https://api.openai.com@evil.example/"},
		"secret in its query":    {"https://a.example/?api_key=x", "https://a.example/?a=1&token=x", "https://a.example/?access_token=x"},
		"fragment":               {"https://a.example/#frag", "https://a.example/#"},
		"a port between":         {"https://a.example:0/", "https://a.example:65536/", "https://a.example:/", "https://a.example:99999999999999999999/"},
		"link-local or metadata": {"https://169.254.169.254/", "https://169.254.0.1:8080/", "https://169.254.169.254./"},
		"a link-local address":   {"https://[fe80::1]/", "https://[febf::1]/"},
		"network interface":      {"https://[fe80::1%25eth0]/"},
		"metadata address":       {"https://100.100.100.200/", "https://168.63.129.16/", "https://[fd00:ec2::254]/"},
		"metadata service":       {"https://metadata.google.internal/", "https://METADATA.google.internal./", "https://metadata/"},
		"unspecified":            {"https://0.0.0.0/", "https://0.1.2.3/", "https://[::]/"},
		"multicast":              {"https://224.0.0.1/", "https://239.255.255.255/", "https://[ff02::1]/"},
		"reserved or broadcast":  {"https://255.255.255.255/", "https://240.0.0.1/"},
		"four decimal numbers": {"https://2852039166/", "https://0xa9fea9fe/", "https://0251.0376.0251.0376/", "https://169.254.43518/",
			"https://0xA9.0xFE.0xA9.0xFE/", "https://127.1/", "http://2130706433/", "http://0177.0.0.1/", "https://1.2.3.4.5/",
			"https://999.1.1.1/", "https://a.example.0x/", "https://169.254.169.0254/", "https://2852039166./"},
		"IPv4 address written as IPv6": {"https://[::ffff:169.254.169.254]/", "https://[::ffff:a9fe:a9fe]/", "https://[::169.254.169.254]/",
			"https://[64:ff9b::a9fe:a9fe]/", "https://[2002:a9fe:a9fe::]/", "http://[::ffff:127.0.0.1]/",
			"https://[::ffff:0:169.254.169.254]/", "https://[64:ff9b:1::a9fe:a9fe]/"},
		"host name of ASCII letters": {"https://bücher.example/", "https://１６９.example/", "https://a..example/", "https://-a.example/",
			"https://a.example,b.example/", "https://" + strings.Repeat("a", 64) + ".example/", "https://" + strings.Repeat("a.", 130) + "b/",
			"https://ⓛocalhost/", "https://a.example../", "https://a*b.example/"},
	}
	for why, urls := range cases {
		for _, raw := range urls {
			_, problem := checkURL(raw, "write it elsewhere")
			require.Contains(t, problem, why, "%q", raw)
		}
	}
}
