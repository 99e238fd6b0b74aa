package audit

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"io"
	"os"
)

// index knows which entries a trail holds, as far as it has been read. A hash stands for an id, so that a trail of
// a million entries costs some 40 MB.
type index struct {
	ids    map[[16]byte]struct{}
	offset int64 // end of the last whole line that was read
	lines  int   // up to there
}

func newIndex() *index { return &index{ids: map[[16]byte]struct{}{}} }

func key(id string) [16]byte {
	sum := sha256.Sum256([]byte(id))
	return [16]byte(sum[:16])
}

func (x *index) has(id string) bool {
	_, ok := x.ids[key(id)]
	return ok
}

// add takes in a line that ends at the index's offset plus size.
func (x *index) add(id string, size int64) {
	if id != "" {
		x.ids[key(id)] = struct{}{}
	}
	x.offset += size
	x.lines++
}

// catchUp reads what was appended since the last time. It returns the last line if that one has no line break, and
// calls bad with each line that is no entry.
func (x *index) catchUp(file *os.File, bad func(number int, err error)) (torn *line, err error) {
	r := bufio.NewReader(io.NewSectionReader(file, x.offset, 1<<62))
	for {
		l, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if !l.whole {
			return &l, nil
		}
		id, err := "", l.err
		if err == nil {
			id, err = entryID(l.text)
		}
		x.add(id, l.size)
		if err != nil {
			bad(x.lines, err)
		}
	}
}
