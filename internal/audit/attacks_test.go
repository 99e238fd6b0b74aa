package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// kinds are the kinds of a report's problems.
func kinds(r Report) []ProblemKind {
	var all []ProblemKind
	for _, p := range r.Problems {
		all = append(all, p.Kind)
	}
	return all
}

func TestAnEntryWhoseIDIsTakenIsKeptBesideTheOther_AndBothAreNamed(t *testing.T) {
	for kind, target := range bothKinds(t) {
		t.Run(kind, func(t *testing.T) {
			trail, log := opened(t, target)
			forged, right := entryOf("run/ended"), entryOf("run/ended")
			forged.Outcome = schemas.Rejected
			_, err := trail.Append(t.Context(), forged)
			require.NoError(t, err)
			receipt, err := trail.Append(t.Context(), right)
			require.NoError(t, err)
			require.True(t, receipt.Conflict)
			require.EqualValues(t, 2, receipt.Seq)
			require.Contains(t, log.String(), "level=ERROR")
			require.Contains(t, log.String(), "entry_id=run/ended")

			again, err := trail.Append(t.Context(), right)
			require.NoError(t, err)
			require.Equal(t, receipt, again, "a repetition is one")
			fill(t, trail, "next")
			report := verified(t, sourceOf(t, target), Checks{})
			require.Equal(t, []ProblemKind{Conflict}, kinds(report))
			require.EqualValues(t, 3, report.Entries)
			require.Contains(t, report.Problems[0].Text, "entry 1 already had")
		})
	}
}

func TestANumberThatNothingCanFollowIsDamageThatIsGoneAround(t *testing.T) {
	for _, seq := range []int64{maxSeq, maxSeq - 1, maxFollowed + 1} {
		for kind, target := range bothKinds(t) {
			t.Run(fmt.Sprint(kind, seq), func(t *testing.T) {
				trail, log := opened(t, target)
				fill(t, trail, "a")
				bogus := entryOf("b") // under the id of the entry that is to come
				bogus.Seq, bogus.PrevHash, bogus.Hash = seq, noHash, noHash
				raw, err := json.Marshal(bogus)
				require.NoError(t, err)
				if path, ok := strings.CutPrefix(target, "file:"); ok {
					f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
					require.NoError(t, err)
					_, err = f.Write(append(raw, '\n'))
					require.NoError(t, errors.Join(err, f.Close()))
				} else {
					require.NoError(t, sql(t, target, fmt.Sprintf(
						"insert into model_registrar.audit_entries (seq, entry_id, hash, entry) values (%d, 'b', '%s', '%s')", seq, noHash, raw)))
				}
				fill(t, trail, "b", "c")
				require.NoError(t, trail.Ready(t.Context()))
				require.Contains(t, log.String(), "nothing could follow")
				receipt, err := trail.Append(t.Context(), entryOf("c"))
				require.NoError(t, err)
				require.EqualValues(t, 3, receipt.Seq)
				other, _ := opened(t, target) // a worker that starts on it
				fill(t, other, "d")
				report := verified(t, sourceOf(t, target), Checks{})
				require.Contains(t, kinds(report), Foreign, "%v", report.Problems)
				require.EqualValues(t, 4, report.Entries)
				require.EqualValues(t, 4, report.Head.Seq)
			})
		}
	}
}

func TestTheSpellingOfAnEntryIsItsWorkersOwn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	entry := entryOf("a")
	entry.Event = schemas.AuditDecision
	entry.Decision = &schemas.AuditedDecision{Accepted: true, Signature: "forged"}
	text, _, err := seal(entry, link{0, noHash})
	require.NoError(t, err)
	require.NoError(t, spelling(text))
	for name, change := range map[string][2]string{
		"an escaped key":   {`"decision":{`, `"\u0064ecision":{`},
		"a key in capital": {`"decision":{`, `"Decision":{`},
		"a long s":         {`"reason"`, `"rea` + "\u017f" + `on"`},
		"an escaped text":  {`"model-1"`, `"\u006dodel-1"`},
		"spaces":           {`{"seq"`, `{ "seq"`},
	} {
		changed := strings.Replace(string(text), change[0], change[1], 1)
		require.NotEqual(t, string(text), changed, name)
		hash, err := computeHash([]byte(changed)) // whoever forges it, can compute it
		require.NoError(t, err)
		changed = strings.Replace(changed, entryHash(t, text), hash, 1)
		write(t, path, changed+"\n")
		report := verified(t, sourceOf(t, "file:"+path), Checks{Decision: func(schemas.AuditedDecision) error { return errors.New("forged") }})
		require.Contains(t, kinds(report), Respelled, name)
		require.Contains(t, kinds(report), BadSignature, name)
	}
}

func entryHash(t *testing.T, text []byte) string {
	h, err := readHead(text)
	require.NoError(t, err)
	return h.Hash
}

func TestTheLockIsItsOwnersAlone_AndItsHolderIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	write(t, path+".lock", "")
	require.NoError(t, os.Chmod(path+".lock", 0o644)) // of an older version
	trail, _ := opened(t, "file:"+path)
	fill(t, trail, "a")
	info, err := os.Stat(path + ".lock")
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	held := flock.New(path + ".lock")
	require.NoError(t, held.Lock())
	defer held.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = trail.Ready(ctx)
	require.ErrorContains(t, err, fmt.Sprintf("process %d (", os.Getpid()))
	require.ErrorContains(t, err, "end it: nothing else has to hold the lock")
}
