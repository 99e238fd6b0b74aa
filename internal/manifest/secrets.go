package manifest

import (
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
var secretForms = regexp.MustCompile(`^\s*(?i:(sk|pk|rk)[-_][A-Za-z0-9_-]{8}|(bearer|basic)[\s:]|gh[pousr]_|github_pat_|` +
	`glpat-|xox[abeoprs]-|hf_[A-Za-z0-9]{16}|gsk_|whsec_|-----BEGIN)|^\s*(eyJ[A-Za-z0-9_-]{8}|AKIA[0-9A-Z]{12}|` +
	`ASIA[0-9A-Z]{12}|AIza[0-9A-Za-z_-]{20}|ya29\.)`)

// looksLikeSecret reports whether a text is itself a credential.
func looksLikeSecret(text string) bool { return secretForms.MatchString(text) }
