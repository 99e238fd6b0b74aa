package audit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// ID is a random word that the file PATH.lock keeps: whoever writes the trail has that file, by whatever path.
func (f *fileTrail) ID(ctx context.Context) (id string, err error) {
	err = f.exclusively(ctx, func() error {
		kept, err := os.ReadFile(f.path + ".lock")
		if err != nil {
			return f.failed("read", err)
		}
		if id = strings.TrimSpace(string(kept)); id != "" {
			return nil
		}
		id = rand.Text()[:idLength]
		return f.failed("written", os.WriteFile(f.path+".lock", []byte(id+"\n"), fileMode))
	})
	return id, err
}

const idLength = 12

// ID is made of the cluster's own identifier and of the database's in it.
func (p *postgresTrail) ID(ctx context.Context) (string, error) {
	var cluster, database string
	err := p.pool.QueryRow(ctx, `select system_identifier::text, d.oid::text from pg_control_system(), pg_database d
		where d.datname = current_database()`).Scan(&cluster, &database)
	if err != nil {
		return "", p.failed("named", err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s", cluster, database))
	return hex.EncodeToString(sum[:])[:idLength], nil
}
