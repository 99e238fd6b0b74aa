package audit

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"model-registrar/schemas"
)

// Checks are what a trail is checked against beside itself.
type Checks struct {
	// Checkpoints were made of the trail before, and kept elsewhere.
	Checkpoints []schemas.Checkpoint
	// Key is what the checkpoints must be signed with. Without it, signatures are not checked.
	Key ed25519.PublicKey
	// Decision says why the signature of a decision is not right, or nil. It is called for decisions that have one and
	// were accepted: one may have been refused for its signature. Without it they are not checked.
	Decision func(schemas.AuditedDecision) error
	// Signed: every decision that was accepted has to have a signature.
	Signed bool
}

// Report is what a check came to.
type Report struct {
	Entries     int64                `json:"entries"`     // of the chain
	Before      int64                `json:"before"`      // lines from before the chain
	Head        schemas.AuditReceipt `json:"head"`        // the last entry
	Signatures  int64                `json:"signatures"`  // signatures of decisions that were checked
	Unchecked   int64                `json:"unchecked"`   // signatures of decisions that were not
	Checkpoints int                  `json:"checkpoints"` // that the trail agrees with
	Problems    []Problem            `json:"problems"`    // in the order of the trail; the first one is where to begin
	More        int64                `json:"more"`        // problems beyond those
}

// OK reports whether nothing is wrong.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// maxProblems bounds how many problems a report holds.
const maxProblems = 100

// Verify checks a trail from its beginning to its end. What is wrong with it is in the report; the error says that it
// could not be read.
func Verify(ctx context.Context, s Source, c Checks) (Report, error) {
	v := &verifier{checks: c, ids: map[[16]byte]int64{}, pending: map[int64][]schemas.Checkpoint{}}
	v.report.Problems = []Problem{}
	v.expect(c.Checkpoints)
	if err := s(ctx, v.record); err != nil {
		return Report{}, err
	}
	v.end()
	return v.report, nil
}

// verifier goes over a trail once. It goes on after a problem, from where the trail goes on.
type verifier struct {
	checks  Checks
	report  Report
	last    link   // of the entries so far, the one with the highest number
	first   string // the hash of the entry that stands first, by which checkpoints name the trail
	lastID  string
	line    int                // of it
	changed bool               // it was found changed already
	inOrder bool               // the newest entry follows the one before it
	gaps    []gap              // entries that have not been seen yet
	ids     map[[16]byte]int64 // the entry that first had an id

	pending map[int64][]schemas.Checkpoint // by the entry that they name
	agreed  *schemas.Checkpoint            // the last one that the trail agrees with
}

// gap is a run of missing numbers, and the problem that it was noted as.
type gap struct {
	from, to int64
	problem  int
}

func (v *verifier) note(p Problem) {
	if len(v.report.Problems) == maxProblems {
		v.report.More++
		return
	}
	v.report.Problems = append(v.report.Problems, p)
}

// expect sorts the checkpoints, and notes those that cannot be relied on.
func (v *verifier) expect(checkpoints []schemas.Checkpoint) {
	for _, c := range checkpoints {
		if v.checks.Key != nil {
			if err := VerifyCheckpoint(c, v.checks.Key); err != nil {
				v.note(Problem{Kind: WrongCheckpoint, Seq: max(c.Seq, 0),
					Text: fmt.Sprintf("the checkpoint of %s cannot be relied on: %v", when(c), err)})
				continue
			}
		}
		if c.Seq <= 0 || len(c.Hash) != len(noHash) {
			v.note(Problem{Kind: WrongCheckpoint, Text: "a checkpoint names no entry"}) // it would agree with any trail
			continue
		}
		v.pending[c.Seq] = append(v.pending[c.Seq], c)
	}
}

func when(c schemas.Checkpoint) string { return c.Time.UTC().Format(time.RFC3339) }

