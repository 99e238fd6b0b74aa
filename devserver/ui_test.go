package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

func TestTheUIAllowsEveryActionAndFetchesNothingFromOutside(t *testing.T) {
	t.Parallel()
	p := start(t, "--in-memory")
	response, err := http.Get(p.UIURL + "/api/v1/settings")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	settings := map[string]any{}
	if err := json.NewDecoder(response.Body).Decode(&settings); err != nil {
		t.Fatal(err)
	}
	for name, value := range settings {
		if disabled, ok := value.(bool); ok && disabled && strings.HasSuffix(name, "Disabled") {
			t.Errorf("%s is set", name)
		}
	}
	if settings["DisableWriteActions"] != false || settings["DisableNewsFetch"] != true {
		t.Errorf("settings are %v", settings)
	}
}

func TestASignalFromTheUIsDialogReachesTheWorkflowUnderBothNamesOfThisMachine(t *testing.T) {
	t.Parallel()
	p := start(t, "--in-memory")
	c := p.dial(t)
	startWorker(t, c)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		t.Run(host, func(t *testing.T) {
			run := startWorkflow(t, c, "from-"+host)
			origin := strings.Replace(p.UIURL, "127.0.0.1", host, 1)
			if status, body := signalAsBrowser(t, origin, run.GetID(), "same-origin", true); status != http.StatusOK {
				t.Fatalf("status %d: %s", status, body)
			}
			var got string
			if err := run.Get(testContext(t), &got); err != nil || got != "asked approve" {
				t.Errorf("workflow returned %q, %v", got, err)
			}
		})
	}
}

func TestAnotherSitesPageCannotSignalThroughTheUI(t *testing.T) {
	t.Parallel()
	p := start(t, "--in-memory")
	c := p.dial(t)
	run := startWorkflow(t, c, "guarded")
	if status, _ := signalAsBrowser(t, p.UIURL, run.GetID(), "cross-site", true); status != http.StatusForbidden {
		t.Errorf("cross-site: status %d, want 403", status)
	}
	if status, _ := signalAsBrowser(t, p.UIURL, run.GetID(), "", false); status/100 != 4 {
		t.Errorf("no token: status %d, want 4xx", status)
	}
}

// signalAsBrowser does what the UI's page does: it loads the page, keeps the cookie, and posts the signal with
// the cookie's token as a header.
func signalAsBrowser(t *testing.T, origin, workflowID, fetchSite string, withToken bool) (int, string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	page, err := browser.Get(origin + "/")
	if err != nil {
		t.Fatal(err)
	}
	page.Body.Close()

	signal := map[string]any{"input": map[string]any{"payloads": []any{
		map[string]any{"metadata": map[string]string{"encoding": "anNvbi9wbGFpbg=="}, "data": "ImFwcHJvdmUi"},
	}}}
	body, err := json.Marshal(signal)
	if err != nil {
		t.Fatal(err)
	}
	target := origin + "/api/v1/namespaces/default/workflows/" + url.PathEscape(workflowID) + "/signal/decide"
	request, err := http.NewRequestWithContext(testContext(t), http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if fetchSite != "" {
		request.Header.Set("Sec-Fetch-Site", fetchSite)
	}
	for _, cookie := range jar.Cookies(request.URL) {
		if withToken && cookie.Name == "_csrf" {
			request.Header.Set("X-CSRF-Token", cookie.Value)
		}
	}
	response, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
