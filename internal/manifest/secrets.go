package manifest

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// secretWords are parts of names under which secrets are kept.
var secretWords = []string{
	"apikey", "apitoken", "authtoken", "accesstoken", "accesskey", "privatekey", "secret", "passw", "passphrase",
	"authorization", "bearer", "jwt",
}

// countWords tell the tokens that a model counts from the token that opens a door.
var countWords = []string{"max", "min", "per", "limit", "budget", "count", "minute", "stop", "tokens"}

// isSecretName reports whether a key, a header or a query parameter is named like a secret.
func isSecretName(name string) bool {
	words := strings.Split(snake(name), "_")
	joined := strings.Join(words, "")
	for _, secret := range secretWords {
		if strings.Contains(joined, secret) {
			return true
		}
	}
	counts := slices.ContainsFunc(words, func(w string) bool { return slices.Contains(countWords, w) })
	return slices.Contains(words, "token") && !counts
}

// secretForms are the beginnings of well-known credentials: OpenAI, Anthropic and Stripe keys (sk-, sk_), an HTTP
// Authorization value, a JSON Web Token, GitHub, GitLab, Slack, Hugging Face, Groq, AWS and Google keys, webhook
// secrets, PEM blocks.
var secretForms = regexp.MustCompile(`^\s*(?i:(sk|pk|rk)[-_][A-Za-z0-9_-]{8}|(bearer|basic)[\s:]|` +
	`gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|hf_[A-Za-z0-9]{16}|gsk_|whsec_|-----BEGIN)|` +
	`^\s*(eyJ[A-Za-z0-9_-]{8}|AKIA[0-9A-Z]{12}|` +
	`ASIA[0-9A-Z]{12}|AIza[0-9A-Za-z_-]{20}|ya29\.)`)

// looksLikeSecret reports whether a text is itself a credential.
func looksLikeSecret(text string) bool { return secretForms.MatchString(text) }

// Query parameters that carry keys and signatures under short names.
var secretParameters = []string{"key", "sig", "signature", "pwd", "pass", "auth", "sas", "credential", "credentials"}

// secretInQuery reports whether a query holds a secret, by the name of a parameter or by a value. A semicolon separates
// too: some servers read it so.
func secretInQuery(query string) bool {
	for _, pair := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescaped(name), unescaped(value)
		words := strings.Split(snake(name), "_")
		if isSecretName(name) || slices.ContainsFunc(words,
			func(w string) bool { return slices.Contains(secretParameters, w) }) ||
			holdsSecret(value, false) || holdsSecret(name, false) {
			return true
		}
	}
	return false
}

// secretInPath reports whether a segment of a path is a secret. Ids of accounts and objects, in hexadecimal, are none.
func secretInPath(path string) bool { return holdsSecret(unescaped(path), true) }

// unescaped undoes percent-encoding, also where it was done twice.
func unescaped(text string) string {
	for range 3 {
		plain, err := url.PathUnescape(text)
		if err != nil || plain == text {
			break
		}
		text = plain
	}
	return text
}

// holdsSecret reports whether a piece of a text is a known credential or long random text.
func holdsSecret(text string, hexadecimal bool) bool {
	for _, piece := range strings.FieldsFunc(text, func(r rune) bool {
		return strings.ContainsRune("/?&;=,:|@ ()<>\"'",
			r)
	}) {
		if looksLikeSecret(piece) || looksRandom(piece) && !(hexadecimal && hexID.MatchString(piece)) {
			return true
		}
	}
	return looksLikeSecret(text)
}

var (
	uuid  = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	hexID = regexp.MustCompile(`^[0-9a-f]{1,40}$`)
)

// looksRandom reports whether a text is long and made of letters and digits in no order, as generated keys are: words
// and versions, as names have them, change between small letters, capitals and digits far less often.
func looksRandom(text string) bool {
	if uuid.MatchString(text) {
		return false
	}
	var length, changes int
	var kinds [3]bool
	last := -1
	for _, r := range text {
		kind := kindOf(r)
		if kind < 0 {
			last = -1
			continue
		}
		if length++; last >= 0 && kind != last {
			changes++
		}
		kinds[kind], last = true, kind
	}
	mixed := kinds[0] && kinds[1] && kinds[2]
	return (mixed && length >= 20 || kinds[2] && length >= 32) && 100*changes >= 35*length
}

// kindOf is 0 for small letters, 1 for capitals, 2 for digits, and -1 for the rest.
func kindOf(r rune) int {
	switch {
	case r >= 'a' && r <= 'z':
		return 0
	case r >= 'A' && r <= 'Z':
		return 1
	case r >= '0' && r <= '9':
		return 2
	}
	return -1
}
