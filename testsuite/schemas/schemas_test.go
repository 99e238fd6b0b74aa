package schemas

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	read "model-registrar/internal/manifest"
	contract "model-registrar/schemas"
)

const schemaFile = "../../schemas/manifest.schema.json"

func TestAjvPythonAndTheRegistrarAgreeOnManifestsExceptWhereItIsMeant(t *testing.T) {
	all := manifests(t)
	lines := make([]string, len(all))
	for i, m := range all {
		require.NotContains(t, m.text, "\n")
		lines[i] = m.text
	}
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--silent", "--no-audit", "--no-fund")
	out, err := npm.CombinedOutput()
	require.NoError(t, err, "%s", out)
	ajv := verdicts(t, lines, "node", "validate.mjs", schemaFile)
	python := verdicts(t, lines, withJSONSchema(t), "validate.py", schemaFile)
	var wrong []string
	for i, m := range all {
		docs, err := read.Parse("m.json", []byte(m.text))
		require.NoError(t, err, m.name)
		schema := m.good || m.except != ""
		for who, differs := range map[string]bool{"the registrar": m.good != (len(docs[0].Violations) == 0),
			"Ajv": schema != ajv[i], "Python's jsonschema": schema != python[i]} {
			if differs {
				wrong = append(wrong, fmt.Sprintf("%s about %s: %s (%s)", who, m.name, m.text, m.except))
			}
		}
	}
	require.Empty(t, wrong)
	t.Logf("%d manifests", len(all))
}

func TestPublishedPatternsAreOfThePortableKind(t *testing.T) {
	files, err := os.ReadDir("../../schemas")
	require.NoError(t, err)
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".schema.json") {
			continue
		}
		raw, err := os.ReadFile("../../schemas/" + file.Name())
		require.NoError(t, err)
		for _, feature := range []string{`\\p`, `\\P`, `\\d`, `\\w`, `\\s`, `\\x`, `\\u`, `(?`, `[[:`} {
			require.NotContains(t, string(raw), feature, file.Name())
		}
	}
	require.NotEmpty(t, contract.ManifestSchema())
}

// verdicts asks a program about manifests.
func verdicts(t *testing.T, manifests []string, program ...string) []bool {
	cmd := exec.CommandContext(t.Context(), program[0], program[1:]...)
	cmd.Stdin = strings.NewReader(strings.Join(manifests, "\n") + "\n")
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("%v: %s", program, failed.Stderr)
	}
	require.NoError(t, err)
	words := strings.Fields(string(out))
	require.Len(t, words, len(manifests))
	verdicts := make([]bool, len(words))
	for i, word := range words {
		verdicts[i] = word == "ok"
	}
	return verdicts
}

// withJSONSchema finds the Python that has jsonschema; testsuite/install-tools.sh installs it.
func withJSONSchema(t *testing.T) string {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "from jsonschema import Draft202012Validator").Run() == nil {
			return python
		}
	}
	t.Fatal("no python3 has jsonschema; run testsuite/install-tools.sh")
	return ""
}
