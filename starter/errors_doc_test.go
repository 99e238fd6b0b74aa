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

func errorsPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/errors.md")
	require.NoError(t, err)
	return string(page)
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
