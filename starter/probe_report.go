package main

import (
	"fmt"
	"strings"

	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// tellProbed prints a report: as JSON, or as a table with a chart on a terminal.
func (o *probeOptions) tellProbed(in schemas.ProbeInput, r *schemas.ProbeReport) error {
	if o.machine() {
		return o.print(probed{in.Name, *r})
	}
	columns := 0
	if o.out.Terminal() {
		columns, _ = o.out.Size()
	}
	o.out.Print(reportLines(in, r, columns)...)
	if strings.HasPrefix(r.ErrorCode, "credential_") {
		o.err.Printf("Here it is this command's own environment that counts; a worker reads the same variables from " +
			"its own.")
	}
	return nil
}

// reportLines is a report for people, on a terminal of so many columns, or elsewhere (0).
func reportLines(in schemas.ProbeInput, r *schemas.ProbeReport, columns int) []console.Line {
	style, mark := console.Good, "✓ "
	if r.Status != schemas.ProbePass {
		style, mark = console.Bad, "✗ "
	}
	lines := []console.Line{console.Styled(style, mark+string(r.Status)).And(console.Plain, "  ").And(console.Strong,
		in.Name)}
	t := table{}
	t.row("reason", r.Error)
	t.row("reason code", r.ErrorCode)
	t.row("endpoint", endpointText(in, r.Details))
	t.row("connection", connectionText(r.Details))
	probeRows(&t, r.Details)
	lines = append(lines, t.lines()...)
	all := samplesOf(r.Details)
	if len(all) == 0 {
		return lines
	}
	lines = append(append(lines, nil), sampleTable(all, columns)...)
	lines = append(lines, sampleReasons(all, r.Error)...)
	if chart := chartLines(all, columns); chart != nil {
		lines = append(append(lines, nil), chart...)
	}
	return lines
}

func endpointText(in schemas.ProbeInput, d *schemas.ProbeDetails) string {
	if d == nil || d.URL == "" {
		return ""
	}
	how := "not streamed"
	if d.Streamed {
		how = "streamed"
	}
	return fmt.Sprintf("%s (%s, model %s, %s)", d.URL, in.Architecture, d.Model, how)
}

// connectionText shows what making the connection took. It is the cold sample's: the warm ones find it made.
func connectionText(d *schemas.ProbeDetails) string {
	if d == nil || d.Cold == nil {
		return ""
	}
	var parts []string
	for _, p := range []struct {
		name string
		ms   float64
	}{{"DNS", d.Cold.DNSMs}, {"connect", d.Cold.ConnectMs}, {"TLS", d.Cold.TLSMs}} {
		if p.ms > 0 {
			parts = append(parts, p.name+" "+words.Millis(p.ms))
		}
	}
	return strings.Join(parts, ", ")
}
