package genesys

import (
	"strings"
	"testing"
	"unicode"
)

func FuzzErrorBody(f *testing.F) {
	for _, seed := range []string{
		`{"message":"m","code":"invalid.value","status":400,"contextId":"c","messageParams":{"permissions":"p"},"details":[{"errorCode":"e","fieldName":"f"}],"errors":[{"details":[{"fieldName":"g"}]}]}`,
		`{"message":5,"details":{},"errors":"x"}`, `[]`, `null`, `"s"`, ``, `{"errors":[{"errors":[{"errors":[{"errors":[]}]}]}]}`,
		`{"message":"the-secret\u202e\nthe-secret"}`,
	} {
		f.Add([]byte(seed))
	}
	r := newRedactor("id", []string{"the-secret"})
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := parseErrorBody(raw, r)
		texts := []string{b.Code, b.Message, b.ContextID, b.Permissions}
		for _, d := range b.Fields {
			texts = append(texts, d.Field, d.Code)
		}
		if len(b.Fields) > maxFields {
			t.Errorf("%d fields", len(b.Fields))
		}
		for _, s := range append(texts, b.String()) {
			if strings.Contains(s, "the-secret") {
				t.Errorf("the secret is in %q", s)
			}
			if strings.IndexFunc(s, unicode.IsControl) >= 0 {
				t.Errorf("a control character is in %q", s)
			}
		}
		for _, s := range texts {
			if len([]rune(s)) > maxMessage {
				t.Errorf("%d characters", len([]rune(s)))
			}
		}
	})
}
