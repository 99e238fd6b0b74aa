package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// sample is one sample of a report, with what the reader knows it by.
type sample struct {
	label string
	schemas.ProbeSample
}

// samplesOf lists a report's samples in the order in which they were taken.
func samplesOf(d *schemas.ProbeDetails) []sample {
	if d == nil {
		return nil
	}
	var all []sample
	if d.Cold != nil {
		all = append(all, sample{"cold", *d.Cold})
	}
	for i, s := range d.Warm {
		all = append(all, sample{fmt.Sprintf("warm %d", i+1), s})
	}
	if d.Registered != nil {
		all = append(all, sample{"registered", *d.Registered})
	}
	return all
}

// sampleColumn is a column of the samples' table. One that is empty in every row is left out.
type sampleColumn struct {
	title  string
	figure bool // flush right
	wide   bool // only where there is room for it
	cell   func(sample) string
}

var sampleColumns = []sampleColumn{
	{title: "SAMPLE", cell: func(s sample) string { return s.label }},
	{title: "STATUS", cell: statusCell},
	{title: "1ST TOKEN", figure: true, cell: func(s sample) string { return timeCell(s.TTFTMs) }},
	{title: "1ST TEXT", figure: true, cell: func(s sample) string { return timeCell(s.VisibleTTFTMs) }},
	{title: "TOTAL", figure: true, cell: func(s sample) string { return timeCell(s.LatencyMs) }},
	{title: "DNS", figure: true, wide: true, cell: func(s sample) string { return timeCell(s.DNSMs) }},
	{title: "CONNECT", figure: true, wide: true, cell: func(s sample) string { return timeCell(s.ConnectMs) }},
	{title: "TLS", figure: true, wide: true, cell: func(s sample) string { return timeCell(s.TLSMs) }},
	{title: "BYTES", figure: true, cell: func(s sample) string { return countCell(s.Bytes) }},
	{title: "TOKENS", figure: true, cell: func(s sample) string { return countCell(int64(s.Tokens)) }},
	{title: "FINISH", cell: func(s sample) string { return s.FinishReason }},
	{title: "ANSWER", cell: answerCell},
}

// fullTable is about how wide the table is with every column.
const fullTable = 100

// sampleTable shows a row for each sample.
func sampleTable(all []sample, columns int) []console.Line {
	rows := make([][]console.Span, len(all)+1)
	var flushRight []int
	for _, c := range sampleColumns {
		empty := !slices.ContainsFunc(all, func(s sample) bool { return c.cell(s) != "" })
		if empty || c.wide && columns > 0 && columns < fullTable {
			continue
		}
		if c.figure {
			flushRight = append(flushRight, len(rows[0]))
		}
		rows[0] = append(rows[0], console.Span{Style: console.Strong, Text: c.title})
		for i, s := range all {
			rows[i+1] = append(rows[i+1], cell(c.cell(s)))
		}
	}
	return indented(console.Columns(rows, flushRight...))
}

func cell(text string) console.Span {
	switch {
	case text == "":
		return console.Span{Style: console.Faint, Text: "–"}
	case text == wrong, strings.HasPrefix(text, string(schemas.ProbeFail)):
		return console.Span{Style: console.Bad, Text: text}
	}
	return console.Span{Text: text}
}

// What the answer's check came to.
const (
	right = "right"
	wrong = "wrong"
)

// answerCell tells a wrong answer from one that was not there to be judged.
func answerCell(s sample) string {
	switch {
	case s.AnswerMatches:
		return right
	case strings.HasPrefix(s.ErrorCode, "answer_"):
		return wrong
	}
	return ""
}

// statusCell leaves out the one HTTP status that is no news.
func statusCell(s sample) string {
	if s.ResponseCode == 0 || s.ResponseCode == 200 {
		return string(s.Status)
	}
	return fmt.Sprintf("%s %d", s.Status, s.ResponseCode)
}

func timeCell(ms float64) string {
	if ms <= 0 {
		return ""
	}
	return words.Millis(ms)
}

func countCell(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// sampleReasons says why samples failed, where the report's own reason does not.
func sampleReasons(all []sample, said string) []console.Line {
	var lines []console.Line
	for _, s := range all {
		if s.Error != "" && !strings.Contains(said, s.Error) {
			lines = append(lines, console.Styled(console.Alert,
				fmt.Sprintf("  ! %s: %s: %s", s.label, s.ErrorCode, s.Error)))
		}
	}
	return lines
}

func indented(lines []console.Line) []console.Line {
	for i, l := range lines {
		lines[i] = append(console.Text("  "), l...)
	}
	return lines
}