// record takes the next record.
func (v *verifier) record(r Record) error {
	if errors.Is(r.Err, errUnfinished) {
		v.note(Problem{Kind: Unfinished, Line: r.Line,
			Text: "the last line is cut short: a crash while it was written, or somebody who cut the file; the next " +
				"append sets it aside"})
		return nil
	}
	err := r.Err
	var h head
	if err == nil {
		h, err = readHead(r.Text)
	}
	switch {
	case (err != nil || h.Seq <= 0) && v.last.seq == 0 && r.row == nil:
		v.report.Before++
	case err != nil:
		v.note(Problem{Kind: Foreign, Line: r.Line, Seq: r.seq(), EntryID: r.id(),
			Text: fmt.Sprintf("this is no audit entry: %v; it was changed or put there by something else", plain(err))})
	case h.Seq <= 0:
		v.note(Problem{Kind: Foreign, Line: r.Line, Seq: r.seq(), EntryID: h.EntryID,
			Text: "this is no entry of the chain: it has no number; it was changed or put there by something else"})
	case h.Seq > maxFollowed:
		v.note(Problem{Kind: Foreign, Line: r.Line, Seq: r.seq(), EntryID: h.EntryID, Text: fmt.Sprintf(
			"its number, %d, is one that nothing could follow: it was put there by something else, and the trail "+
				"goes on without it", h.Seq)})
	default:
		v.entry(r, h)
	}
	return nil
}

func (r Record) seq() int64 {
	if r.row == nil {
		return 0
	}
	return r.row.seq
}

func (r Record) id() string {
	if r.row == nil {
		return ""
	}
	return r.row.id
}

// entry takes an entry of the chain.
func (v *verifier) entry(r Record, h head) {
	if v.report.Entries++; v.first == "" {
		v.first = h.Hash
	}
	intact := v.intact(r, h)
	fresh := v.position(r, h, intact)
	switch first, seen := v.ids[key(h.EntryID)]; {
	case !seen:
		v.ids[key(h.EntryID)] = h.Seq
	case fresh:
		v.note(Problem{Kind: Duplicated, Seq: h.Seq, Line: r.Line, EntryID: h.EntryID,
			Text: fmt.Sprintf("it records again what entry %d records", first)})
	}
	if !fresh {
		return
	}
	if r.row != nil && intact && *r.row != (row{h.Seq, h.EntryID, h.Hash}) && v.inOrder {
		v.note(Problem{Kind: Changed, Seq: h.Seq, EntryID: h.EntryID, Text: fmt.Sprintf(
			"its row was changed: the columns say entry %d, with another number, id or hash than its text", r.row.seq)})
	}
	if id, _, conflict := strings.Cut(h.EntryID, conflictMark); conflict {
		v.note(Problem{Kind: Conflict, Seq: h.Seq, Line: r.Line, EntryID: h.EntryID, Text: fmt.Sprintf(
			"it was written under an id that %s already had, with other content: one of the two is forged, or was "+
				"written by mistake", v.holderOf(id))})
	}
	if err := spelling(r.Text); err != nil {
		v.note(Problem{Kind: Respelled, Seq: h.Seq, Line: r.Line, EntryID: h.EntryID, Text: fmt.Sprintf(
			"it is spelled as no worker writes it, so that some programs read it differently: %v", err)})
	}
	v.decision(r, h)
	for _, c := range v.pending[h.Seq] {
		v.checkpoint(c, r, h)
	}
	delete(v.pending, h.Seq)
}

// holderOf names the entry that first had an id.
func (v *verifier) holderOf(id string) string {
	if seq, ok := v.ids[key(id)]; ok {
		return fmt.Sprintf("entry %d", seq)
	}
	return "another entry"
}

