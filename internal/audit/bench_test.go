package audit

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// writers is how many appends come at once: registrations that end together.
const writers = 256

// BenchmarkAppend tells how many entries a second each sink takes, from one writer and from many. "plain" is the baseline:
// a loop that writes and syncs, or inserts and commits, one text of the same size after another, with no chain, no lock
// and no look for what is there already.
func BenchmarkAppend(b *testing.B) {
	text, _, err := seal(entryOf("an entry of the usual size"), link{math.MaxInt32, noHash})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("file/plain", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "plain"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		b.ResetTimer()
		for range b.N {
			if _, err := f.Write(append(text, '\n')); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b)
	})
	b.Run("PostgreSQL/plain", func(b *testing.B) {
		conn, err := pgx.Connect(b.Context(), database(b))
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close(context.WithoutCancel(b.Context()))
		if _, err := conn.Exec(b.Context(), "create table plain (n serial primary key, entry text)"); err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		for range b.N {
			if _, err := conn.Exec(b.Context(), "insert into plain (entry) values ($1)", string(text)); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b)
	})
	for kind, target := range bothKinds(b) {
		for _, at := range []int{1, writers} {
			var round atomic.Int64
			b.Run(fmt.Sprintf("%s/writers=%d", kind, at), func(b *testing.B) {
				trail, _ := opened(b, target)
				prefix := fmt.Sprintf("%d writers, round %d of %d, ", at, round.Add(1), b.N)
				next := make(chan int)
				var wg sync.WaitGroup
				b.ResetTimer()
				for range at {
					wg.Go(func() {
						for i := range next {
							if _, err := trail.Append(b.Context(), entryOf(prefix+fmt.Sprint(i))); err != nil {
								b.Error(err)
							}
						}
					})
				}
				for i := range b.N {
					next <- i
				}
				close(next)
				wg.Wait()
				perSecond(b)
			})
		}
	}
}

// BenchmarkVerify tells how many entries a second are verified.
func BenchmarkVerify(b *testing.B) {
	const length = 1000
	ids := make([]string, length)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	whole := strings.Join(chain(b, ids...), "")
	b.ResetTimer()
	for range b.N {
		if r, err := Verify(b.Context(), Lines(strings.NewReader(whole), "-"), Checks{}); err != nil || r.Entries != length {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(b.N)*length/b.Elapsed().Seconds(), "entries/s")
}

func perSecond(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s") }
