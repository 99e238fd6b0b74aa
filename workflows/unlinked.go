package workflows

import "strings"

// unlinked makes a line fit for a summary. The Temporal UI reads summaries as markdown, too, in which a name could
// become a link or a picture, and makes links of bare addresses.
func unlinked(line string) string { return summaryEscapes.Replace(line) }

var summaryEscapes = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "`", "'",
	"://", `\://`, "www.", `www\.`, "WWW.", `WWW\.`)
