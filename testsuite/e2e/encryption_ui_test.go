package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"model-registrar/schemas"
	"model-registrar/testsuite/stack"
)

// browser is a Chromium without a window, with a profile of its own.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func (k *kit) browser() browser {
	k.t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	require.NotEmpty(k.t, path, "this test drives the Temporal UI in Chromium, and there is none; install the package chromium")
	ctx, stop := chromedp.NewExecAllocator(k.ctx,
		chromedp.ExecPath(path), chromedp.UserDataDir(k.t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.WindowSize(1400, 1600), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true))
	k.t.Cleanup(stop)
	ctx, _ = chromedp.NewContext(ctx)
	require.NoError(k.t, chromedp.Do(ctx), "Chromium should start")
	k.t.Cleanup(func() { _ = chromedp.Cancel(ctx) })
	return browser{k.t, ctx}
}

// do does something in the browser, and says what the page shows if that fails.
func (b browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	err := chromedp.Do(ctx, steps...)
	b.picture(what)
	require.NoError(b.t, err, "%s; the page shows:\n%s", what, b.text())
}

const pageText = `document.body.innerText.replaceAll("\u200b", "")`

// text is what the page shows.
func (b browser) text() string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](pageText))
	require.NoError(b.t, err)
	return text
}

// until waits until a script is true, whatever pages come and go meanwhile.
func until(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for {
			attempt, cancel := context.WithTimeout(ctx, 10*time.Second)
			is, _ := chromedp.Run(attempt, chromedp.Evaluate[bool](script)) // fails while a page is being replaced
			cancel()
			switch {
			case is:
				return nil
			case ctx.Err() != nil:
				return ctx.Err()
			}
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
}

// shows waits until the page shows all of these.
func shows(parts ...string) chromedp.Action[chromedp.Void] {
	quoted, err := json.Marshal(parts)
	if err != nil {
		panic(err)
	}
	return until(string(quoted) + `.every((part) => ` + pageText + `.includes(part))`)
}

// press clicks what has this label or text, once it is there.
func press(label string) chromedp.Action[chromedp.Void] {
	quoted, err := json.Marshal(label)
	if err != nil {
		panic(err)
	}
	return until(`(() => {
		const all = [...document.querySelectorAll("button, label, [role=menuitem], [role=option], [role=tab]")];
		const one = all.find((e) => e.getClientRects().length && !e.disabled && (e.ariaLabel === ` + string(quoted) +
		` || e.innerText.trim() === ` + string(quoted) + ` || e.querySelector("input")?.value === ` + string(quoted) + `));
		one?.click();
		return Boolean(one);
	})()`)
}

// dialogClosed waits until a dialog has done its work.
var dialogClosed = until(`![...document.querySelectorAll("dialog, [role=dialog]")].some((e) => e.getClientRects().length)`)

// picture keeps what the browser shows if it was asked to, for whoever wonders why a test fails.
func (b browser) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("KEEP_PICTURES")
	if dir == "" {
		return
	}
	data, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(dir, name+".png"), data, 0o644))
}

// input is the input of a registration as Temporal stores it.
func (k *kit) input(name string) []byte {
	k.t.Helper()
	first, err := k.client.GetWorkflowHistory(k.ctx, schemas.RegisterModelWorkflowID(name), "", false,
		enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Next()
	require.NoError(k.t, err)
	return first.GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()[0].GetData()
}

func TestTheTemporalUIShowsPayloadsDecodedWithTheCodecServerAndNotWithout(t *testing.T) {
	t.Parallel()
	k := onOwnStack(t, stack.Options{Keys: key1, Simulator: []string{"--job-duration", "100ms"}})
	_, err := k.StartWorker()
	require.NoError(t, err)
	m := k.Manifest(k.name("seen"))
	m.AuthCredentialID, m.Approval.Policy = "cred-canary-7f3a", schemas.ApproveAlways
	k.start(m)
	k.awaitStage(m.Name, schemas.StageApproval)

	token := "the-token-of-this-test"
	server, err := k.StartStarter("codec-server", []string{"REGISTRAR_CODEC_TOKEN=" + token}, "codec-server", "--listen", "127.0.0.1:0", "-o", "json")
	require.NoError(t, err)
	var serving struct{ URL string }
	k.eventually(func() bool {
		first, _, _ := strings.Cut(server.Log(), "\n")
		return json.Unmarshal([]byte(first), &serving) == nil
	}, "the codec server should say where it is")

	page := k.UI + "/namespaces/default/workflows/" + url.PathEscape(schemas.RegisterModelWorkflowID(m.Name))
	b := k.browser()
	b.do("the history without the codec server", chromedp.Navigate(page), shows("Input", base64.StdEncoding.EncodeToString(k.input(m.Name))[:40]))
	require.NotContains(t, b.text(), "canary")

	b.do("signing in", chromedp.Navigate(serving.URL), chromedp.SendKeys(chromedp.CSS(`input[name=token]`), token),
		press("Sign in"), shows("You are signed in", serving.URL))
	b.do("configuring the codec server", chromedp.Navigate(page), press("Configure Codec Server"),
		press("Use my browser setting and ignore Cluster-level setting."),
		chromedp.SendKeys(chromedp.CSS(`[data-testid="data-encoder-endpoint-input"]`), serving.URL),
		press("Include cross-origin credentials"))
	b.do("the history with the codec server", press("Apply"), dialogClosed,
		chromedp.Navigate(page), shows("Input", m.AuthCredentialID, "Wait 72h for"))
	b.do("the current details with the codec server", press("User Metadata"),
		until(`[...document.querySelectorAll("iframe")].some((f) => f.contentDocument?.body?.innerText.includes("To decide:"))`))

	b.do("choosing the signal", press("More Actions"), press("Send a Signal"), press("Select a signal"), until(`(() => {
			const one = [...document.querySelectorAll("[role=option]")].find((e) => e.innerText.startsWith("decide"));
			one?.click();
			return Boolean(one);
		})()`))
	approval := k.approval(m.Name)
	approval.Reason = "canary"
	decision, err := json.Marshal(approval)
	require.NoError(t, err)
	b.do("approving", until(`(() => {
			const field = [...document.querySelectorAll("[role=textbox]")].find((e) => e.closest("dialog, [role=dialog]") && e.getClientRects().length);
			field?.focus();
			return document.activeElement === field;
		})()`), chromedp.KeyEvent(string(decision)+"\t"), shows("payloadHash"))
	b.do("approved", press("Submit"), dialogClosed, chromedp.Navigate(page), shows("COMPLETED"))
	require.Equal(t, schemas.Completed, k.end(m.Name).Status)
	for _, event := range k.replay(m.Name) {
		require.NotContains(t, readable(t, event), "canary")
	}

	require.NoError(t, server.Interrupt())
	require.Equal(t, 0, server.Wait(k.ctx), server.Log())
}
