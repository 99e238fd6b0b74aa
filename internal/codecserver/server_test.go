package codecserver_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"model-registrar/internal/codec"
	"model-registrar/internal/codecserver"
)

const (
	key   = "k1:MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="
	token = "the-token-of-the-test"
	page  = "http://127.0.0.1:8233"
)

var payloads = func() converter.PayloadCodec {
	k, err := codec.ParseKeys(key)
	if err != nil {
		panic(err)
	}
	return k.PayloadCodec()
}()

// served is a running codec server.
type served struct {
	*httptest.Server
	t   *testing.T
	log *bytes.Buffer
}

func serve(t *testing.T) served {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	log := &bytes.Buffer{}
	h, err := codecserver.New(codecserver.Config{
		Codec: payloads, Token: token, Origins: []string{"HTTP://127.0.0.1:8233/"}, Host: codecserver.Loopback(port),
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	require.NoError(t, err)
	server.Config.Handler = h
	server.Start()
	t.Cleanup(server.Close)
	return served{server, t, log}
}

// request makes a request that is let in; tests take away from it or change it.
func (s served) request(method, path string, body []byte) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, bytes.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Origin", page)
	r.Header.Set("X-Namespace", "default")
	return r
}

func (s served) do(r *http.Request) (*http.Response, string) {
	s.t.Helper()
	return doWith(s.t, s.Client(), r)
}

func doWith(t *testing.T, c *http.Client, r *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := c.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

func list(t *testing.T, p ...*commonpb.Payload) []byte {
	t.Helper()
	data, err := protojson.Marshal(&commonpb.Payloads{Payloads: p})
	require.NoError(t, err)
	return data
}

func parse(t *testing.T, body string) []*commonpb.Payload {
	t.Helper()
	var p commonpb.Payloads
	require.NoError(t, protojson.Unmarshal([]byte(body), &p), body)
	return p.Payloads
}

func plain(t *testing.T, v any) *commonpb.Payload {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayload(v)
	require.NoError(t, err)
	return p
}

func sealed(t *testing.T, v any) *commonpb.Payload {
	t.Helper()
	out, err := payloads.Encode([]*commonpb.Payload{plain(t, v)})
	require.NoError(t, err)
	return out[0]
}

func TestPayloadsAreDecodedAndEncodedForWhoHasTheToken(t *testing.T) {
	s := serve(t)
	resp, body := s.do(s.request("POST", "/decode?preserveStorageRefs=true", list(t, sealed(t, "x"), plain(t, "y"))))
	require.Equal(t, http.StatusOK, resp.StatusCode, body)
	require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	got := parse(t, body)
	require.Len(t, got, 2)
	require.True(t, proto.Equal(plain(t, "x"), got[0]))
	require.True(t, proto.Equal(plain(t, "y"), got[1]))

	resp, body = s.do(s.request("POST", "/encode", list(t, plain(t, "x"))))
	require.Equal(t, http.StatusOK, resp.StatusCode, body)
	back, err := payloads.Decode(parse(t, body))
	require.NoError(t, err)
	require.True(t, proto.Equal(plain(t, "x"), back[0]))
}

func TestTheSDKsOwnRemoteCodecCanUseIt(t *testing.T) {
	s := serve(t)
	remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{Endpoint: s.URL,
		ModifyRequest: func(r *http.Request) error { r.Header.Set("Authorization", "Bearer "+token); return nil }})
	there, err := remote.Encode([]*commonpb.Payload{plain(t, "x")})
	require.NoError(t, err)
	require.Equal(t, "binary/encrypted", string(there[0].Metadata["encoding"]))
	back, err := remote.Decode(there)
	require.NoError(t, err)
	require.True(t, proto.Equal(plain(t, "x"), back[0]))
}

func TestAPayloadThatCannotBeDecodedStaysAndHidesNoOther(t *testing.T) {
	s := serve(t)
	lost := sealed(t, "x")
	lost.Metadata["encryption-key-id"] = []byte("lost")
	resp, body := s.do(s.request("POST", "/decode", list(t, lost, sealed(t, "y"))))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	got := parse(t, body)
	require.True(t, proto.Equal(lost, got[0]))
	require.True(t, proto.Equal(plain(t, "y"), got[1]))
	require.Contains(t, s.log.String(), "key lost")
}

func TestWhoMayNotAskGetsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"no token":           {func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		"a wrong token":      {func(r *http.Request) { r.Header.Set("Authorization", "Bearer wrong") }, 401},
		"an empty token":     {func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }, 401},
		"another scheme":     {func(r *http.Request) { r.SetBasicAuth("", token) }, 401},
		"a made-up cookie":   {func(r *http.Request) { cookie(r, "99999999999.00") }, 401},
		"an odd cookie":      {func(r *http.Request) { cookie(r, "") }, 401},
		"another page":       {func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8234") }, 403},
		"a longer name":      {func(r *http.Request) { r.Header.Set("Origin", page+".example.com") }, 403},
		"another scheme's":   {func(r *http.Request) { r.Header.Set("Origin", "https://127.0.0.1:8233") }, 403},
		"a page of a file":   {func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		"another host's":     {func(r *http.Request) { r.Host = "attacker.example.com" }, 421},
		"another port's":     {func(r *http.Request) { r.Host = "127.0.0.1:1" }, 421},
		"a get":              {func(r *http.Request) { r.Method = "GET" }, 405},
		"another path":       {func(r *http.Request) { r.URL.Path = "/x/decode" }, 404},
		"the UI's download":  {func(r *http.Request) { r.URL.Path = "/download" }, 404},
		"a body that is not": {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("{")); r.ContentLength = 1 }, 400},
		"a large body": {func(r *http.Request) {
			r.Body = io.NopCloser(bytes.NewReader(make([]byte, 33<<20)))
			r.ContentLength = -1
		}, 413},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			r := s.request("POST", "/decode", list(t, sealed(t, "the canary")))
			c.change(r)
			resp, body := s.do(r)
			require.Equal(t, c.status, resp.StatusCode, body)
			require.NotContains(t, body, "canary")
			require.NotContains(t, s.log.String(), token)
			if c.status == 403 || c.status == 421 {
				require.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
			}
		})
	}
}

