package testsuite

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEachRowOfTheTableOfDecisionsIsShownByTestsThatExist(t *testing.T) {
	page, err := os.ReadFile("../docs/approvals.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "## What came when, and what counts")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n## ")
	exists := allTests(t)
	rows := 0
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| what came") {
			continue
		}
		rows++
		named := regexp.MustCompile("`(Test[A-Za-z0-9_]+)`").FindAllStringSubmatch(line, -1)
		require.NotEmpty(t, named, "a row without a test: %s", line)
		for _, test := range named {
			require.True(t, exists[test[1]], "there is no test %s", test[1])
		}
	}
	require.Greater(t, rows, 20)
}
