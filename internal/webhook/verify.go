package webhook

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// DefaultTolerance is how far a delivery's timestamp may be from the time of checking, as Standard Webhooks has it.
const DefaultTolerance = 5 * time.Minute

// Verifier checks deliveries as their receiver would.
type Verifier struct {
	signers []*standardwebhooks.Webhook
}

// NewVerifier checks the secrets, of which it echoes none, and returns a verifier.
func NewVerifier(secrets []string) (*Verifier, error) {
	signers, err := newSigners(secrets)
	if err != nil {
		return nil, err
	}
	if len(signers) == 0 {
		return nil, errors.New("there is no webhook secret to verify with")
	}
	return &Verifier{signers}, nil
}

// Moment is the time that timestamps are held against.
type Moment struct {
	At        time.Time
	Tolerance time.Duration // 0 takes any time
}

// Verification is what is found out about a delivery. It is genuine if there are no problems.
type Verification struct {
	MessageID string
	Timestamp time.Time // of the attempt; zero when it cannot be read
	Secret    int       // which secret a signature fits, from 1; 0 when none does
	Problems  []string  // sentences for people
}

// Verify checks a delivery, and names everything that is wrong with it.
func (v *Verifier) Verify(header http.Header, body []byte, now Moment) Verification {
	var out Verification
	wrong := func(format string, args ...any) { out.Problems = append(out.Problems, fmt.Sprintf(format, args...)) }
	signatures := header.Get(standardwebhooks.HeaderWebhookSignature)
	timestamp := header.Get(standardwebhooks.HeaderWebhookTimestamp)
	out.MessageID = header.Get(standardwebhooks.HeaderWebhookID)
	for _, name := range []string{
		standardwebhooks.HeaderWebhookID, standardwebhooks.HeaderWebhookTimestamp,
		standardwebhooks.HeaderWebhookSignature,
	} {
		if n := len(header.Values(name)); n > 1 {
			wrong("it has the header %s %d times", name, n)
		} else if header.Get(name) == "" {
			wrong("it has no header %s", name)
		}
	}
	if seconds, err := strconv.ParseInt(timestamp, 10, 64); err == nil {
		out.Timestamp = time.Unix(seconds, 0).UTC()
		out.checkTime(now, wrong)
	} else if timestamp != "" {
		wrong("its webhook-timestamp is no number of seconds since 1970")
	}
	if signatures != "" && !wellSigned(signatures) {
		wrong("its webhook-signature holds no signature of the form v1,BASE64 (32 bytes)")
	}
	if out.MessageID == "" || out.Timestamp.IsZero() || !wellSigned(signatures) {
		return out
	}
	if out.Secret = v.fits(header, body); out.Secret == 0 {
		wrong("%s", v.misfit(header, body))
	}
	return out
}

func (out *Verification) checkTime(now Moment, wrong func(string, ...any)) {
	if now.Tolerance <= 0 {
		return
	}
	age := now.At.Sub(out.Timestamp)
	switch {
	case age > now.Tolerance:
		wrong("its timestamp is %s old, and %s are allowed: it may have been replayed", age.Round(time.Second),
			now.Tolerance)
	case age < -now.Tolerance:
		wrong("its timestamp is %s in the future, and %s are allowed: a clock is wrong, or it is forged",
			(-age).Round(time.Second), now.Tolerance)
	}
}

// fits returns which secret a signature fits, from 1, or 0.
func (v *Verifier) fits(header http.Header, body []byte) int {
	for i, signer := range v.signers {
		if signer.VerifyIgnoringTimestamp(body, header) == nil {
			return i + 1
		}
	}
	return 0
}

// misfit says why no signature fits, as far as it can be told: what capturing does to a body can be undone and tried.
func (v *Verifier) misfit(header http.Header, body []byte) string {
	if how := v.repaired(header, body); how != "" {
		return "the body was changed after it was signed: it verifies " + how + "; keep the body to the byte as it came"
	}
	secrets := "the webhook secret"
	if n := len(v.signers); n > 1 {
		secrets = fmt.Sprintf("any of the %d webhook secrets", n)
	}
	return "no signature fits " + secrets + ": it was signed with another one, or the body, the webhook-id or the " +
		"webhook-timestamp was changed"
}

func (v *Verifier) repaired(header http.Header, body []byte) string {
	var compact bytes.Buffer
	if json.Compact(&compact, body) != nil {
		compact.Reset()
	}
	for _, try := range []struct {
		how  string
		body []byte
	}{
		{"without the line end behind it", bytes.TrimRight(body, "\r\n")},
		{"with the spaces and line ends taken out", compact.Bytes()},
	} {
		if len(try.body) > 0 && v.fits(header, try.body) > 0 {
			return try.how
		}
	}
	return ""
}

func wellSigned(signatures string) bool {
	for _, s := range strings.Fields(signatures) {
		encoded, ok := strings.CutPrefix(s, "v1,")
		if raw, err := base64.StdEncoding.DecodeString(encoded); ok && err == nil && len(raw) == 32 {
			return true
		}
	}
	return false
}
