package workflows

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNothingThatOthersWroteBecomesALinkInASummary(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.Name = "[APPROVED](http://evil.example) <img> www.evil.example"
	s.run()
	summaries := []string{StartOf(s.in).Summary}
	for _, seen := range s.observed.all() {
		summaries = append(summaries, seen.summary)
	}
	text := strings.Join(summaries, "\n")
	require.Contains(t, text, `\[APPROVED\](http\://evil.example) &lt;img&gt; www\.evil.example`)
	require.NotRegexp(t, `[^\\]\[|[^\\]://|<|www\.e`, text)
}
