package testsuite

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheFilesOfHowToAddExist(t *testing.T) {
	page, err := os.ReadFile("../CONTRIBUTING.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(page), "## How to add\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")
	paths := regexp.MustCompile("`([\\w.-]+/[\\w./-]*)`").FindAllStringSubmatch(section, -1)
	require.Greater(t, len(paths), 20)
	for _, path := range paths {
		_, err := os.Stat(filepath.Join("..", path[1]))
		require.NoError(t, err)
	}
}
