package probe

import (
	"strings"
	"testing"
)

func TestFormattingAroundTheAnswerIsForgivenAndNothingElse(t *testing.T) {
	for _, right := range []string{
		"VALIDATION_SUCCESS", " VALIDATION_SUCCESS\n", "VALIDATION_SUCCESS.", `"VALIDATION_SUCCESS"`, `"VALIDATION_SUCCESS."`,
		`"VALIDATION_SUCCESS".`, "'VALIDATION_SUCCESS'", "“VALIDATION_SUCCESS”", "«VALIDATION_SUCCESS»",
		"**VALIDATION_SUCCESS**", "*VALIDATION_SUCCESS*", "__VALIDATION_SUCCESS__", "_VALIDATION_SUCCESS_", "***VALIDATION_SUCCESS***",
		"**VALIDATION_SUCCESS.**", "**VALIDATION_SUCCESS**.", "`VALIDATION_SUCCESS`", "``VALIDATION_SUCCESS``", "**`VALIDATION_SUCCESS`**",
		"```\nVALIDATION_SUCCESS\n```", "```text\nVALIDATION_SUCCESS\n```\n", "~~~\nVALIDATION_SUCCESS\n~~~", "```VALIDATION_SUCCESS```",
		"\"**VALIDATION_SUCCESS**\"",
	} {
		if !matches(right) {
			t.Errorf("%q is not forgiven", right)
		}
	}
	for _, wrong := range []string{
		"", "VALIDATION_SUCCESS..", "VALIDATION_SUCCESS!", "validation_success", "VALIDATION SUCCESS", "VALIDATION\\_SUCCESS",
		`"VALIDATION_SUCCESS`, `VALIDATION_SUCCESS"`, `""VALIDATION_SUCCESS""`, `"VALIDATION_SUCCESS.".`,
		"****VALIDATION_SUCCESS****", "**VALIDATION_SUCCESS", "**`VALIDATION_SUCCESS` is it**", "```\nVALIDATION_SUCCESS\n```\nDone.", "# VALIDATION_SUCCESS",
		"- VALIDATION_SUCCESS", "<b>VALIDATION_SUCCESS</b>", "VALIDATION_SUCCESS VALIDATION_SUCCESS", "Sure: VALIDATION_SUCCESS", `"`, ".",
	} {
		if matches(wrong) {
			t.Errorf("%q is forgiven", wrong)
		}
	}
}

func TestALoopIsTheSameTextAtLeastThreeTimes(t *testing.T) {
	for _, loop := range []string{
		strings.Repeat("VALIDATION_SUCCESS ", 3), strings.Repeat("VALIDATION_SUCCESS\n", 9) + "VALID", strings.Repeat("a", 50),
		strings.Repeat("I am here. ", 4),
	} {
		if !loops(loop) {
			t.Errorf("%q is not seen to loop", loop)
		}
	}
	for _, other := range []string{"", "no no no", "VALIDATION_SUCCESS VALIDATION_SUCCESS", "Sure! VALIDATION_SUCCESS", "I cannot do that."} {
		if loops(other) {
			t.Errorf("%q is taken for a loop", other)
		}
	}
}

func TestASecretInAProvidersMessageIsNotRepeated(t *testing.T) {
	for _, message := range []string{
		"Incorrect API key provided: sk-proj-abcdef", "invalid token: hunter22", "Bearer hunter22 is not known",
		"unknown credential aGVsbG8gd29ybGQgYWdhaW4hIQ",
	} {
		got := (apiError{messages: []string{message}}).quotable()
		for _, secret := range []string{"sk-proj", "hunter22", "aGVsbG8"} {
			if strings.Contains(got, secret) {
				t.Errorf("%q becomes %q", message, got)
			}
		}
	}
	plain := "This model's maximum context length is 4096 tokens"
	if got := (apiError{messages: []string{plain}}).quotable(); got != plain {
		t.Errorf("a harmless message becomes %q", got)
	}
}
