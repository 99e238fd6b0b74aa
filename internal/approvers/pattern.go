package approvers

import "strings"

// patterns is a pattern list as ssh_config(5) has it: at least one must match, and none that begins with an exclamation
// mark may.
type patterns []string

func parsePatterns(list string) patterns { return strings.Split(list, ",") }

func (p patterns) match(s string) bool {
	matched := false
	for _, pattern := range p {
		wanted, excluded := strings.CutPrefix(pattern, "!")
		if !matchPattern(wanted, s) {
			continue
		}
		if excluded {
			return false
		}
		matched = true
	}
	return matched
}

// literal reports whether a pattern stands for one name only.
func literal(pattern string) bool {
	return !strings.ContainsAny(pattern, "*?") && !strings.HasPrefix(pattern, "!")
}

// matchPattern matches * with any text and ? with any byte. Going back to the last * alone keeps it from taking longer
// than the product of both lengths.
func matchPattern(pattern, s string) bool {
	p, i, star, from := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
