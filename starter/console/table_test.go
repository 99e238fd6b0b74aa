package console

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// row is a row of plain cells.
func row(texts ...string) (cells []Span) {
	for _, text := range texts {
		cells = append(cells, Span{Text: text})
	}
	return cells
}

func TestATableLeavesOutWhatATerminalHasNoRoomForAndSaysSo(t *testing.T) {
	rows := [][]Span{row("NAME", "STATE", "PAYLOAD", "MODEL"), row("one", "ACTIVE", "f185f95b7d4a", "d0b6759c-3ed7")}
	for columns, want := range map[int]string{
		0:  "NAME  STATE   PAYLOAD       MODEL\none   ACTIVE  f185f95b7d4a  d0b6759c-3ed7\n", // no terminal
		41: "NAME  STATE   PAYLOAD       MODEL\none   ACTIVE  f185f95b7d4a  d0b6759c-3ed7\n",
		40: "NAME  STATE   MODEL\none   ACTIVE  d0b6759c-3ed7\nToo narrow for PAYLOAD; --output json has all.\n",
		20: "NAME  STATE\none   ACTIVE\nToo narrow for PAYLOAD, MODEL; --output json has all.\n",
		5:  "NAME  STATE\none   ACTIVE\nToo narrow for PAYLOAD, MODEL; --output json has all.\n",
	} {
		var out bytes.Buffer
		p := Printer{W: &out}
		if columns > 0 {
			p.Size = func() (int, int) { return columns, 24 }
		}
		p.Table(rows, 2, 3)
		require.Equal(t, want, out.String(), columns)
	}
	require.Equal(t, "PAYLOAD", rows[0][2].Text, "the rows are the caller's")
}