func cookie(r *http.Request, value string) {
	r.Header.Del("Authorization")
	r.AddCookie(&http.Cookie{Name: "codec-server-session", Value: value})
}

func TestABrowserIsToldWhichPagesMayAskAndNeverAll(t *testing.T) {
	s := serve(t)
	r := s.request("OPTIONS", "/decode", nil)
	r.Header.Del("Authorization") // browsers ask without
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "content-type,x-namespace")
	resp, _ := s.do(r)
	require.Equal(t, http.StatusNoContent, resp.StatusCode)
	require.Equal(t, page, resp.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "true", resp.Header.Get("Access-Control-Allow-Credentials"))
	require.Equal(t, "Origin", resp.Header.Get("Vary"))
	require.Equal(t, "Authorization, Authorization-Extras, Content-Type, X-Namespace", resp.Header.Get("Access-Control-Allow-Headers"))

	for _, origin := range []string{"http://attacker.example.com", "null", "*", ""} {
		r.Header.Set("Origin", origin)
		resp, _ = s.do(r)
		require.Equal(t, http.StatusForbidden, resp.StatusCode, origin)
		require.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
	}
}

func TestARequestThatComesFromNoPageNeedsTheToken(t *testing.T) {
	s := serve(t)
	r := s.request("POST", "/decode", list(t, sealed(t, "x")))
	r.Header.Del("Origin")
	resp, _ := s.do(r)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
}

func TestGuessingTokensIsSlowedDownAndHoldsUpNobodyWhoHasSignedIn(t *testing.T) {
	s := serve(t)
	browser := s.browser()
	require.Equal(t, http.StatusOK, s.signIn(browser, token))
	wrong := s.request("POST", "/decode", nil)
	wrong.Header.Set("Authorization", "Bearer guess")
	var codes []int
	for range 10 {
		resp, _ := s.do(wrong)
		codes = append(codes, resp.StatusCode)
	}
	require.Equal(t, []int{401, 401, 401, 401, 401}, codes[:5])
	require.Contains(t, codes, http.StatusTooManyRequests)
	require.Contains(t, []int{401, 429}, s.signIn(browser, "guess"))

	r := s.request("POST", "/decode", list(t, sealed(t, "x")))
	r.Header.Del("Authorization")
	resp, _ := doWith(t, browser, r)
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

func TestWrongTokensDoNotLockOutTheRightOne(t *testing.T) {
	s := serve(t)
	for range 20 {
		wrong := s.request("POST", "/decode", nil)
		wrong.Header.Set("Authorization", "Bearer guess")
		_, _ = s.do(wrong)
	}
	resp, _ := s.do(s.request("POST", "/decode", list(t, sealed(t, "x"))))
	require.Equal(t, http.StatusOK, resp.StatusCode, "as a program")
	require.Equal(t, http.StatusOK, s.signIn(s.browser(), token), "on the page")
}

// browser keeps cookies.
func (s served) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	return &http.Client{Jar: jar}
}

func (s served) signIn(browser *http.Client, with string) int {
	s.t.Helper()
	form := url.Values{"token": {with}}.Encode()
	r := s.request("POST", "/", []byte(form))
	r.Header.Del("Authorization")
	r.Header.Set("Origin", s.URL)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, body := doWith(s.t, browser, r)
	require.NotContains(s.t, body, token)
	return resp.StatusCode
}

