package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const encryptionKeys = "REGISTRAR_ENCRYPTION_KEYS=k1:MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="

func TestACodecServerThatWouldBeOfNoUseOrUnsafeDoesNotStart(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for name, c := range map[string]struct {
		env  []string
		args []string
		says string
		code int
	}{
		"without keys":              {nil, nil, "there are no keys to decode with", exitUsage},
		"with a wrong key":          {[]string{"REGISTRAR_ENCRYPTION_KEYS=k1:canary"}, nil, "entry 1 (k1)", exitUsage},
		"without its key file":      {[]string{"REGISTRAR_ENCRYPTION_KEYS_FILE=" + none}, nil, "REGISTRAR_ENCRYPTION_KEYS_FILE", exitUsage},
		"with a short token":        {[]string{encryptionKeys, "REGISTRAR_CODEC_TOKEN=canary"}, nil, "REGISTRAR_CODEC_TOKEN: the token must have at least 16 characters", exitUsage},
		"with its token twice":      {[]string{encryptionKeys, "REGISTRAR_CODEC_TOKEN=canary", "REGISTRAR_CODEC_TOKEN_FILE=" + none}, nil, "are both set", exitUsage},
		"on every address":          {[]string{encryptionKeys}, []string{"--listen", ":0"}, "is not a loopback address", exitUsage},
		"on an outside address":     {[]string{encryptionKeys}, []string{"--listen", "192.0.2.1:0"}, "is not a loopback address", exitUsage},
		"on no address":             {[]string{encryptionKeys}, []string{"--listen", "nonsense"}, "--listen must be host:port", exitUsage},
		"with half a certificate":   {[]string{encryptionKeys}, []string{"--tls-cert", none}, "--tls-cert and --tls-key go together", exitUsage},
		"without its certificate":   {[]string{encryptionKeys}, []string{"--tls-cert", none, "--tls-key", none}, "the certificate cannot be used", exitUsage},
		"for every page":            {[]string{encryptionKeys}, []string{"--listen", "127.0.0.1:0", "--origin", "*"}, `"*" is no origin`, exitUsage},
		"for a page with a path":    {[]string{encryptionKeys}, []string{"--listen", "127.0.0.1:0", "--origin", "http://a/b"}, "is no origin", exitUsage},
		"with an argument too many": {[]string{encryptionKeys}, []string{"x"}, "unknown command", exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			r := starter(t, "", c.env, append([]string{"codec-server"}, c.args...)...)
			require.Equal(t, c.code, r.code, r.errors)
			require.Contains(t, r.errors, c.says)
			require.NotContains(t, r.errors, "canary")
			require.Empty(t, r.out)
		})
	}
}

func TestACodecServerWhoseAddressIsTakenSaysSo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	r := starter(t, "", []string{encryptionKeys}, "codec-server", "--listen", l.Addr().String())
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "--listen")
}

// runningCodecServer is one that runs in this process.
type runningCodecServer struct {
	serving
	stop func() (code int, said string)
}

func startCodecServer(t *testing.T, env []string, args ...string) runningCodecServer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	said, out := &bytes.Buffer{}, &lineReader{line: make(chan string, 1)}
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"codec-server", "-o", "json"}, args...), env, strings.NewReader(""), out, said)
		close(out.line)
	}()
	s := runningCodecServer{stop: func() (int, string) { cancel(); return <-code, said.String() }}
	line, ok := <-out.line
	if !ok {
		_, said := s.stop()
		t.Fatal(said)
	}
	require.NoError(t, json.Unmarshal([]byte(line), &s.serving))
	return s
}

// lineReader passes the first line that is written on.
type lineReader struct{ line chan string }

func (l *lineReader) Write(p []byte) (int, error) { l.line <- string(p); return len(p), nil }

func TestACodecServerRunsUntilItIsInterrupted_AndPrintsATokenOnceIfItMadeIt(t *testing.T) {
	s := startCodecServer(t, []string{encryptionKeys, "REGISTRAR_UI_URL=http://127.0.0.1:8233/"}, "--listen", "127.0.0.1:0")
	require.Equal(t, []string{"http://127.0.0.1:8233"}, s.Origins, "the UI that is known may ask")
	resp, err := http.Get(s.URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	code, said := s.stop()
	require.Equal(t, exitDone, code)
	_, rest, found := strings.Cut(said, "Token, made for this run: ")
	require.True(t, found, said)
	token, _, _ := strings.Cut(rest, "\n")
	require.GreaterOrEqual(t, len(token), 26)
	require.Equal(t, 1, strings.Count(said, token))
}

func TestACodecServersOwnTokenIsNotPrinted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("the-canary-of-a-token\n"), 0o600))
	s := startCodecServer(t, []string{encryptionKeys, "REGISTRAR_CODEC_TOKEN_FILE=" + file}, "--listen", "127.0.0.1:0", "--origin", "http://127.0.0.1:1")
	req, err := http.NewRequest("POST", s.URL+"/decode", strings.NewReader(`{"payloads":[]}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer the-canary-of-a-token")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	_, said := s.stop()
	require.NotContains(t, said, "canary")
}

func TestACodecServerOnAnyAddressIsReachedOverTLSUnderItsOwnName(t *testing.T) {
	cert, key, roots := certificate(t, "codec.example.com")
	s := startCodecServer(t, []string{encryptionKeys}, "--listen", ":0", "--tls-cert", cert, "--tls-key", key, "--origin", "https://temporal.example.com")
	defer s.stop()
	require.Contains(t, s.URL, "https://codec.example.com:")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.URL, "https://"))
	require.NoError(t, err)
	web := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}}
	resp, err := web.Get(s.URL)
	require.NoError(t, err)
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Contains(t, string(page), "Sign in")

	req, err := http.NewRequest("GET", s.URL, nil)
	require.NoError(t, err)
	req.Host = "attacker.example.com"
	resp, err = web.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusMisdirectedRequest, resp.StatusCode)

	resp, err = http.Get("http://127.0.0.1:" + port)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusBadRequest, resp.StatusCode, "nothing is served in the clear")
}

func certificate(t *testing.T, name string) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600))
	roots = x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return certFile, keyFile, roots
}
