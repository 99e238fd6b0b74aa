package activities

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

// serverLimit is the size from which on the server cuts a failure.
const serverLimit = 4 << 10

// wantWhole requires that the failure of an error reaches the workflow uncut.
func wantWhole(t *testing.T, err error) *temporal.ApplicationError {
	t.Helper()
	f := temporal.GetDefaultFailureConverter().ErrorToFailure(err)
	require.Less(t, proto.Size(f), serverLimit-512, "an encryption needs some room")
	require.True(t, utf8.ValidString(f.GetMessage()))
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	return app
}

func TestALongFailureStaysBelowTheServersLimitWithItsDetails(t *testing.T) {
	for name, long := range map[string]string{
		"letters": strings.Repeat("x", 20_000), "runes": "x" + strings.Repeat("ä", 9_000),
		"wide runes": strings.Repeat("😀", 5_000), "no text": strings.Repeat("\xffx", 9_000),
	} {
		t.Run(name, func(t *testing.T) {
			app := wantWhole(t, fatal(schemas.ErrInternal, long, schemas.ErrorDetails{ModelID: "m-1"}))
			require.LessOrEqual(t, len(app.Message()), maxMessageBytes)
			require.True(t, strings.HasSuffix(app.Message(), "…"))
			require.Equal(t, "m-1", details(t, app).ModelID)

			e := &gateway.Error{Type: schemas.ErrBadRequest, Status: 400, Message: long, CorrelationID: "c-1", Code: "a.code"}
			for i := range 200 {
				e.Fields = append(e.Fields, schemas.FieldDetail{Field: fmt.Sprintf("field-%d", i), Code: "bad"})
			}
			app = wantWhole(t, platformError(t.Context(), e))
			d := details(t, app)
			require.Equal(t, "c-1", d.CorrelationID)
			require.Equal(t, "a.code", d.Code)
			require.Contains(t, d.Fields, e.Fields[0])
			require.Less(t, len(d.Fields), len(e.Fields))
		})
	}
}

func TestAShortFailureIsLeftAsItIs(t *testing.T) {
	require.Equal(t, "it failed: ä", wantWhole(t, fatal(schemas.ErrInternal, "it failed: ä")).Message())
	list := []schemas.Violation{{Path: "name", Code: schemas.CodeMissing, Message: "is missing"}}
	require.Equal(t, list, cutViolations(list))
}

func TestManyViolationsAreCutAndTheRestIsCounted(t *testing.T) {
	for name, text := range map[string]string{
		"short": "is unknown", "long": strings.Repeat("ä", 5_000), "escaped": strings.Repeat("<", 5_000),
	} {
		t.Run(name, func(t *testing.T) {
			var all []schemas.Violation
			for i := range 60 {
				all = append(all, schemas.Violation{Path: fmt.Sprintf("parameters.p%d", i), Code: schemas.CodeUnknownKey, Message: text})
			}
			var list []schemas.Violation
			require.NoError(t, wantWhole(t, temporal.NewPayloadValidationError(cutViolations(all))).Details(&list))
			kept := len(list) - 1
			require.Positive(t, kept)
			require.Equal(t, schemas.CodeTooMany, list[kept].Code)
			require.Equal(t, fmt.Sprintf("has %d more violations than these %d", 60-kept, kept), list[kept].Message)
			again := cutViolations(append(all, schemas.Violation{Code: schemas.CodeTooMany, Message: "has more"}))
			require.Contains(t, again[len(again)-1].Message, "at least")
		})
	}
}
