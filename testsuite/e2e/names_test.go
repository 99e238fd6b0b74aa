package e2e

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/stack"
)

// namesOfAllKinds are names that take care somewhere between a file and a URL. The mark keeps tests apart.
func namesOfAllKinds(mark string) []string {
	return []string{
		"Übersetzer-DE" + mark,
		"مترجم العربية" + mark,
		"bot 👩\u200d💻 🤖" + mark,
		"a/b?c#d 100% &" + mark,
		"%C3%9C" + mark,
		`it's "$HOME" \ <b>` + mark,
		"-rf" + mark,
		"register-fleet/" + mark,
		".." + mark,
		strings.Repeat("𝔐", 64-len(mark)) + mark,
	}
}

// printable is what Temporal can send in a header, and what needs no escape in a URL's path.
var printable = regexp.MustCompile(`^register-model/[!-~]+$`)

func TestAModelOfAnyNameIsRegisteredAndFound(t *testing.T) {
	k := onShared(t)
	names := namesOfAllKinds("x1")
	var files []string
	for _, name := range names {
		m := k.Manifest(name)
		m.Approval = schemas.ApprovalSpec{}
		file, err := k.WriteManifest(m)
		require.NoError(t, err)
		files = append(files, file)
	}
	stdout, stderr, code := k.Run(k.ctx, append([]string{"register", "-o", "json", "--requester", requester}, files...)...)
	require.Equal(t, 0, code, stdout+stderr)
	results := map[string]schemas.Result{}
	for line := range strings.Lines(stdout) {
		var r schemas.Result
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		require.Equal(t, schemas.Completed, r.Status)
		results[r.Name] = r
	}
	links := regexp.MustCompile(`http://\S+/user-metadata`).FindAllString(stderr, -1)
	require.Len(t, links, len(names))
	k.eventually(func() bool {
		listed, _, _ := k.Run(k.ctx, "list", "-o", "json", "--limit", "1000")
		found := map[string]bool{}
		for line := range strings.Lines(listed) {
			var row struct{ Name, Stage string }
			if json.Unmarshal([]byte(line), &row) == nil && row.Stage == string(schemas.Completed) {
				found[row.Name] = true
			}
		}
		return !slices.ContainsFunc(names, func(name string) bool { return !found[name] })
	}, "all of them should be listed")
	for i, name := range names {
		id := results[name].WorkflowID
		require.Regexp(t, printable, id)
		plain, err := url.PathUnescape(id)
		require.NoError(t, err)
		require.Equal(t, "register-model/"+name, plain)
		require.Len(t, k.models(name), 1)
		require.Len(t, k.events(name), 1)
		k.replay(name)
		k.requireLinkLeadsTo(links[i], results[name])
		k.requireShown(name, id)
	}
}

// requireLinkLeadsTo checks that the UI finds the run under the ids that a link's path holds.
func (k *kit) requireLinkLeadsTo(link string, r schemas.Result) {
	k.t.Helper()
	u, err := url.Parse(link)
	require.NoError(k.t, err)
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/") // namespaces/default/workflows/ID/RUN/history
	require.Len(k.t, parts, 6, link)
	response, err := http.Get(k.UI + "/api/v1/namespaces/default/workflows/" + parts[3] + "?execution.runId=" + parts[4])
	require.NoError(k.t, err)
	defer response.Body.Close()
	var found struct {
		WorkflowExecutionInfo struct {
			Execution struct{ WorkflowID, RunID string }
		}
	}
	require.NoError(k.t, json.NewDecoder(response.Body).Decode(&found))
	require.Equal(k.t, r.WorkflowID, found.WorkflowExecutionInfo.Execution.WorkflowID)
}

// requireShown checks that the commands that take a name find the registration by its name and by its id.
func (k *kit) requireShown(name, id string) {
	k.t.Helper()
	arguments := [][]string{{"status", "-o", "json", id}}
	if !strings.HasPrefix(name, "register-fleet/") { // which names a fleet; the id is free of doubt
		arguments = append(arguments, []string{"status", "-o", "json", "--", name})
	}
	for _, args := range arguments {
		stdout, stderr, code := k.Run(k.ctx, args...)
		require.Equal(k.t, 0, code, stderr)
		var p schemas.Progress
		require.NoError(k.t, json.Unmarshal([]byte(stdout), &p))
		require.Equal(k.t, name, p.Name)
	}
	stdout, stderr, code := k.Run(k.ctx, "audit", "show", "-o", "csv", "--trail", k.AuditFile, "--", name)
	require.Equal(k.t, 0, code, stderr)
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	require.NoError(k.t, err)
	for _, row := range rows[1:] {
		require.Equal(k.t, name, strings.TrimPrefix(row[slices.Index(rows[0], "name")], "'"), "spreadsheets want an apostrophe before a dash")
		require.Equal(k.t, id, row[slices.Index(rows[0], "workflowId")])
	}
}

