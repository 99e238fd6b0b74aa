package workflows

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// told are the lines of the worker's log with this message.
func (s *story) told(message string) []string {
	return regexp.MustCompile(`(?m)^.* msg="`+regexp.QuoteMeta(message)+`".*$`).FindAllString(s.log.String(), -1)
}

func TestTheLogSaysOnceWhenAnOperationWaits_IsDecidedAbout_AndEnds(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.Approval.Policy = schemas.ApproveAlways
	s.at(time.Hour, func() { s.update(approve(requester)) }) // refused: it is their own
	s.at(2*time.Hour, func() { s.update(approve(approver)) })
	require.Equal(t, schemas.Completed, s.run().Status)
	for message, want := range map[string]string{
		"the operation waits for a person to decide": `INFO .* name=` + modelName + ` approvals=1 until=\S+ duration=`,
		"a decision was refused":                     `decision=approve approver=` + requester + ` duration=1h\S+ reason="` + requester,
		"a decision was accepted":                    `decision=approve approver=` + approver + ` duration=2h`,
		"the operation ended":                        `outcome=COMPLETED duration=2h`,
	} {
		lines := s.told(message)
		require.Len(t, lines, 1, "%s\n%s", message, s.log)
		require.Regexp(t, want, lines[0])
	}
}

func TestTheLogSaysWhyAnOperationDidNotComplete(t *testing.T) {
	s := newStory(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.run()
	require.Regexp(t, `outcome=ROLLED_BACK .* reason="the synthetic probe failed: the answer is a greeting"`, s.told("the operation ended")[0])
}
