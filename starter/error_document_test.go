package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/build"
)

func TestWithJSONAnErrorIsOneDocumentOnStdoutWithTheSameExitCode(t *testing.T) {
	nowhere := []string{"TEMPORAL_ADDRESS=127.0.0.1:1"}
	for _, c := range []struct {
		kind string
		env  []string
		args []string
	}{
		{"Unreachable", nowhere, []string{"status", "m"}},
		{"Unreachable", nowhere, []string{"list"}},
		{"WrongUsage", nil, []string{"status"}},
		{"WrongUsage", nil, []string{"nosuch"}},
		{"WrongUsage", nil, []string{"list", "--nosuch"}},
		{"WrongUsage", nil, []string{"help", "nosuch"}},
		{"WrongUsage", nil, []string{}},
		{"WrongUsage", []string{"REGISTRAR_REQESTER=x"}, []string{"list"}},
	} {
		text := starter(t, "", c.env, c.args...)
		require.Empty(t, text.out, c.args)
		for _, output := range [][]string{{"--output", "json"}, {"--output=json"}, {"-ojson"}, {"-o", "JSON"}} {
			r := starter(t, "", c.env, append(output, c.args...)...)
			all := documents[errorDocument](t, r)
			require.Len(t, all, 1, "%v: %s", c.args, r.out)
			require.Equal(t, c.kind, all[0].Error.Type, "%v: %s", c.args, r.out)
			require.NotEmpty(t, all[0].Error.Message)
			require.Equal(t, text.code, r.code)
			require.Equal(t, r.code, all[0].Error.ExitCode)
			require.Equal(t, text.errors, r.errors, "people are told the same")
		}
	}
}

func TestWithJSONAResultIsNotFollowedByAnError(t *testing.T) {
	r := starter(t, "{}", nil, "validate", "-", "--output", "json")
	require.Equal(t, exitUsage, r.code)
	require.Equal(t, 1, strings.Count(r.out, "\n"), r.out)
	require.NotContains(t, r.out, `"error":{`)
}

func TestAHelpTopicThatDoesNotExistIsWrongUsage(t *testing.T) {
	r := starter(t, "", nil, "help", "nosuch")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errors, "nosuch")
	require.Equal(t, exitDone, starter(t, "", []string{"REGISTRAR_REQESTER=x"}, "help", "register").code)
}

func TestAMisspeltVariableStopsACommand(t *testing.T) {
	r := starter(t, "", []string{"REGISTRAR_REQESTER=bob"}, "list")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errors, "REGISTRAR_REQESTER is not a known variable; did you mean REGISTRAR_REQUESTER?")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAResultThatCannotBeWrittenIsAnError(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"schema"}, {"version", "-o", "json"}, {"help"}} {
		var said bytes.Buffer
		require.Equal(t, exitFailed, run(t.Context(), args, nil, strings.NewReader(""), full{}, &said), args)
		require.Contains(t, said.String(), "could not be written to stdout: no space left on device", args)
	}
}

func TestTheStarterSaysWhatItWasBuiltFrom(t *testing.T) {
	require.Equal(t, "starter "+build.Version()+"\n", starter(t, "", nil, "version").out)
	require.Equal(t, "starter "+build.Version()+"\n", starter(t, "", nil, "--version").out)
}
