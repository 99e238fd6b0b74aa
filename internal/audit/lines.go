package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds a line, its line break included.
const maxLine = maxEntry + 1

var errTooLong = fmt.Errorf("it is longer than %d bytes", maxEntry)

// line is one line of a trail as it was read.
type line struct {
	text  []byte // without the line break; empty when the line is too long
	size  int64  // in the file, the line break included
	err   error  // errTooLong, or nil
	whole bool   // it ends in a line break
}

// readLine reads the next line; at the end of the file it returns io.EOF. A line that is too long is read past, and
// never held in memory. What is read is written to copied.
func readLine(r *bufio.Reader, copied io.Writer) (line, error) {
	var l line
	for {
		part, err := r.ReadSlice('\n')
		_, _ = copied.Write(part)
		l.size += int64(len(part))
		if l.size > maxLine {
			l.text, l.err = nil, errTooLong
		} else {
			l.text = append(l.text, part...)
		}
		switch {
		case err == nil:
			l.whole = true
			if l.err == nil {
				l.text = l.text[:len(l.text)-1]
			}
			return l, nil
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && l.size > 0:
			return l, nil
		default:
			return l, err
		}
	}
}
