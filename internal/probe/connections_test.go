package probe_test

import (
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"model-registrar/internal/credentials"
	"model-registrar/schemas"
)

func TestAClientCertificateThatIsMissingIsATLSFailureThatNamesIt(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // it reports the handshake that this is about
		server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: version, MaxVersion: version}
		server.StartTLS()
		t.Cleanup(server.Close)
		dir := t.TempDir()
		write(t, filepath.Join(dir, "ca.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
		write(t, filepath.Join(dir, "credentials.yaml"), fmt.Sprintf("credentials: {cred_test: {hosts: [%q], anonymous: true, ca_file: ca.pem}}",
			strings.TrimPrefix(server.URL, "https://")))
		prober := proberWith(t, credentials.Config{File: filepath.Join(dir, "credentials.yaml")})
		r, _ := outcome(t, prober, input(server.URL, schemas.OpenAI))
		wantFail(t, r, schemas.ReasonTLS)
		wantInSentence(t, r, "client_cert_file")
	}
}

func TestAProxyThatRefusesOrIsDeadIsNamedAndNotTheEndpoint(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := listener.Addr().String()
	_ = listener.Close()
	proxies := map[string]struct {
		address string
		retried bool
	}{"dead": {dead, true}}
	for _, status := range []int{403, 407, 502, 503} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(proxy.Close)
		proxies[fmt.Sprint(status)] = struct {
			address string
			retried bool
		}{strings.TrimPrefix(proxy.URL, "http://"), status >= 500}
	}
	for name, p := range proxies {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "credentials.yaml")
			write(t, path, fmt.Sprintf("credentials: {cred_test: {hosts: [127.0.0.1], anonymous: true, proxy: 'http://%s'}}", p.address))
			r, retry := outcome(t, proberWith(t, credentials.Config{File: path}), input("https://127.0.0.1", schemas.OpenAI))
			wantFail(t, r, schemas.ReasonConnectFailed)
			wantInSentence(t, r, "The proxy "+p.address)
			if (retry != nil) != p.retried {
				t.Errorf("retried %v", retry != nil)
			}
		})
	}
}

func TestACredentialMayHaveSeveralHeadersAndAQueryParameter(t *testing.T) {
	t.Setenv("PROBE_TEST_TOKEN", token)
	t.Setenv("PROBE_TEST_OTHER", "other-secret-1234")
	for settings, want := range map[string]map[string]string{
		"token_env: PROBE_TEST_TOKEN, query: key":              {"?key": token, "Authorization": ""},
		"token_env: PROBE_TEST_TOKEN, query: subscription-key": {"?subscription-key": token},
		"token_env: PROBE_TEST_TOKEN, headers: {Ocp-Apim-Subscription-Key: {token_env: PROBE_TEST_OTHER}}": {
			"Authorization": "Bearer " + token, "Ocp-Apim-Subscription-Key": "other-secret-1234"},
		"token_env: PROBE_TEST_TOKEN, headers: {OpenAI-Organization: {token_env: PROBE_TEST_OTHER}, X-B: {token_env: PROBE_TEST_TOKEN, scheme: Basic}}": {
			"OpenAI-Organization": "other-secret-1234", "X-B": "Basic " + token},
		"anonymous: true, headers: {CF-Access-Client-Id: {token_env: PROBE_TEST_TOKEN}, CF-Access-Client-Secret: {token_env: PROBE_TEST_OTHER}}": {
			"CF-Access-Client-Id": token, "CF-Access-Client-Secret": "other-secret-1234", "Authorization": ""},
		"token_env: PROBE_TEST_TOKEN, header: X-Key, headers: {X-Other: {token_env: PROBE_TEST_OTHER}}": {"X-Key": token, "X-Other": "other-secret-1234"},
	} {
		t.Run(settings, func(t *testing.T) {
			_, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
				for name, value := range want {
					got := r.Header.Get(name)
					if parameter, is := strings.CutPrefix(name, "?"); is {
						got = r.URL.Query().Get(parameter)
					}
					if got != value {
						t.Errorf("%s is %q", name, got)
					}
				}
				if r.URL.Query().Get("x") != "1" {
					t.Error("the endpoint's own query is lost")
				}
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, "you sent %v and %s", r.Header, r.URL)
			})
			file := credentialsFile(t, in.EndpointURL, settings)
			in.EndpointURL += "/v1?x=1"
			r := report(t, proberWith(t, credentials.Config{File: file}), in)
			wantFail(t, r, schemas.ReasonBadRequest)
			if all := fmt.Sprintf("%+v %+v", *r, *r.Details); strings.Contains(all, token) || strings.Contains(all, "other-secret") {
				t.Errorf("a secret is in the report: %s", r.Error)
			}
		})
	}
}

