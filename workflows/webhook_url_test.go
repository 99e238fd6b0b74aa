package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestAWebhookURLThatIsAmongTheViolationsIsNotCalled(t *testing.T) {
	for name, c := range map[string]struct {
		violations []schemas.Violation
		called     bool
	}{
		"it is the violation":      {[]schemas.Violation{{Path: "webhook_callback_url", Message: "must be https"}}, false},
		"it is one of several":     {[]schemas.Violation{{Path: "name", Message: "is missing"}, {Path: "webhook_callback_url", Message: "must be https"}}, false},
		"it may be one not listed": {[]schemas.Violation{{Path: "name", Message: "is missing"}, {Code: schemas.CodeTooMany, Message: "has more"}}, false},
		"nobody knows which":       {nil, false},
		"it is fine":               {[]schemas.Violation{{Path: "name", Message: "is missing"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.world.validate = fails[schemas.ValidateInput, schemas.ValidatedPayload](fatal(schemas.ErrPayloadValidation, "", c.violations))
			s.uncalled = !c.called
			e := s.run()
			require.Equal(t, schemas.ErrPayloadValidation, e.ErrorType)
			require.Equal(t, c.called, len(made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity)) > 0)
			require.NotEmpty(t, s.entries(schemas.AuditEnded), "the ending is recorded all the same")
		})
	}
}
