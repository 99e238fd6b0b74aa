package testsuite

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// defects are those of the script that the registrar replaces, each with the tests that it is gone.
var defects = map[string][]string{
	"the probe's URL had a doubled slash":                 {"TestEndpointURLsInEveryFormEndInTheRightRequest"},
	"a connect failure crashed on an unset latency":       {"TestAnEndpointThatIsNotThereIsRetried", "TestAnEndpointThatStaysUnreadyIsAFailAndNotAnError"},
	"the answer was never compared":                       {"TestFormattingAroundTheAnswerIsForgivenAndNothingElse", "TestAFailedProbeIsRolledBack_ModelStaysAfterAFailIsGone"},
	"the probe's model was fixed, with one shape for all": {"TestEveryArchitecturePassesAgainstTheStrictProvider", "TestEveryArchitectureIsProvenInItsOwnProtocol_StreamingAndNot"},
	"latency was measured by the wall clock":              {"TestLatencyIsMeasuredByTheMonotonicClock"},
	"every API error was retried, 400 included":           {"TestARefusalIsNotRetried_AndThePersonReadsThePlatformsReason"},
	"a repeated POST made a second model":                 {"TestAPostCutAfterItTookEffectAndItsRetryToo_MakesOneModel"},
	"the model stayed after a FAIL":                       {"TestAFailedProbeIsRolledBack_ModelStaysAfterAFailIsGone"},
	"webhook errors were swallowed":                       {"TestAReceiverThatIsDownHoldsUpNeitherTheResultNorTheNextRegistration"},
	"there was no audit entry unless all went well":       {"TestARefusalIsNotRetried_AndThePersonReadsThePlatformsReason", "TestARegistrationCancelledAtAnyStageLeavesNoModel"},
	"a temperature of 99 was accepted":                    {"TestATemperatureOf99IsRefused"},
	"NaN was accepted":                                    {"TestNaNAndInfinityAreRefused"},
	"negative max_tokens were accepted":                   {"TestNegativeMaxTokensAreRefused"},
	"an empty credential id was accepted":                 {"TestAnEmptyCredentialIDIsRefused"},
	"a link-local URL was accepted":                       {"TestALinkLocalURLIsRefused"},
	"a list of stop sequences was refused":                {"TestAListOfStopSequencesIsAccepted"},
	"unknown keys were dropped silently":                  {"TestUnknownKeysAreReportedAndNotDropped"},
	"payload and tokens were in logs":                     {"TestNoSecretOfAnyKindLeavesThroughSuccessOrFailure"},
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

func TestEachDefectOfTheTutorialHasATestThatItIsGone(t *testing.T) {
	exists := allTests(t)
	for defect, tests := range defects {
		for _, test := range tests {
			require.True(t, exists[test], "%s: there is no %s", defect, test)
		}
	}
}

// allTests are the names of the tests of the whole module.
func allTests(t *testing.T) map[string]bool {
	names := map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range testName.FindAllSubmatch(source, -1) {
			names[string(match[1])] = true
		}
		return err
	}))
	return names
}
