package words

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOutsideTextBecomesOneBoundedVisibleLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		" two\r\n\tlines ":                   "two lines",
		"\x1b[31mred\x07":                    "[31mred",
		"right\u202eto left\u2029and\u200b ": "right to left and",
		"می\u200cخواهم \xff":                 "می\u200cخواهم \uFFFD",
		strings.Repeat("é", 31):              strings.Repeat("é", 29) + "…",
	} {
		require.Equal(t, want, Line(text, 30))
	}
}