// intact checks an entry for itself.
func (v *verifier) intact(r Record, h head) bool {
	changed := func(text string) bool {
		v.note(Problem{Kind: Changed, Seq: h.Seq, Line: r.Line, EntryID: h.EntryID, Text: text})
		return false
	}
	hash, err := computeHash(r.Text)
	switch {
	case err != nil:
		return changed(fmt.Sprintf("it was changed: its hash cannot be computed, since %s", reason(err)))
	case hash != h.Hash:
		return changed("it was changed: its hash is not that of what it says")
	}
	return true
}

// reason is why there is no hash, without what was read.
func reason(err error) string {
	if plainer := plain(err); plainer != err {
		return plainer.Error()
	}
	return "it is no sound JSON object, or names a field twice"
}

// position checks where an entry stands, and reports whether it is seen for the first time.
func (v *verifier) position(r Record, h head, intact bool) bool {
	next := v.last.seq + 1
	v.inOrder = h.Seq == next
	switch {
	case h.Seq < next:
		return v.late(r, h)
	case h.Seq > next:
		v.missing(r, h, next)
	default:
		v.follows(r, h, intact)
	}
	v.last, v.lastID, v.line, v.changed = link{h.Seq, h.Hash}, h.EntryID, r.Line, !intact
	return true
}

// follows checks that an entry is bound to the one before it. If it is intact itself and is not, the other one is not
// what it was.
func (v *verifier) follows(r Record, h head, intact bool) {
	switch {
	case !intact || v.changed:
		// said already
	case v.last.seq > 0 && h.PrevHash != v.last.hash:
		v.note(Problem{Kind: Changed, Seq: v.last.seq, Line: v.line, EntryID: v.lastID, Text: fmt.Sprintf(
			"it was changed or replaced, and its hash computed anew: entry %d was written after another one", h.Seq)})
	case v.last.seq == 0 && h.PrevHash != r.Before && v.report.Before > 0:
		v.note(Problem{Kind: Changed, Line: 1, Text: fmt.Sprintf(
			"the lines from before the chain (1 to %d) are not what they were when the chain began; at least one was "+
				"changed, removed or added", v.report.Before)})
	case v.last.seq == 0 && h.PrevHash != r.Before:
		v.note(Problem{Kind: Missing, Seq: h.Seq, Line: r.Line, EntryID: h.EntryID,
			Text: "what stood before the first entry is missing"})
	}
}

func (v *verifier) missing(r Record, h head, next int64) {
	text := "it is missing"
	if last := h.Seq - 1; last > next {
		text = fmt.Sprintf("it is missing, and all up to entry %d", last)
	}
	if v.last.seq == 0 {
		text += ": the trail does not begin at its beginning"
	} else {
		text += fmt.Sprintf(": entry %d is followed by entry %d", v.last.seq, h.Seq)
	}
	if len(v.report.Problems) < maxProblems {
		v.gaps = append(v.gaps, gap{next, h.Seq - 1, len(v.report.Problems)})
	}
	v.note(Problem{Kind: Missing, Seq: next, Line: r.Line, Text: text})
}

// late takes an entry that stands after one with a higher number, and reports whether it is seen for the first time.
func (v *verifier) late(r Record, h head) bool {
	i := slices.IndexFunc(v.gaps, func(g gap) bool { return g.from <= h.Seq && h.Seq <= g.to })
	if i < 0 {
		v.note(Problem{Kind: Duplicated, Seq: h.Seq, Line: r.Line, EntryID: h.EntryID,
			Text: "the trail has an entry of this number already; this is a copy or a forgery"})
		return false
	}
	g := v.gaps[i]
	v.gaps = slices.Delete(v.gaps, i, i+1)
	p := &v.report.Problems[g.problem]
	if g.from == h.Seq {
		*p = Problem{Kind: Reordered, Seq: h.Seq, Line: r.Line, EntryID: h.EntryID,
			Text: fmt.Sprintf("it stands after entry %d; the order was changed", v.last.seq)}
		if g.from++; g.from <= g.to {
			v.gaps = append(v.gaps, g)
		}
		return true
	}
	// Of a longer run that is gone, a later one turns up first.
	if h.Seq < g.to {
		v.gaps = append(v.gaps, gap{h.Seq + 1, g.to, g.problem})
	}
	g.to = h.Seq - 1
	v.gaps = append(v.gaps, g)
	return true
}

