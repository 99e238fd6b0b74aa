package audit

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// index knows which entries a trail in a file holds, as far as it has been read. A hash stands for an id, so that a
// trail of a million entries costs some 50 MB.
type index struct {
	entries map[[16]byte]int64 // where an entry's line begins
	offset  int64              // end of the last whole line that was read
	lines   int                // up to there
	first   string             // hash of the chain's first entry, if there is one
	last    link               // the chain's last entry
	lastAt  int64              // where its line begins
}

func newIndex() *index { return &index{entries: map[[16]byte]int64{}} }

// end is what the next entry is to follow: the chain's last entry or, where the chain is to begin, the lines that were
// there before it.
func (x *index) end(file *os.File) (link, error) {
	if x.last.seq > 0 {
		return x.last, nil
	}
	before, err := hashBefore(file, x.offset)
	return link{0, before}, err
}

// hashBefore is what the first entry's prevHash must be when the chain begins at this offset: 64 zeros at the beginning
// of the file, otherwise SHA-256 over the bytes before, which so cannot be changed either.
func hashBefore(file *os.File, offset int64) (string, error) {
	if offset == 0 {
		return noHash, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(file, 0, offset)); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func key(id string) [16]byte {
	sum := sha256.Sum256([]byte(id))
	return [16]byte(sum[:16])
}

// find returns the place of an entry in the chain, if the trail holds it.
func (x *index) find(file *os.File, id string) (s stored, found bool, err error) {
	offset, ok := x.entries[key(id)]
	if !ok {
		return stored{}, false, nil
	}
	text, err := textAt(file, offset)
	if err != nil {
		return stored{}, false, err
	}
	h, err := readHead(text)
	if err != nil || h.EntryID != id {
		return stored{}, false, nil // it was changed in its place; what it said is written again at the end
	}
	return stored{link{h.Seq, h.Hash}, text}, true, nil
}

func textAt(file *os.File, offset int64) ([]byte, error) {
	l, err := readLine(bufio.NewReader(io.NewSectionReader(file, offset, maxLine)), io.Discard)
	return l.text, err
}

// wrote takes in an entry that was written at the end.
func (x *index) wrote(s sealed) {
	x.entries[key(s.id)] = x.offset
	if x.last.seq == 0 {
		x.first = s.at.hash
	}
	x.lastAt, x.last = x.offset, s.at
	x.offset += int64(len(s.text)) + 1
	x.lines++
}

// passed takes in a line that was read. Its error says why it is not the chain's next entry.
func (x *index) passed(file *os.File, l line) error {
	start, prev := x.offset, x.last
	x.offset += l.size
	x.lines++
	var h head
	err := l.err
	if err == nil {
		h, err = readHead(l.text)
	}
	switch {
	case err != nil:
		return err
	case h.Seq > maxFollowed:
		return errUnfollowable
	case h.Seq > 0:
		x.entries[key(h.EntryID)] = start
	case prev.seq == 0:
		return nil // before the chain
	default:
		return errNotChained
	}
	if prev.seq == 0 {
		if prev.hash, err = hashBefore(file, start); err != nil {
			return err
		}
		x.first = h.Hash
	}
	// A number is never given twice, so that a damaged end shows as damage.
	if h.Seq > x.last.seq {
		x.lastAt, x.last = start, link{h.Seq, h.Hash}
	}
	if h.Seq != prev.seq+1 || h.PrevHash != prev.hash {
		return fmt.Errorf("entry %d does not follow what stands before it", h.Seq)
	}
	return nil
}

var errUnfollowable = errors.New("its number is one that nothing could follow; the trail goes on as if it were not " +
	"there")

var errNotChained = errors.New("it is no entry of the chain")

// catchUp reads what was appended since the last time. It returns the last line if that one has no line break, and
// calls bad with each line that is not the chain's next entry.
func (x *index) catchUp(file *os.File, bad func(number int, err error)) (torn *line, err error) {
	r := bufio.NewReader(io.NewSectionReader(file, x.offset, 1<<62))
	for {
		l, err := readLine(r, io.Discard)
		switch {
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil:
			return nil, err
		case !l.whole:
			return &l, nil
		}
		if err := x.passed(file, l); err != nil {
			bad(x.lines, err)
		}
	}
}
