package approvers

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"

	"model-registrar/schemas"
)

// Bounds of what is read: files that are larger are not what they are taken for.
const (
	maxFile     = 1 << 20
	maxLine     = 16 << 10
	maxProblems = 20 // that are told of one file
)

// Signers is the content of an allowed_signers file. It does not change.
type Signers struct{ signers []signer }

// Parse reads an allowed_signers file. Its name is for messages alone. The error joins every line that is wrong, as
// "name:line: message", and quotes none of them.
func Parse(name string, data []byte) (*Signers, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, maxFile)
	}
	var all Signers
	var problems []error
	bad := 0
	number := 0
	for line := range bytes.Lines(data) {
		number++
		text := strings.Trim(string(line), " \t\r\n")
		if text == "" || text[0] == '#' {
			continue
		}
		var s signer
		var err error
		switch {
		case len(text) > maxLine:
			err = fmt.Errorf("the line is longer than %d bytes", maxLine)
		case !utf8.ValidString(text):
			err = errors.New("the line is not UTF-8")
		default:
			s, err = parseLine(text)
		}
		if err == nil {
			all.signers = append(all.signers, s)
			continue
		}
		if bad++; bad <= maxProblems {
			problems = append(problems, fmt.Errorf("%s:%d: %w", name, number, err))
		}
	}
	if bad > maxProblems {
		problems = append(problems, fmt.Errorf("%s: %d more lines are wrong", name, bad-maxProblems))
	}
	if bad == 0 && !slices.ContainsFunc(all.signers, signer.signsDecisions) {
		problems = append(problems, fmt.Errorf("%s lets nobody sign decisions (namespace %s), so nobody could decide",
			name, schemas.SignatureNamespace))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return &all, nil
}

func (s signer) signsDecisions() bool {
	return s.namespaces == nil || s.namespaces.match(schemas.SignatureNamespace)
}

// validAt reports whether the key may sign at this time. Times are compared to the second, and both ends count.
func (s signer) validAt(at time.Time) bool {
	return (s.after.IsZero() || at.Unix() >= s.after.Unix()) && (s.before.IsZero() || at.Unix() <= s.before.Unix())
}

// Len is the number of lines that name a key.
func (s *Signers) Len() int { return len(s.signers) }

// principal finds who signs with a key: the approver that the decision names if the key is theirs, or, without one, the
// only name that the key stands for.
func (s *Signers) principal(key ssh.PublicKey, approver string, at time.Time) (string, error) {
	print := ssh.FingerprintSHA256(key)
	wire := key.Marshal()
	lines := filter(s.signers, func(s signer) bool { return bytes.Equal(s.key.Marshal(), wire) })
	if len(lines) == 0 {
		return "", refuse(ErrUnknownKey, "the key %s is not among the approvers; whoever runs the workers has to add "+
			"it to their approvers file", print)
	}
	if lines = filter(lines, signer.signsDecisions); len(lines) == 0 {
		return "", refuse(ErrNamespace, "the key %s may not sign decisions: the approvers file allows it for other "+
			"namespaces only", print)
	}
	valid := filter(lines, func(s signer) bool { return s.validAt(at) })
	if len(valid) == 0 {
		return "", refuse(ErrNotValid, "the key %s is not valid at %s: %s", print, moment(at),
			lines[len(lines)-1].validity())
	}
	if approver == "" {
		return onlyName(valid, print)
	}
	if !slices.ContainsFunc(valid, func(s signer) bool { return s.principals.match(approver) }) {
		return "", refuse(ErrPrincipal, "the key %s is not %q's; name the approver as the approvers file does, or "+
			"leave the name out", print, approver)
	}
	return approver, nil
}

// onlyName is the one name that lines stand for.
func onlyName(lines []signer, print string) (string, error) {
	name := ""
	for _, s := range lines {
		for _, p := range s.principals {
			if !literal(p) || name != "" && name != p {
				return "", refuse(ErrAmbiguous, "the key %s is not one approver's alone, so the decision has to name "+
					"the approver (--approver)", print)
			}
			name = p
		}
	}
	return name, nil
}

// validity says when the key may sign.
func (s signer) validity() string {
	switch {
	case s.before.IsZero():
		return "it is from " + moment(s.after) + " on"
	case s.after.IsZero():
		return "it was until " + moment(s.before)
	}
	return "it is from " + moment(s.after) + " to " + moment(s.before)
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func filter(all []signer, keep func(signer) bool) (out []signer) {
	for _, s := range all {
		if keep(s) {
			out = append(out, s)
		}
	}
	return out
}
