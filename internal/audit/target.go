package audit

import (
	"errors"
	"strings"
)

// ParseTarget returns the path of a target such as "file:llm_model_audit.log". The target is not echoed when it is
// wrong: that of a database may hold a password.
func ParseTarget(target string) (path string, err error) {
	kind, rest, found := strings.Cut(target, ":")
	switch {
	case kind == "postgres" || kind == "postgresql":
		return "", errors.New("this build cannot keep the audit trail in PostgreSQL; use file:PATH")
	case !found || kind != "file":
		return "", errors.New("the audit trail's target must be file:PATH")
	case rest == "" || strings.HasSuffix(rest, "/"):
		return "", errors.New("the audit trail's target file: lacks the name of the file")
	}
	return rest, nil
}
