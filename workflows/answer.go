package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// answered refuses a result that does not say that it is about what was asked: results can be handed in by whoever may
// write to the namespace, and one of another question, or an empty one, must not be taken for an answer.
func answered(activity string, in, out any) error {
	asked, ok := in.(schemas.Asked)
	answer, has := out.(schemas.Answered)
	if !ok || !has {
		return nil
	}
	about := answer.Answers()
	answer.SetAbout("") // it has done its duty, and is nothing for the registration's result
	if about == asked.Subject() && about != "" {
		return nil
	}
	return temporal.NewApplicationError(fmt.Sprintf("the result of %s is not about what was asked (%s but %s): it is "+
		"not "+
		"believed; find out who writes to the namespace", activity, plain(asked.Subject(), 80), plain(about, 80)),
		string(schemas.ErrAnswer))
}
