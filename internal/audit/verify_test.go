package audit

import "testing"

func verified(t *testing.T, s Source, c Checks) Report {
	t.Helper()
	report, err := Verify(t.Context(), s, c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// wantProblem fails unless the first problem is this one, whose text is not compared.
func wantProblem(t *testing.T, r Report, want Problem) {
	t.Helper()
	if r.OK() {
		t.Fatalf("nothing was found; want %+v", want)
	}
	got := r.Problems[0]
	if got.Text == "" {
		t.Error("the problem has no sentence")
	}
	got.Text = ""
	if got != want {
		t.Errorf("first problem %+v, want %+v; all: %v", got, want, r.Problems)
	}
}
