package main

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// catalogue is every type in schemas/error_types.go.
func catalogue(t *testing.T) (all []schemas.ErrorType) {
	t.Helper()
	source, err := os.ReadFile("../schemas/error_types.go")
	require.NoError(t, err)
	for _, found := range regexp.MustCompile(`ErrorType = "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		all = append(all, schemas.ErrorType(found[1]))
	}
	require.Greater(t, len(all), 30)
	return all
}

func errorsPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/errors.md")
	require.NoError(t, err)
	return string(page)
}

func TestTheDocumentationOfErrorsHasEveryTypeAndNoOther(t *testing.T) {
	page, types := errorsPage(t), catalogue(t)
	for _, kind := range types {
		require.True(t, strings.Contains(page, "`"+string(kind)+"`"), "docs/errors.md says nothing of %s", kind)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(page, -1) {
		require.Contains(t, types, schemas.ErrorType(row[1]), "a row about a type that does not exist")
	}
}

func TestTheTableOfEndingsHasEachWithTheExitCodeOfTheStarter(t *testing.T) {
	var seen []schemas.Outcome
	rows := regexp.MustCompile("(?m)^\\|[^|]+\\| `(\\w+)` \\| (`\\w+`|none) \\| (\\d+) \\|").FindAllStringSubmatch(errorsPage(t), -1)
	for _, row := range rows {
		outcome := schemas.Outcome(row[1])
		seen = append(seen, outcome)
		if outcome == schemas.Unchanged {
			require.Equal(t, "none", row[2])
		} else {
			require.Equal(t, "`"+row[1]+"`", row[2], "the webhook's status is the ending")
		}
		code, err := strconv.Atoi(row[3])
		require.NoError(t, err)
		require.Equal(t, exitCode(outcome), code, strings.TrimSpace(row[0]))
	}
	for _, outcome := range []schemas.Outcome{
		schemas.Completed, schemas.Failed, schemas.Rejected, schemas.RolledBack, schemas.ApprovalTimedOut, schemas.Cancelled, schemas.Unchanged,
	} {
		require.True(t, slices.Contains(seen, outcome), outcome)
	}
}
