package registrar

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheQueryOfAListIsEscaped(t *testing.T) {
	require.Equal(t, `WorkflowType IN ('RegisterModel', 'ChangeModel', 'AdoptModel', 'RetireModel') AND RegistrationStage = 'it\'s \\ here'`, Filter{Stage: `it's \ here`}.query())
}
