package audit

import (
	"testing"

	"model-registrar/schemas"
)

func TestAttack_AnAcceptedDecisionWithoutASignatureIsFound(t *testing.T) {
	path := t.TempDir() + "/trail"
	target, err := ParseTarget("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	trail, err := target.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	e := entryOf("forged")
	e.Event, e.Decision = schemas.AuditDecision, &schemas.AuditedDecision{Accepted: true, KeyFingerprint: "SHA256:bob's"}
	if _, err := trail.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	for signed, problems := range map[bool]int{true: 1, false: 0} {
		r, err := Verify(t.Context(), target.Source(), Checks{Signed: signed})
		if err != nil || len(r.Problems) != problems {
			t.Errorf("%v %v", r.Problems, err)
		}
	}
}