func TestWhoSignsInIsLetInByACookieThatIsNotTheToken(t *testing.T) {
	s := serve(t)
	browser := s.browser()
	ask := func(path, origin string) int {
		body := list(t, plain(t, "x"))
		r := s.request("POST", path, body)
		r.Header.Del("Authorization")
		if r.Header.Set("Origin", origin); origin == "" {
			r.Header.Del("Origin")
		}
		resp, _ := doWith(t, browser, r)
		return resp.StatusCode
	}
	require.Equal(t, http.StatusUnauthorized, ask("/decode", page))
	require.Equal(t, http.StatusUnauthorized, s.signIn(browser, "wrong"))
	require.Equal(t, http.StatusUnauthorized, ask("/decode", page))
	require.Equal(t, http.StatusOK, s.signIn(browser, token))
	require.Equal(t, http.StatusOK, ask("/decode", page))
	require.Equal(t, http.StatusOK, ask("/encode", page))
	require.Equal(t, http.StatusForbidden, ask("/decode", "http://127.0.0.1:9999"), "another port is the same site, and sends the cookie")
	require.Equal(t, http.StatusUnauthorized, ask("/decode", ""))

	here, err := url.Parse(s.URL)
	require.NoError(t, err)
	require.Empty(t, browser.Jar.Cookies(here), "nothing is sent to other paths of this host")
}

func TestTheCookieIsOutOfReachForScriptsAndOtherSites(t *testing.T) {
	s := serve(t)
	r := s.request("POST", "/", []byte("token="+token))
	r.Header.Set("Origin", s.URL)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, _ := s.do(r)
	require.Len(t, resp.Cookies(), 2)
	for _, c := range resp.Cookies() {
		require.True(t, c.HttpOnly)
		require.Equal(t, http.SameSiteStrictMode, c.SameSite)
		require.Equal(t, int((12 * time.Hour).Seconds()), c.MaxAge)
		require.NotContains(t, c.Value, token)
	}
	require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Contains(t, resp.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
}

func TestOnlyItsOwnPageSignsIn(t *testing.T) {
	s := serve(t)
	r := s.request("POST", "/", []byte("token="+token))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, _ := s.do(r)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	require.Empty(t, resp.Cookies())
}

func TestThePageSaysWhereToSignInIfTheUIIsOnAnotherHostName(t *testing.T) {
	s := serve(t)
	r := s.request("GET", "/", nil)
	_, body := s.do(r)
	require.NotContains(t, body, "another host name")
	here, err := url.Parse(s.URL)
	require.NoError(t, err)
	r.Host = "localhost:" + here.Port()
	_, body = s.do(r)
	require.Contains(t, body, "another host name")
	require.Contains(t, body, `href="`+s.URL+`"`)
}

func TestOriginsAreExact(t *testing.T) {
	for in, want := range map[string]string{
		"https://temporal.example.com": "https://temporal.example.com", "https://Temporal.Example.com:443/": "https://temporal.example.com",
		"http://127.0.0.1:8233": page, "http://[::1]:80": "http://[::1]",
	} {
		got, err := codecserver.ParseOrigin(in)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, in := range []string{"*", "", "null", "https://*.example.com", "example.com", "ftp://example.com", "https://u@example.com",
		"https://example.com/path", "https://example.com?q", "https://example.com#f", "://"} {
		_, err := codecserver.ParseOrigin(in)
		require.Error(t, err, in)
	}
}

func TestAShortTokenIsRefused(t *testing.T) {
	_, err := codecserver.New(codecserver.Config{Codec: payloads, Token: "short", Host: codecserver.Loopback("1"), Logger: slog.Default()})
	require.ErrorContains(t, err, "at least 16")
	require.NotContains(t, err.Error(), "short")
}

func TestAServerIsKnownByItsOwnNamesAlone(t *testing.T) {
	loopback := codecserver.Loopback("8081")
	for _, host := range []string{"127.0.0.1:8081", "localhost:8081", "LocalHost:8081", "[::1]:8081"} {
		require.True(t, loopback(host), host)
	}
	for _, host := range []string{"127.0.0.1", "127.0.0.1:80", "localhost.example.com:8081", "10.0.0.1:8081", "", "127.0.0.1.nip.io:8081"} {
		require.False(t, loopback(host), host)
	}
	tlsServer := httptest.NewTLSServer(http.NotFoundHandler())
	defer tlsServer.Close()
	certified := codecserver.Certified(tlsServer.Certificate())
	require.True(t, certified("example.com:8443"))
	require.True(t, certified("127.0.0.1:8443"))
	require.True(t, certified("example.com"))
	require.False(t, certified("attacker.test:8443"))
}

func FuzzDecodeRequest(f *testing.F) {
	h, err := codecserver.New(codecserver.Config{Codec: payloads, Token: token, Host: func(string) bool { return true },
		Logger: slog.New(slog.DiscardHandler)})
	require.NoError(f, err)
	f.Add([]byte(`{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"IngiCg=="}]}`))
	f.Add([]byte(`{"payloads":[null]}`))
	f.Add([]byte(`{"payloads":[{}],"more":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest("POST", "/decode", bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Contains(t, []int{200, 400}, w.Code)
		if w.Code == 200 {
			require.True(t, json.Valid(w.Body.Bytes()))
		}
	})
}
