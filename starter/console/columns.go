package console

import "strings"

// Columns lays cells out in columns, two spaces apart and as wide as their widest cell. The numbers say which columns,
// counted from 0, are flush right.
func Columns(rows [][]Span, flushRight ...int) []Line {
	right := map[int]bool{}
	for _, column := range flushRight {
		right[column] = true
	}
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Width(Clean(cell.Text)))
		}
	}
	lines := make([]Line, len(rows))
	for n, row := range rows {
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-Width(Clean(cell.Text)))
			if i > 0 {
				lines[n] = append(lines[n], Span{Plain, "  "})
			}
			if right[i] {
				lines[n] = append(lines[n], Span{Plain, space}, cell)
			} else {
				lines[n] = append(lines[n], cell, Span{Plain, space})
			}
		}
	}
	return lines
}

// Table prints rows in columns. On a terminal that is too narrow for them, those of the spare columns, counted from 0
// and in this order, are left out that have to be, and named below. The first row has the titles.
func (p *Printer) Table(rows [][]Span, spare ...int) {
	var left []string
	for p.Terminal() && len(spare) > 0 && len(rows) > 0 {
		columns, _ := p.Size()
		if lines := Columns(rows); widest(lines) <= columns {
			break
		}
		left = append(left, rows[0][spare[0]].Text)
		narrower := make([][]Span, len(rows))
		for n, row := range rows {
			narrower[n] = append(append([]Span{}, row[:spare[0]]...), row[spare[0]+1:]...)
		}
		rest := make([]int, 0, len(spare))
		for _, column := range spare[1:] {
			if column > spare[0] {
				column--
			}
			rest = append(rest, column)
		}
		rows, spare = narrower, rest
	}
	p.Print(Columns(rows)...)
	if len(left) > 0 {
		p.Print(Styled(Faint, "Too narrow for "+strings.Join(left, ", ")+"; --output json has all."))
	}
}

// widest is the width of the widest line, without the space at its end.
func widest(lines []Line) (columns int) {
	for _, l := range lines {
		text := ""
		for _, s := range l {
			text += Clean(s.Text)
		}
		columns = max(columns, Width(strings.TrimRight(text, " ")))
	}
	return columns
}
