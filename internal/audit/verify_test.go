package audit

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"model-registrar/schemas"
)

func verified(t *testing.T, s Source, c Checks) Report {
	t.Helper()
	report, err := Verify(t.Context(), s, c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// wantProblem fails unless the first problem is this one, whose text is not compared.
func wantProblem(t *testing.T, r Report, want Problem) {
	t.Helper()
	if r.OK() {
		t.Fatalf("nothing was found; want %+v", want)
	}
	got := r.Problems[0]
	if got.Text == "" {
		t.Error("the problem has no sentence")
	}
	got.Text = ""
	if got != want {
		t.Errorf("first problem %+v, want %+v; all: %v", got, want, r.Problems)
	}
}

// kept is a trail as a tamperer sees it: the entries' texts in their order.
type kept []string

// edited is an entry's text with another requester, and with its hash made anew if wanted.
func edited(text string, rehash bool) string {
	text = strings.Replace(text, `"requester":""`, `"requester":"mallory"`, 1)
	if !rehash {
		return text
	}
	return resealed(text, "")
}

// resealed is an entry's text with its hash made anew, after another entry if one is given.
func resealed(text, prevHash string) string {
	var entry schemas.AuditEntry
	if err := json.Unmarshal([]byte(text), &entry); err != nil {
		panic(err)
	}
	if prevHash == "" {
		prevHash = entry.PrevHash
	}
	sealed, _, err := seal(entry, link{entry.Seq - 1, prevHash})
	if err != nil {
		panic(err)
	}
	return string(sealed)
}

func hashIn(text string) string {
	h, err := readHead([]byte(text))
	if err != nil {
		panic(err)
	}
	return h.Hash
}

// rewritten is the trail with an entry changed and every hash from there on made anew, as somebody would who knows how.
func (k kept) rewritten(i int) kept {
	out := slices.Clone(k)
	out[i] = edited(out[i], true)
	for n := i + 1; n < len(out); n++ {
		out[n] = resealed(out[n], hashIn(out[n-1]))
	}
	return out
}

// tampering is what can be done to a trail of eight entries, a to h, and what is to be found first.
var tampering = map[string]struct {
	do   func(kept) kept
	want Problem // the line is that of a file; a database has none
	// checkpoint says that only a checkpoint can show it.
	checkpoint bool
}{
	"an entry is changed": {
		do:   func(k kept) kept { k[4] = edited(k[4], false); return k },
		want: Problem{Kind: Changed, Seq: 5, Line: 5, EntryID: "e"},
	},
	"an entry is changed, and its hash made anew": {
		do:   func(k kept) kept { k[4] = edited(k[4], true); return k },
		want: Problem{Kind: Changed, Seq: 5, Line: 5, EntryID: "e"},
	},
	"only the hash of an entry is changed": {
		do: func(k kept) kept {
			k[4] = strings.Replace(k[4], hashIn(k[4]), strings.Repeat("0", 64), 1)
			return k
		},
		want: Problem{Kind: Changed, Seq: 5, Line: 5, EntryID: "e"},
	},
	"a field is named twice": {
		do:   func(k kept) kept { k[4] = strings.Replace(k[4], `{`, `{"requester":"mallory",`, 1); return k },
		want: Problem{Kind: Changed, Seq: 5, Line: 5, EntryID: "e"},
	},
	"the first entry is changed": {
		do:   func(k kept) kept { k[0] = edited(k[0], true); return k },
		want: Problem{Kind: Changed, Seq: 1, Line: 1, EntryID: "a"},
	},
	"an entry is removed": {
		do:   func(k kept) kept { return slices.Delete(k, 4, 5) },
		want: Problem{Kind: Missing, Seq: 5, Line: 5},
	},
	"the first entry is removed": {
		do:   func(k kept) kept { return k[1:] },
		want: Problem{Kind: Missing, Seq: 1, Line: 1},
	},
	"three entries are removed": {
		do:   func(k kept) kept { return slices.Delete(k, 2, 5) },
		want: Problem{Kind: Missing, Seq: 3, Line: 3},
	},
	"an entry is removed, and those after it are numbered anew": {
		do: func(k kept) kept {
			k = slices.Delete(k, 4, 5)
			for n := 4; n < len(k); n++ {
				k[n] = strings.Replace(k[n], fmt.Sprintf(`"seq":%d`, n+2), fmt.Sprintf(`"seq":%d`, n+1), 1)
			}
			return k
		},
		want: Problem{Kind: Changed, Seq: 5, Line: 5, EntryID: "f"},
	},
	"two entries are swapped": {
		do:   func(k kept) kept { k[4], k[5] = k[5], k[4]; return k },
		want: Problem{Kind: Reordered, Seq: 5, Line: 6, EntryID: "e"},
	},
	"an entry is moved to the end": {
		do:   func(k kept) kept { return append(slices.Delete(slices.Clone(k), 2, 3), k[2]) },
		want: Problem{Kind: Reordered, Seq: 3, Line: 8, EntryID: "c"},
	},
	"an entry is repeated at the end": {
		do:   func(k kept) kept { return append(k, k[4]) },
		want: Problem{Kind: Duplicated, Seq: 5, Line: 9, EntryID: "e"},
	},
	"an entry is recorded again": {
		do: func(k kept) kept {
			var entry schemas.AuditEntry
			_ = json.Unmarshal([]byte(k[4]), &entry)
			again, _, _ := seal(entry, link{8, hashIn(k[7])})
			return append(k, string(again))
		},
		want: Problem{Kind: Duplicated, Seq: 9, Line: 9, EntryID: "e"},
	},
	"the end is cut off": {
		do:         func(k kept) kept { return k[:6] },
		want:       Problem{Kind: CutOff, Seq: 7},
		checkpoint: true,
	},
	"everything is removed": {
		do:         func(kept) kept { return nil },
		want:       Problem{Kind: CutOff, Seq: 1},
		checkpoint: true,
	},
	"an entry is changed, and the chain made anew from there": {
		do:         func(k kept) kept { return k.rewritten(4) },
		want:       Problem{Kind: Rewritten, Seq: 8, Line: 8, EntryID: "h"},
		checkpoint: true,
	},
	"the whole chain is made anew": {
		do:         func(k kept) kept { return k.rewritten(0) },
		want:       Problem{Kind: OtherTrail},
		checkpoint: true,
	},
	"the last entry is changed, and its hash made anew": {
		do:         func(k kept) kept { return k.rewritten(7) },
		want:       Problem{Kind: Rewritten, Seq: 8, Line: 8, EntryID: "h"},
		checkpoint: true,
	},
}

// replaced puts other texts into a trail of either kind, as somebody with every right would.
func replaced(t *testing.T, target string, by kept) {
	t.Helper()
	if path, ok := strings.CutPrefix(target, "file:"); ok {
		text := strings.Join(by, "\n")
		if len(by) > 0 {
			text += "\n"
		}
		write(t, path, text)
		return
	}
	statements := []string{
		"alter table model_registrar.audit_entries disable trigger all",
		"delete from model_registrar.audit_entries",
	}
	for i, text := range by {
		h, err := readHead([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		id := h.EntryID
		if slices.ContainsFunc(by[:i], func(s string) bool { return strings.Contains(s, `"entryId":"`+id+`"`) }) {
			id += " again"
		}
		statements = append(statements, fmt.Sprintf(
			"insert into model_registrar.audit_entries (seq, entry_id, hash, entry) values (%d, '%s', '%s', '%s')", i+1, id, h.Hash, text))
	}
	if err := sql(t, target, append(statements, "alter table model_registrar.audit_entries enable always trigger append_only")...); err != nil {
		t.Fatal(err)
	}
}

func TestTamperingOfEveryKindIsFoundInBothSinksAndItsFirstEntryNamed(t *testing.T) {
	seed := make([]byte, ed25519.SeedSize)
	signer := &Signer{ed25519.NewKeyFromSeed(seed)}
	for kind, target := range bothKinds(t) {
		trail, _ := opened(t, target)
		var checkpoints []schemas.Checkpoint
		for _, id := range strings.Split("abcdefgh", "") {
			receipt, err := trail.Append(t.Context(), entryOf(id))
			if err != nil {
				t.Fatal(err)
			}
			if id == "c" || id == "h" {
				c, err := signer.Checkpoint(receipt, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				checkpoints = append(checkpoints, *c)
			}
		}
		source := sourceOf(t, target)
		var original kept
		if err := source(t.Context(), func(r Record) error { original = append(original, string(r.Text)); return nil }); err != nil {
			t.Fatal(err)
		}
		checks := Checks{Checkpoints: checkpoints, Key: signer.Public()}
		if r := verified(t, source, checks); !r.OK() || r.Checkpoints != 2 || r.Entries != 8 {
			t.Fatalf("%+v", r)
		}
		for name, c := range tampering {
			t.Run(kind+": "+name, func(t *testing.T) {
				replaced(t, target, c.do(slices.Clone(original)))
				want := c.want
				if kind != "file" {
					want.Line = 0
				}
				if alone := verified(t, source, Checks{}); c.checkpoint != alone.OK() {
					t.Errorf("without a checkpoint: %v", alone.Problems)
				}
				wantProblem(t, verified(t, source, checks), want)
			})
		}
		replaced(t, target, original)
		if r := verified(t, source, checks); !r.OK() {
			t.Errorf("%v", r.Problems)
		}
	}
}

func TestARowWhoseColumnsSaySomethingElseThanItsTextIsFound(t *testing.T) {
	url := database(t)
	trail, _ := opened(t, url)
	fill(t, trail, "a", "b", "c")
	for _, change := range []string{"entry_id = 'x'", "hash = repeat('0', 64)", "seq = 9"} {
		err := sql(t, url, "begin", "alter table model_registrar.audit_entries disable trigger all",
			"create temporary table before as select * from model_registrar.audit_entries",
			"update model_registrar.audit_entries set "+change+" where seq = 3", "commit")
		if err != nil {
			t.Fatal(err)
		}
		wantProblem(t, verified(t, sourceOf(t, url), Checks{}), Problem{Kind: Changed, Seq: 3, EntryID: "c"})
		if err := sql(t, url, "update model_registrar.audit_entries set seq = (entry::json->>'seq')::bigint, hash = entry::json->>'hash', entry_id = entry::json->>'entryId'"); err != nil {
			t.Fatal(err)
		}
	}
	wantSound(t, sourceOf(t, url), 3)
}

func TestWhatIsNoEntryInTheChainIsNamed(t *testing.T) {
	whole := chain(t, "a", "b")
	for name, c := range map[string]struct {
		text string
		want Problem
	}{
		"garbage":               {whole[0] + "garbage\n" + whole[1], Problem{Kind: Foreign, Line: 2}},
		"an empty line":         {whole[0] + "\n" + whole[1], Problem{Kind: Foreign, Line: 2}},
		"an unnumbered entry":   {whole[0] + `{"entryId":"x"}` + "\n" + whole[1], Problem{Kind: Foreign, Line: 2, EntryID: "x"}},
		"a line too long":       {whole[0] + strings.Repeat("x", maxLine+1) + "\n" + whole[1], Problem{Kind: Foreign, Line: 2}},
		"half a line":           {whole[0] + whole[1][:20], Problem{Kind: Unfinished, Line: 2}},
		"a line with no break":  {whole[0] + strings.TrimSuffix(whole[1], "\n"), Problem{Kind: Unfinished, Line: 2}},
		"a missing old line":    {"", Problem{}},
		"an added old line":     {"old\n" + whole[0], Problem{Kind: Changed, Line: 1}},
		"a negative number":     {whole[0] + strings.Replace(whole[1], `"seq":2`, `"seq":-2`, 1), Problem{Kind: Foreign, Line: 2}},
		"a number that is none": {whole[0] + strings.Replace(whole[1], `"seq":2`, `"seq":"2"`, 1), Problem{Kind: Foreign, Line: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "a missing old line" {
				text, _, err := seal(entryOf("a"), link{0, strings.Repeat("ab", 32)})
				if err != nil {
					t.Fatal(err)
				}
				c.text, c.want = string(text)+"\n", Problem{Kind: Missing, Seq: 1, Line: 1, EntryID: "a"}
			}
			r := verified(t, Lines(strings.NewReader(c.text), "-"), Checks{})
			wantProblem(t, r, c.want)
			if strings.Contains(fmt.Sprint(r.Problems), "garbage") {
				t.Errorf("a problem shows what stands there: %v", r.Problems)
			}
		})
	}
}

func TestACheckpointThatIsUnsignedChangedOrOfAnotherKeyIsNotReliedOn(t *testing.T) {
	signer := &Signer{ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	other := &Signer{ed25519.NewKeyFromSeed([]byte("another seed of thirty-two bytes"))}
	whole := chain(t, "a", "b")
	source := func() Source { return Lines(strings.NewReader(strings.Join(whole, "")), "-") }
	head := schemas.AuditReceipt{Seq: 2, Hash: hashIn(whole[1])}
	made := func(s *Signer, change func(*schemas.Checkpoint)) schemas.Checkpoint {
		c, err := s.Checkpoint(head, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		return *c
	}
	as := func(*schemas.Checkpoint) {}
	good := made(signer, as)
	if r := verified(t, source(), Checks{Checkpoints: []schemas.Checkpoint{good}, Key: signer.Public()}); !r.OK() || r.Checkpoints != 1 {
		t.Fatalf("%+v", r)
	}
	for name, c := range map[string]schemas.Checkpoint{
		"unsigned":       made(nil, as),
		"another key":    made(other, as),
		"another's id":   made(other, func(c *schemas.Checkpoint) { c.KeyID = good.KeyID }),
		"changed seq":    made(signer, func(c *schemas.Checkpoint) { c.Seq = 1 }),
		"changed time":   made(signer, func(c *schemas.Checkpoint) { c.Time = c.Time.Add(time.Hour) }),
		"changed hash":   made(signer, func(c *schemas.Checkpoint) { c.Hash = noHash }),
		"no base64":      made(signer, func(c *schemas.Checkpoint) { c.Signature = "%" }),
		"half signature": made(signer, func(c *schemas.Checkpoint) { c.Signature = c.Signature[:20] }),
	} {
		r := verified(t, source(), Checks{Checkpoints: []schemas.Checkpoint{c}, Key: signer.Public()})
		if len(r.Problems) != 1 || r.Problems[0].Kind != WrongCheckpoint || r.Checkpoints != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestACheckpointOfAnotherTrailIsRefusedAndSaysSo(t *testing.T) {
	signer := &Signer{ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	made := func(trail Trail, ids ...string) schemas.Checkpoint {
		t.Helper()
		var c *schemas.Checkpoint
		for _, id := range ids {
			receipt, err := trail.Append(t.Context(), entryOf(id))
			if err == nil {
				c, err = signer.Checkpoint(receipt, time.Now())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return *c
	}
	for kind, target := range bothKinds(t) {
		trail, _ := opened(t, target)
		own := made(trail, "a", "b")
		again, _ := opened(t, target) // by another worker, which has to read what the trail is called
		later := made(again, "c", "c")
		elsewhere, _ := opened(t, "file:"+t.TempDir()+"/other.log")
		shorter := made(elsewhere, "x")
		longer := made(elsewhere, "y", "z", "w", "v")
		check := func(c ...schemas.Checkpoint) Report {
			return verified(t, sourceOf(t, target), Checks{Checkpoints: c, Key: signer.Public()})
		}
		if r := check(own, later); !r.OK() || r.Checkpoints != 2 || own.Trail == "" || own.Trail != later.Trail || r.Head.Trail != own.Trail {
			t.Errorf("%s: %+v", kind, r)
		}
		for _, other := range []schemas.Checkpoint{shorter, longer} {
			r := check(own, other)
			wantProblem(t, r, Problem{Kind: OtherTrail})
			if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Text, "is of another trail") || r.Checkpoints != 1 {
				t.Errorf("%s: %+v", kind, r)
			}
			other.Trail = own.Trail
			r = check(other)
			wantProblem(t, r, Problem{Kind: WrongCheckpoint, Seq: other.Seq}) // its signature says which trail it is of
		}
		// The same trail kept elsewhere is no other one.
		var copied strings.Builder
		if err := sourceOf(t, target)(t.Context(), func(r Record) error { copied.Write(append(r.Text, '\n')); return nil }); err != nil {
			t.Fatal(err)
		}
		if r := verified(t, Lines(strings.NewReader(copied.String()), "-"), Checks{Checkpoints: []schemas.Checkpoint{later}}); !r.OK() || r.Checkpoints != 1 {
			t.Errorf("%s: %+v", kind, r)
		}
	}
}

func TestACheckpointOfAnOlderVersionIsComparedByItsEntryAlone(t *testing.T) {
	whole := chain(t, "a", "b")
	older := schemas.Checkpoint{Seq: 2, Hash: hashIn(whole[1])}
	check := func(c schemas.Checkpoint) Report {
		return verified(t, Lines(strings.NewReader(strings.Join(whole, "")), "-"), Checks{Checkpoints: []schemas.Checkpoint{c}})
	}
	if r := check(older); !r.OK() || r.Checkpoints != 1 {
		t.Errorf("%+v", r)
	}
	other := schemas.Checkpoint{Seq: 2, Hash: strings.Repeat("ab", 32)}
	wantProblem(t, check(other), Problem{Kind: Rewritten, Seq: 2, Line: 2, EntryID: "b"})
	for name, c := range map[string]schemas.Checkpoint{
		"number 0": {Seq: 0, Hash: noHash}, "a negative number": {Seq: -1, Hash: older.Hash}, "half a hash": {Seq: 2, Hash: older.Hash[:20]},
	} {
		if r := check(c); len(r.Problems) != 1 || r.Problems[0].Kind != WrongCheckpoint || r.Checkpoints != 0 {
			t.Errorf("%s: it agrees with any trail: %+v", name, r)
		}
	}
}

func TestSignaturesOfDecisionsAreCheckedAgain(t *testing.T) {
	signed := entryOf("a")
	signed.Event, signed.Decision = schemas.AuditDecision, &schemas.AuditedDecision{Accepted: true, Signature: "good"}
	signed.Decision.Approver = "bob"
	path := t.TempDir() + "/audit.log"
	trail, _ := opened(t, "file:"+path)
	if _, err := trail.Append(t.Context(), signed); err != nil {
		t.Fatal(err)
	}
	forged, unsigned, refused := signed, entryOf("c"), signed
	forged.EntryID, forged.Decision = "b", &schemas.AuditedDecision{Accepted: true, Signature: "forged"}
	refused.EntryID, refused.Decision = "d", &schemas.AuditedDecision{Signature: "refused for being forged"}
	unsigned.Decision = &schemas.AuditedDecision{Accepted: true}
	for _, e := range []schemas.AuditEntry{forged, unsigned, refused} {
		if _, err := trail.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if r := verified(t, sourceOf(t, "file:"+path), Checks{}); !r.OK() || r.Unchecked != 2 {
		t.Errorf("%+v", r)
	}
	r := verified(t, sourceOf(t, "file:"+path), Checks{Decision: func(d schemas.AuditedDecision) error {
		if d.Signature != "good" || d.Approver != "bob" {
			return errors.New("it was forged")
		}
		return nil
	}})
	wantProblem(t, r, Problem{Kind: BadSignature, Seq: 2, Line: 2, EntryID: "b"})
	if len(r.Problems) != 1 || r.Signatures != 2 || r.Unchecked != 0 {
		t.Errorf("%+v", r)
	}
}

func TestALineThatIsBeingWrittenIsWaitedFor(t *testing.T) {
	path := t.TempDir() + "/audit.log"
	whole := strings.Join(chain(t, "a", "b", "c"), "")
	write(t, path, whole[:len(whole)-50])
	read := make(chan struct{})
	go func() {
		<-read
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err == nil {
			_, err = f.WriteString(whole[len(whole)-50:])
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Error(err)
		}
	}()
	source := sourceOf(t, "file:"+path)
	first := true
	wantSound(t, func(ctx context.Context, each func(Record) error) error {
		return source(ctx, func(r Record) error {
			if first {
				close(read)
				first = false
			}
			return each(r)
		})
	}, 3)
}

func FuzzAnyTrailIsReadAndVerifiedWithoutHarm(f *testing.F) {
	whole := strings.Join(chain(&testing.T{}, "a", "b", "c"), "")
	f.Add(whole, "c")
	f.Add(whole[:len(whole)-1], "a")
	f.Add("old\n"+whole, "")
	f.Add(strings.Replace(whole, "model-1", "model-2", 1), "x")
	f.Add(`{"seq":1e400}`+"\n"+`{"seq":9223372036854775807,"hash":""}`+"\n"+`null`+"\n[]\n", "\x00")
	f.Add(strings.Repeat("[", 10000)+"\n"+strings.Repeat(`{"a":`, 10000), "")
	f.Fuzz(func(t *testing.T, text, id string) {
		path := t.TempDir() + "/audit.log"
		write(t, path, text)
		report, err := Verify(t.Context(), Lines(strings.NewReader(text), "-"), Checks{})
		if err != nil || len(report.Problems) > maxProblems {
			t.Fatalf("%d problems, %v", len(report.Problems), err)
		}
		for _, p := range report.Problems {
			if strings.ContainsAny(p.String(), "\n\x00\x1b") {
				t.Errorf("%q", p.String())
			}
		}
		// Whatever it holds, it can be gone on with; what was sound stays sound.
		tr := open(t, path)
		entry := entryOf(id)
		receipt, err := tr.Append(t.Context(), entry)
		if errors.Is(err, ErrEntry) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := open(t, path).Append(t.Context(), entry)
		if err != nil || again != receipt {
			t.Errorf("%+v, %v; want %+v", again, err, receipt)
		}
		if err := tr.Close(); err != nil {
			t.Fatal(err)
		}
		after := verified(t, sourceOf(t, "file:"+path), Checks{})
		if report.OK() && !after.OK() {
			t.Errorf("it was damaged by appending: %v", after.Problems)
		}
	})
}