func TestTheExactURLIsCalledAsItStands(t *testing.T) {
	for _, path := range []string{"/v1/text/chatcompletion_v2", "/serving-endpoints/x/invocations", "/api/chat/completions/", "/", "/v1/chat/completions?x=1", "/a%2Fb/"} {
		prober, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.RequestURI != path {
				t.Errorf("called %s, want %s", r.RequestURI, path)
			}
			stream(chunk("VALIDATION_SUCCESS")+done)(w, r)
		})
		in.Spec.URL, in.Spec.Samples = in.EndpointURL+path, 1
		wantPass(t, report(t, prober, in))
	}
}

func TestARedirectToTheSlashNamesTheFieldThatCanFollowIt(t *testing.T) {
	prober, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/") {
			http.Redirect(w, r, r.URL.Path+"/", http.StatusTemporaryRedirect)
			return
		}
		stream(chunk("VALIDATION_SUCCESS")+done)(w, r)
	})
	r := report(t, prober, in)
	wantFail(t, r, schemas.ReasonRedirect)
	to := in.EndpointURL + "/v1/chat/completions/"
	wantInSentence(t, r, "probe.url", to)
	in.Spec.URL = to
	wantPass(t, report(t, prober, in))
}

func TestTheResponsesAPIIsSpokenWhereItIsAskedFor(t *testing.T) {
	for _, streamed := range []bool{true, false} {
		for _, path := range []string{"", "/v1/responses", "/v1/chat/completions"} {
			prober, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
				var sent map[string]any
				_ = json.NewDecoder(r.Body).Decode(&sent)
				if r.URL.Path != "/v1/responses" || sent["input"] == nil || sent["messages"] != nil || sent["max_output_tokens"] == nil {
					t.Errorf("%s with %v", r.URL.Path, sent)
				}
				if sent["temperature"] != nil {
					w.WriteHeader(http.StatusBadRequest)
					fmt.Fprint(w, `{"error":{"message":"Unsupported parameter: 'temperature'","param":"temperature"}}`)
					return
				}
				if sent["stream"] == true {
					stream("event: response.created\ndata: {\"type\":\"response.created\"}\n\n"+
						"event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"VALIDATION_SUCCESS\"}\n\n"+
						"event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":"+
						"[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"VALIDATION_SUCCESS\"}]}],\"usage\":{\"output_tokens\":7}}}\n\n")(w, r)
					return
				}
				answerWith("application/json", `{"object":"response","status":"completed","output":[{"type":"reasoning","summary":[]},{"type":"message","content":`+
					`[{"type":"output_text","text":"VALIDATION_SUCCESS"}]}],"usage":{"output_tokens":7}}`)(w, r)
			})
			in.EndpointURL += path
			in.Spec.API, in.Spec.Stream = schemas.ResponsesAPI, &streamed
			r := report(t, prober, in)
			wantPass(t, r)
			if r.Details.Warm[0].Tokens != 7 || !slices.Equal(r.Details.Adapted, []string{"temperature refused: left out"}) {
				t.Errorf("%d tokens, adapted %q", r.Details.Warm[0].Tokens, r.Details.Adapted)
			}
		}
	}
}
