package audit

import (
	"os"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestTheConnectionToADatabaseElsewhereIsVerifiedUnlessSaidOtherwise(t *testing.T) {
	t.Setenv("PGSSLMODE", "") // so that it is put back
	os.Unsetenv("PGSSLMODE")
	const verified, plain, tried = "verified", "plain", "tried"
	for target, want := range map[string]string{
		"postgres://u@db.example.com/d":                    verified,
		"postgresql://u@db.example.com:6432/d":             verified,
		"postgres://u@db.example.com/d?pool_max_conns=2":   verified,
		"postgres://u@10.0.0.7/d":                          verified,
		"postgres://u@db.example.com/d?sslmode=disable":    plain,
		"postgres://u@db.example.com/d?sslmode=prefer":     tried,
		"postgres://u@127.0.0.1,db.example.com/d":          verified,
		"postgres://u@127.0.0.1/d":                         tried,
		"postgres://u@[::1]/d":                             tried,
		"postgres://u@localhost/d":                         tried,
		"postgres://u@localhost/d?sslmode=verify-full":     verified,
		"postgres://u@/d?host=/var/run/postgresql":         plain,
		"postgres://u@/d?host=db.example.com":              verified,
		"postgres://u@db.example.com/d?connect_timeout=10": verified,
	} {
		parsed, err := ParseTarget(target)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		c, got := parsed.database.ConnConfig, plain
		switch {
		case c.TLSConfig != nil && !c.TLSConfig.InsecureSkipVerify && c.TLSConfig.ServerName == c.Host && !anyUnverified(c.Fallbacks):
			got = verified
		case c.TLSConfig != nil:
			got = tried
		}
		if got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
}

// anyUnverified reports whether one of the further attempts to connect is not verified.
func anyUnverified(further []*pgconn.FallbackConfig) bool {
	return slices.ContainsFunc(further, func(f *pgconn.FallbackConfig) bool {
		return f.TLSConfig == nil || f.TLSConfig.InsecureSkipVerify || f.TLSConfig.ServerName != f.Host
	})
}