// decision has the signature of a decision checked.
func (v *verifier) decision(r Record, h head) {
	entry, err := r.Entry()
	if err != nil {
		v.note(Problem{Kind: Changed, Seq: h.Seq, Line: r.Line, EntryID: h.EntryID,
			Text: fmt.Sprintf("it is no audit entry that this program knows: %v", errors.Unwrap(err))})
		return
	}
	if entry.Decision == nil || !entry.Decision.Accepted {
		return
	}
	if entry.Decision.Signature == "" {
		if v.checks.Signed {
			v.note(Problem{Kind: BadSignature, Seq: h.Seq, Line: r.Line, EntryID: h.EntryID,
				Text: "this decision was accepted without a signature"})
		}
		return
	}
	if v.checks.Decision == nil {
		v.report.Unchecked++
		return
	}
	v.report.Signatures++
	if err := v.checks.Decision(*entry.Decision); err != nil {
		v.note(Problem{Kind: BadSignature, Seq: h.Seq, Line: r.Line, EntryID: h.EntryID,
			Text: fmt.Sprintf("the signature of this decision is not right: %v", err)})
	}
}

// checkpoint compares the entry that a checkpoint names.
func (v *verifier) checkpoint(c schemas.Checkpoint, r Record, h head) {
	if c.Hash == h.Hash {
		v.report.Checkpoints++
		v.agreed = &c
		return
	}
	if v.ofAnother(c) {
		return
	}
	text := fmt.Sprintf("it is not the entry that the checkpoint of %s names: it was rewritten, or one before it "+
		"was, with all that follow", when(c))
	if v.agreed != nil {
		text += fmt.Sprintf("; up to entry %d the trail agrees with the checkpoint of %s", v.agreed.Seq,
			when(*v.agreed))
	}
	v.note(Problem{Kind: Rewritten, Seq: h.Seq, Line: r.Line, EntryID: h.EntryID, Text: text})
}

// ofAnother reports whether a checkpoint, whose entry is not here, was made of another trail, and notes that. One whose
// entry is here was made of this one, wherever it is kept now.
func (v *verifier) ofAnother(c schemas.Checkpoint) bool {
	if c.Trail == "" || c.Trail == v.first || v.first == "" {
		return false
	}
	v.note(Problem{Kind: OtherTrail, Text: fmt.Sprintf(
		"the checkpoint of %s is of another trail: its first entry has the hash %s, and this one's %s; if it was "+
			"made of this trail, the whole trail was written anew since", when(c), shown(c.Trail), shown(v.first))})
	return true
}

// end notes what only the end shows.
func (v *verifier) end() {
	v.report.Head = v.last.receipt()
	v.report.Head.Trail = v.first
	var absent []schemas.Checkpoint
	for seq, checkpoints := range v.pending {
		if seq > v.last.seq {
			absent = append(absent, checkpoints...)
		}
	}
	slices.SortFunc(absent, func(a, b schemas.Checkpoint) int {
		return cmp.Or(cmp.Compare(b.Seq, a.Seq),
			b.Time.Compare(a.Time))
	})
	if absent = slices.DeleteFunc(absent, v.ofAnother); len(absent) == 0 {
		return
	}
	text := fmt.Sprintf("the trail ends here: the checkpoint of %s names entry %d, which was cut off with all after "+
		"entry %d", when(absent[0]), absent[0].Seq, v.last.seq)
	if v.last.seq == 0 {
		text = fmt.Sprintf("the trail has no entries: the checkpoint of %s names entry %d", when(absent[0]),
			absent[0].Seq)
	}
	v.note(Problem{Kind: CutOff, Seq: v.last.seq + 1, Line: 0, Text: text})
}
