package probe

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// grants are the lowest limits that a provider's headers name: those of OpenAI's and its imitators
// (x-ratelimit-limit-…) and Anthropic's (anthropic-ratelimit-…-limit).
type grants struct{ requests, tokens grant }

type grant struct {
	header string // "" when none was named
	limit  int
}

func (g *grants) note(h http.Header) {
	for name, values := range h {
		name = strings.ToLower(name)
		if !strings.Contains(name, "ratelimit") || strings.Contains(name, "remaining") ||
			strings.Contains(name, "reset") ||
			!strings.Contains(strings.Replace(name, "ratelimit", "", 1), "limit") {
			continue
		}
		number, _, _ := strings.Cut(values[0], ",")
		number, _, _ = strings.Cut(number, ";")
		limit, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(limit > 0) {
			continue
		}
		switch {
		case strings.Contains(name, "token"):
			g.tokens.lower(name, limit)
		case strings.Contains(name, "req"):
			g.requests.lower(name, limit)
		}
	}
}

func (g *grant) lower(header string, limit float64) {
	if n := int(min(limit, 1<<40)); g.header == "" || n < g.limit || n == g.limit && header < g.header {
		g.header, g.limit = header, n
	}
}

// remarks says which registered limits are above what the provider grants.
func (g grants) remarks(registered schemas.RateLimits) []string {
	var all []string
	for _, l := range []struct {
		name  string
		value int
		grant grant
	}{
		{"max_requests_per_minute", registered.MaxRequestsPerMinute, g.requests},
		{"max_tokens_per_minute", registered.MaxTokensPerMinute, g.tokens},
	} {
		if l.grant.header != "" && l.value > l.grant.limit {
			all = append(all, fmt.Sprintf("%s is %d, and the provider grants %d (%s).", l.name, l.value, l.grant.limit,
				words.Line(l.grant.header, 80)))
		}
	}
	return all
}