func TestADecisionAboutAModelOfAnyNameCountsAndItCanBeCancelled(t *testing.T) {
	k := onShared(t)
	var files []string
	names := []string{"Übersetzer/AT-x2", strings.Repeat("𝔑", 62) + "x2", "-r مترجم x2"}
	for _, name := range names {
		m := k.Manifest(name)
		m.Approval = schemas.ApprovalSpec{Policy: schemas.ApproveAlways}
		file, err := k.WriteManifest(m)
		require.NoError(t, err)
		files = append(files, file)
	}
	_, stderr, code := k.Run(k.ctx, append([]string{"register", "--detach", "--requester", requester}, files...)...)
	require.Equal(t, 0, code, stderr)
	run := func(args ...string) {
		_, stderr, code := k.Run(k.ctx, args...)
		require.Equal(t, 0, code, stderr)
	}
	for _, name := range names {
		k.awaitStage(name, schemas.StageApproval)
	}
	run("approve", "--approver", "approver", "--reason", "fine", "--yes", "--", names[0])
	run("reject", "--approver", "approver", "--reason", "no", "--yes", "--", names[1])
	run("cancel", schemas.RegisterModelWorkflowID(names[2]))
	for i, want := range []schemas.Outcome{schemas.Completed, schemas.Rejected, schemas.Cancelled} {
		require.Equal(t, want, k.end(names[i]).Status)
	}
	// One that comes too late is recorded by a workflow whose id holds the name too.
	_, stderr, code = k.Run(k.ctx, "reject", "--approver", "approver", "--reason", "late", "--yes", "--", names[1])
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "is entry")
}

func TestAFleetOfModelsOfAnyNameEnds(t *testing.T) {
	k := onShared(t)
	folder := t.TempDir()
	var lines []byte
	names := namesOfAllKinds("x3")
	for _, name := range names {
		raw, err := json.Marshal(k.Manifest(name))
		require.NoError(t, err)
		lines = append(append(lines, raw...), '\n')
	}
	file := filepath.Join(folder, "Übersetzer 🤖.jsonl")
	require.NoError(t, os.WriteFile(file, lines, 0o600))
	r := k.runFleet("fleet", folder, "--requester", requester)
	require.Equal(t, 0, r.code, r.stderr)
	require.Equal(t, schemas.FleetTally{schemas.Completed: len(names)}, r.Outcomes)
	for _, name := range names {
		k.replay(name)
	}
}

func TestNamesThatLookAlikeGiveAWarning(t *testing.T) {
	t.Parallel()
	k := onOwnStack(t, stack.Options{InMemory: true, Simulator: []string{"--job-duration", "10ms"}})
	k.startWorker()
	k.start(k.Manifest("\u00dcbersetzer"))
	k.eventually(func() bool {
		out, _, _ := k.Run(k.ctx, "list", "-o", "json")
		return strings.Contains(out, "%C3%9Cbersetzer")
	}, "the first name should be listed")
	folder := t.TempDir()
	write := func(folder, file, name string) string {
		raw, err := json.Marshal(k.Manifest(name))
		require.NoError(t, err)
		path := filepath.Join(folder, file)
		require.NoError(t, os.WriteFile(path, raw, 0o600))
		return path
	}
	k.end("\u00dcbersetzer")
	_, stderr, code := k.Run(k.ctx, "register", write(t.TempDir(), "nfd.json", "U\u0308bersetzer"), "--requester", requester)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stderr, `("\u00dcbersetzer")`)
	require.Contains(t, stderr, `look alike, and are two models`)
	write(folder, "latin.json", "paypal")
	write(folder, "cyrillic.json", "р\u0430ураl")
	r := k.runFleet("fleet", folder, "--requester", requester)
	require.Equal(t, 0, r.code, r.stderr)
	require.Contains(t, r.stderr, `\u0430`)
	require.Contains(t, r.stderr, `look alike`)
	models, err := k.Sim.Models(k.ctx, "")
	require.NoError(t, err)
	names := []string{}
	for _, m := range models {
		names = append(names, m.Name)
	}
	require.ElementsMatch(t, []string{"\u00dcbersetzer", "U\u0308bersetzer", "paypal", "р\u0430ураl"}, names, r.stderr)
}
