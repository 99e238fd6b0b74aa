package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/starter/console"
)

var probedInput = schemas.ProbeInput{Name: "production-llm-v2", Architecture: schemas.OpenAI}

// thinking is the report of a model that thinks first, of which one warm sample failed.
func thinking() *schemas.ProbeReport {
	sample := func(ttft, text, total float64) schemas.ProbeSample {
		return schemas.ProbeSample{Status: schemas.ProbePass, ResponseCode: 200, LatencyMs: total, TTFTMs: ttft, VisibleTTFTMs: text,
			Bytes: 1423, Tokens: 29, FinishReason: "stop", AnswerMatches: true}
	}
	cold := sample(1210, 1830, 2412)
	cold.DNSMs, cold.ConnectMs, cold.TLSMs = 3.21, 12, 31.4
	return &schemas.ProbeReport{Status: schemas.ProbePass, LatencyMs: 830, ResponseCode: 200, Details: &schemas.ProbeDetails{
		URL: "https://api.example.com/v1/chat/completions", Model: "large", Streamed: true, Cold: &cold,
		Warm: []schemas.ProbeSample{sample(312, 640, 812), {
			Status: schemas.ProbeFail, ErrorCode: "overloaded", Error: "The endpoint is\n\x1b[31moverloaded.", ResponseCode: 503, LatencyMs: 9.25,
		}, sample(401, 700, 848)},
		Latency:    &schemas.Distribution{Min: 812, Median: 830, P95: 848, Max: 848},
		TTFT:       &schemas.Distribution{Min: 312, Median: 356.5, P95: 401, Max: 401},
		TokensPerS: 34.94, TokensUsed: 87, TokenBudget: 4096, Adapted: []string{"temperature refused: left out"},
	}}
}

func text(lines []console.Line) string {
	var b strings.Builder
	(&console.Printer{W: &b}).Print(lines...)
	return "\n" + b.String()
}

func TestAReportIsATableWithItsSummary(t *testing.T) {
	require.Equal(t, `
✓ PASS  production-llm-v2
  endpoint     https://api.example.com/v1/chat/completions (openai, model large, streamed)
  connection   DNS 3.2ms, connect 12ms, TLS 31ms
  latency      min 812ms, median 830ms, p95 848ms, max 848ms
  first token  min 312ms, median 356ms, p95 401ms, max 401ms
  speed        34.9 tokens/s
  tokens       87 of at most 4096
  adapted      temperature refused: left out

  SAMPLE  STATUS    1ST TOKEN  1ST TEXT  TOTAL    DNS  CONNECT   TLS  BYTES  TOKENS  FINISH  ANSWER
  cold    PASS           1.2s      1.8s   2.4s  3.2ms     12ms  31ms   1423      29  stop    right
  warm 1  PASS          312ms     640ms  812ms      –        –     –   1423      29  stop    right
  warm 2  FAIL 503          –         –  9.2ms      –        –     –      –       –  –       –
  warm 3  PASS          401ms     700ms  848ms      –        –     –   1423      29  stop    right
  ! warm 2: overloaded: The endpoint is overloaded.
`, text(reportLines(probedInput, thinking(), 0)))
}

func TestOnATerminalAChartIsScaledToItsWidth(t *testing.T) {
	_, chart, _ := strings.Cut(text(reportLines(probedInput, thinking(), 60)), "overloaded.\n")
	require.Equal(t, `
  cold    █████████████████████░░░░░░░░░░░░░░░░░░░░ 2.4s
  warm 1  █████░░░░░░░░░ 812ms
  warm 2  █ 9.2ms
  warm 3  ███████░░░░░░░ 848ms
          █ until the first token  ░ until the end
`, chart)
}

func TestNoLineOfTableAndChartIsWiderThanItsTerminal(t *testing.T) {
	for _, columns := range []int{80, 90, 100, 120, 300} {
		all := samplesOf(thinking().Details)
		for _, l := range append(sampleTable(all, columns), chartLines(all, columns)...) {
			require.Less(t, console.Width(l.String()), columns, l.String())
		}
	}
	require.Empty(t, chartLines(samplesOf(thinking().Details), 25), "a bar of two cells says nothing")
}

func TestAFailWithoutASampleIsItsReason(t *testing.T) {
	r := &schemas.ProbeReport{Status: schemas.ProbeFail, ErrorCode: "credential_missing", Error: "There is no token.",
		Details: &schemas.ProbeDetails{}}
	require.Equal(t, `
✗ FAIL  production-llm-v2
  reason       There is no token.
  reason code  credential_missing
`, text(reportLines(probedInput, r, 80)))
}

func TestAnswersThatWereNotStreamedHaveNoFirstToken(t *testing.T) {
	r := &schemas.ProbeReport{Status: schemas.ProbeFail, ErrorCode: "answer_mismatch", Error: "The answer is not right.", Details: &schemas.ProbeDetails{
		URL: "https://api.example.com/v2/chat", Model: "small",
		Cold: &schemas.ProbeSample{Status: schemas.ProbeFail, ResponseCode: 200, LatencyMs: 100, Bytes: 80, FinishReason: "COMPLETE",
			ErrorCode: "answer_mismatch", Error: "The answer is not right."},
	}}
	require.Equal(t, `
✗ FAIL  production-llm-v2
  reason       The answer is not right.
  reason code  answer_mismatch
  endpoint     https://api.example.com/v2/chat (openai, model small, not streamed)

  SAMPLE  STATUS  TOTAL  BYTES  FINISH    ANSWER
  cold    FAIL    100ms     80  COMPLETE  wrong

  cold  ███████████████████████ 100ms
`, text(reportLines(probedInput, r, 40)))
}
