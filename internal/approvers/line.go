package approvers

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/ssh"

	"model-registrar/schemas"
)

// signer is one line of the file: who may sign, with which key, for what and when.
type signer struct {
	principals patterns
	namespaces patterns  // nil: any
	after      time.Time // zero: always; the second itself counts
	before     time.Time // likewise
	key        ssh.PublicKey
}

// parseLine reads a line that is neither empty nor a comment.
func parseLine(line string) (signer, error) {
	var s signer
	if strings.HasPrefix(line, "-----BEGIN") {
		return s, errors.New("this is no allowed_signers line; if it is a private key, take it out, and " +
			"replace the key")
	}
	list, rest, err := cutPrincipals(line)
	if err != nil {
		return s, err
	}
	if s.principals, err = parsePrincipals(list); err != nil {
		return s, err
	}
	rest = strings.TrimLeft(rest, " \t")
	if first := strings.FieldsFunc(rest, space); len(first) > 0 && !namesKeyType(first[0]) {
		options, key, err := cutOptions(rest)
		if err != nil {
			return s, err
		}
		// A word that is neither a key's type nor followed by anything is a key that is missing.
		if strings.TrimSpace(key) != "" {
			if err := s.setOptions(options); err != nil {
				return s, err
			}
		}
		rest = key
	}
	s.key, err = parseKey(rest)
	return s, err
}

func space(c rune) bool { return c == ' ' || c == '\t' }

// cutPrincipals takes the first field off a line. It may be in double quotes, and then hold spaces.
func cutPrincipals(line string) (list, rest string, err error) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		list, rest, ok = strings.Cut(quoted, `"`)
		if !ok {
			return "", "", errors.New("the quote around the principals is not closed")
		}
		return list, rest, nil
	}
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return line, "", nil
	}
	return line[:i], line[i:], nil
}

func parsePrincipals(list string) (patterns, error) {
	all := parsePatterns(list)
	positive := false
	for _, p := range all {
		invisible := func(c rune) bool { return !unicode.IsGraphic(c) }
		name := strings.TrimPrefix(p, "!")
		switch {
		case strings.TrimSpace(name) != name || name == "":
			return nil, errors.New("a principal is empty or begins or ends with a space")
		case len([]rune(name)) > schemas.MaxApprover || strings.ContainsFunc(name, invisible):
			return nil, fmt.Errorf("a principal must be at most %d characters, none of them invisible",
				schemas.MaxApprover)
		}
		positive = positive || !strings.HasPrefix(p, "!")
	}
	if !positive {
		return nil, errors.New("every principal is excluded (!), so the line is about nobody")
	}
	return all, nil
}

// cutOptions takes the options off a text: everything up to a space that is not in quotes.
func cutOptions(text string) (options, rest string, err error) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted && i+1 < len(text) && text[i+1] == '"':
			i++
		case c == '"':
			quoted = !quoted
		case (c == ' ' || c == '\t') && !quoted:
			return text[:i], text[i:], nil
		}
	}
	if quoted {
		return "", "", errors.New("a quote in the options is not closed")
	}
	return text, "", nil
}

// setOptions reads name="value",name="value".
func (s *signer) setOptions(text string) error {
	given := map[string]bool{}
	for {
		i := strings.IndexAny(text, `=,`)
		if i < 0 {
			i = len(text)
		}
		name := strings.ToLower(text[:i])
		text = text[i:]
		value, hasValue := "", false
		if strings.HasPrefix(text, "=") {
			hasValue = true
			var err error
			if value, text, err = cutQuoted(text[1:]); err != nil {
				return fmt.Errorf("option %s: %w", optionName(name), err)
			}
		}
		if given[name] {
			return fmt.Errorf("option %s is there twice", optionName(name))
		}
		given[name] = true
		if err := s.setOption(name, value, hasValue); err != nil {
			return err
		}
		if text == "" {
			break
		}
		if !strings.HasPrefix(text, ",") {
			return fmt.Errorf("option %s: a comma has to follow its value", optionName(name))
		}
		text = text[1:]
	}
	if !s.after.IsZero() && !s.before.IsZero() && !s.before.After(s.after) {
		return errors.New("valid-before is not later than valid-after, so the key is never valid")
	}
	return nil
}

func (s *signer) setOption(name, value string, hasValue bool) (err error) {
	switch name {
	case "cert-authority":
		return errors.New("cert-authority: certificates are not supported; list each approver's own key")
	case "namespaces", "valid-after", "valid-before":
		if !hasValue {
			return fmt.Errorf(`option %s has no value; write %[1]s="…"`, name)
		}
	}
	switch name {
	case "namespaces":
		if s.namespaces = parsePatterns(value); value == "" {
			return errors.New("namespaces is empty, so the key can sign nothing")
		}
	case "valid-after":
		s.after, err = parseTime(name, value)
	case "valid-before":
		s.before, err = parseTime(name, value)
	default:
		return fmt.Errorf("%s is no option: there are namespaces, valid-after and valid-before", optionName(name))
	}
	return err
}

// optionName is a name that may be anything, fit for a message.
func optionName(name string) string { return fmt.Sprintf("%.30q", name) }

// cutQuoted takes a value in double quotes off a text. \" stands for a quote in it.
func cutQuoted(text string) (value, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		return "", "", errors.New("its value has to be in double quotes")
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == '"':
			i++
			b.WriteByte('"')
		case text[i] == '"':
			return b.String(), text[i+1:], nil
		default:
			b.WriteByte(text[i])
		}
	}
	return "", "", errors.New("the quote around its value is not closed")
}

// parseTime reads YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS: UTC with a Z (or UTC) at its end, local time without.
func parseTime(option, value string) (time.Time, error) {
	zone := time.Local
	digits := strings.ToUpper(value)
	if rest, ok := strings.CutSuffix(digits, "Z"); ok {
		digits, zone = rest, time.UTC
	} else if rest, ok := strings.CutSuffix(digits, "UTC"); ok {
		digits, zone = rest, time.UTC
	}
	const layout = "20060102150405"
	if n := len(digits); n == 8 || n == 12 || n == 14 {
		if t, err := time.ParseInLocation(layout[:n], digits, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s is no time: write YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, and Z after it "+
		"for UTC", option)
}
