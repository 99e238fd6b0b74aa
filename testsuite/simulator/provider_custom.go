package simulator

import (
	"net/http"
	"strings"
)

// custom is a private server that speaks OpenAI's API. So that custom header names and schemes can be tried, it
// takes its token in "Authorization: Bearer", "Authorization: Token" or "X-Custom-Key".
type custom struct{ openAI }

func (custom) token(r *http.Request) string {
	if value := r.Header.Get("X-Custom-Key"); value != "" {
		return value
	}
	if scheme, value, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && scheme == "Token" {
		return value
	}
	return bearer(r)
}
