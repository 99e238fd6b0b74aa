package testsuite

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// codesIn lists what the pattern's group finds, sorted, each once.
func codesIn(pattern, text string) []string {
	var codes []string
	for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		codes = append(codes, found[1])
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func TestTheHelpOfTheStarterStatesTheExitCodesOfTheErrorsPageAndTheConstants(t *testing.T) {
	text := func(path string) string {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(b)
	}
	table := regexp.MustCompile(`(?s)## Exit codes\n(.*?)\n## `).FindString(text("../docs/errors.md"))
	page := codesIn(`(?m)^\| (\d+) \|`, table)
	require.NotEmpty(t, page)
	require.Equal(t, page, codesIn(`(?m)^\texit[A-Z]\w+ += (\d+)`, text("../starter/failure.go")), "constants")

	// A list of codes goes to the end of its paragraph or of its text.
	lists := regexp.MustCompile("(?s)Exit codes: (.*?)(?:\n\n|`)")
	const item = `(?:^|;)\s*(\d+) `
	require.Equal(t, page, codesIn(item, lists.FindStringSubmatch(text("../starter/root.go"))[1]), "starter --help")

	sources, err := filepath.Glob("../starter/*.go")
	require.NoError(t, err)
	for _, source := range sources {
		help := text(source)
		stated := codesIn(`[Ee]xit code (?:is )?(\d+)`, help)
		for _, list := range lists.FindAllStringSubmatch(help, -1) {
			stated = append(stated, codesIn(item, list[1])...)
		}
		require.Subset(t, page, stated, source)
	}
}
