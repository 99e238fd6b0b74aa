package audit

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"model-registrar/internal/netguard"
)

// Target says where a trail is kept.
type Target struct {
	path     string          // of a file; or else
	database *pgxpool.Config // of PostgreSQL
}

const (
	connectTimeout = 5 * time.Second
	maxConnections = 4 // one writes; the others are for whoever asks whether the trail is ready
)

// ParseTarget reads a target such as "file:llm_model_audit.log". The target is not echoed when it is wrong: that of a
// database may hold a password.
func ParseTarget(target string) (Target, error) {
	kind, rest, found := strings.Cut(target, ":")
	switch {
	case kind == "postgres" || kind == "postgresql":
		return parseDatabase(target)
	case !found || kind != "file":
		return Target{}, errors.New("the audit trail's target must be file:PATH or postgres://…")
	case rest == "" || strings.HasSuffix(rest, "/"):
		return Target{}, errors.New("the audit trail's target file: lacks the name of the file")
	}
	return Target{path: rest}, nil
}

func parseDatabase(target string) (Target, error) {
	c, err := pgxpool.ParseConfig(target)
	if err != nil {
		return Target{}, errors.New("the audit trail's target is no valid URL of a PostgreSQL database; it must be " +
			"like postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full")
	}
	if err := requireTLS(target, c); err != nil {
		return Target{}, err
	}
	if !strings.Contains(target, "pool_max_conns=") {
		c.MaxConns = maxConnections
	}
	if !strings.Contains(target, "connect_timeout=") {
		c.ConnConfig.ConnectTimeout = connectTimeout
	}
	if c.ConnConfig.RuntimeParams["application_name"] == "" {
		c.ConnConfig.RuntimeParams["application_name"] = "model-registrar"
	}
	return Target{database: c}, nil
}

// requireTLS makes verify-full the default of sslmode for hosts that are not this machine: the driver's own, prefer,
// falls back to plain text without a word.
func requireTLS(target string, c *pgxpool.Config) error {
	if strings.Contains(target, "sslmode=") || os.Getenv("PGSSLMODE") != "" || allHere(c) {
		return nil
	}
	separator := "?"
	if strings.Contains(target, "?") {
		separator = "&"
	}
	strict, err := pgxpool.ParseConfig(target + separator + "sslmode=verify-full")
	if err != nil {
		return errors.New("the audit trail's target cannot be used with sslmode=verify-full, which is the default " +
			"for another host; " +
			"say which sslmode is meant")
	}
	*c = *strict
	return nil
}

// allHere reports whether every host of the target is this machine.
func allHere(c *pgxpool.Config) bool {
	for _, other := range c.ConnConfig.Fallbacks {
		if !isHere(other.Host) {
			return false
		}
	}
	return isHere(c.ConnConfig.Host)
}

// isHere reports whether a host is this machine: a loopback address, or the directory of a socket.
func isHere(host string) bool {
	return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || netguard.IsLoopback(host)
}

// IsDatabase tells a database from a file.
func (t Target) IsDatabase() bool { return t.database != nil }

// String names the target for people, without user and password.
func (t Target) String() string {
	if t.database == nil {
		return t.path
	}
	c := t.database.ConnConfig
	return fmt.Sprintf("PostgreSQL database %s at %s:%d", c.Database, c.Host, c.Port)
}
