package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestANameThatTemporalsDatabaseCannotHoldIsRefusedBeforeAnythingStarts(t *testing.T) {
	f := newFrontend(t)
	f.ends = outcomes
	for _, command := range []string{"register", "fleet"} {
		r := starter(t, named("completed-"+strings.Repeat("译", 26)), f.env(), command, "-")
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.errors, "has 259 characters; this Temporal server keeps them in postgres12, which holds 255")
		require.Empty(t, f.started)
	}
	require.Zero(t, starter(t, named("completed-"+strings.Repeat("译", 25)), f.env(), "register", "-").code)
}

func TestANameIsWrittenSoThatTheShellAndTheStarterTakeItForThatName(t *testing.T) {
	for name, want := range map[string]string{
		"llm-v2": "llm-v2", "it's": `'it'\''s'`, "Übersetzer": "'Übersetzer'", "-rf": "register-model/-rf",
		"register-fleet/x": "register-model/register-fleet%2Fx", "-rf $HOME": "'register-model/-rf%20$HOME'",
	} {
		require.Equal(t, want, argument(name))
	}
}
