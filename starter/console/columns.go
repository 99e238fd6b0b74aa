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
