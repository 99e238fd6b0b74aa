package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// clock writes a moment so that it can be compared with a log: local time, with its zone.
func clock(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.Local().Format("2006-01-02 15:04:05 MST")
}

var harmless = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`)

// quote writes a text so that a shell takes it as one word.
func quote(s string) string {
	if harmless.MatchString(s) && !strings.HasPrefix(s, "-") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// asSentence gives an advice of the catalogue a capital letter and a full stop.
func asSentence(advice string) string {
	if advice == "" || advice[0] == '`' {
		return advice
	}
	return strings.ToUpper(advice[:1]) + advice[1:] + "."
}

// stateStyle is how the state of a model looks.
func stateStyle(s schemas.ModelState) console.Style {
	if s == schemas.ModelActive {
		return console.Good
	}
	return console.Alert
}

// counted writes "1 problem" and "2 problems".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if stem, ok := strings.CutSuffix(what, "y"); ok {
		what = stem + "ie"
	}
	return fmt.Sprintf("%d %ss", n, what)
}
