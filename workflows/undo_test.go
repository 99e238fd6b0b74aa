package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// sent is an error of an activity that updates, which has sent so many whose outcome is not known.
func sent(lost int, t schemas.ErrorType) error {
	return fatal(t, "it went wrong", schemas.ErrorDetails{}, schemas.SentUpdates{Lost: lost})
}

func (s *story) updates() []schemas.UpdateInput {
	return made[schemas.UpdateInput](s, schemas.UpdateModelActivity)
}

func TestAChangeIsPutBackOnlyOnceItsOwnJobHasEnded(t *testing.T) {
	s := changing(t)
	s.in.Manifest.JobTimeout = schemas.Duration(time.Hour)
	s.world.poll = inTurn(
		answers[schemas.PollInput](schemas.PollResult{Polls: 1, LastStatus: "IN_PROGRESS"}),
		answers[schemas.PollInput](schemas.PollResult{Done: true, ModelID: "model-1", Polls: 2, LastStatus: "COMPLETED"}))
	s.during[schemas.PollJobActivity] = s.cancel
	s.world.update = inTurn(answers[schemas.UpdateInput](schemas.Update{JobID: "job-2"}),
		fails[schemas.UpdateInput, schemas.Update](sent(0, schemas.ErrJobStillRunning)),
		answers[schemas.UpdateInput](schemas.Update{JobID: "job-3"}))
	e := s.change()
	require.Equal(t, schemas.Cancelled, e.Status, e.Reason)
	require.True(t, e.Rollback.Restored)
	updates := s.updates()
	require.Len(t, updates, 3)
	require.Equal(t, "job-2", updates[1].After)
	require.Equal(t, "job-2", updates[2].After)
	require.Equal(t, formerHash, updates[2].Payload.Hash)
}

func TestWhatAnUpdateMayHaveSentDecidesWhetherItIsPutBack(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		lost int // that whoever puts back is told of; -1: nothing is put back
	}{
		"refused, and one was lost before":       {sent(1, schemas.ErrConflict), 1},
		"refused, and nothing was lost":          {sent(0, schemas.ErrConflict), -1},
		"somebody wrote after two were lost":     {sent(2, schemas.ErrModelMoved), 2},
		"somebody wrote before anything is sent": {sent(0, schemas.ErrModelMoved), -1},
		"an outage after nothing was sent":       {sent(0, schemas.ErrUnavailable), -1},
		"an outage without a word":               {fatal(schemas.ErrUnavailable, "503"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := changing(t)
			s.world.update = inTurn(fails[schemas.UpdateInput, schemas.Update](c.err),
				answers[schemas.UpdateInput](schemas.Update{JobID: "job-3"}))
			e := s.change()
			if c.lost < 0 {
				require.Equal(t, schemas.Failed, e.Status)
				require.Nil(t, e.Rollback)
				require.Len(t, s.updates(), 1)
				return
			}
			require.Equal(t, schemas.RolledBack, e.Status, e.Reason)
			require.Len(t, s.updates(), 2)
			require.Equal(t, c.lost, s.updates()[1].Lost)
		})
	}
}

func TestAnUpdateThatWaitsForTheGatewayKnowsWhatItHasLost(t *testing.T) {
	s := changing(t)
	asked := temporal.NewApplicationErrorWithOptions("429", string(schemas.ErrRateLimited), temporal.ApplicationErrorOptions{
		NonRetryable: true, NextRetryDelay: time.Minute, Details: []any{schemas.ErrorDetails{}, schemas.SentUpdates{Lost: 1}}})
	s.world.update = inTurn(fails[schemas.UpdateInput, schemas.Update](asked), answers[schemas.UpdateInput](schemas.Update{JobID: "job-3"}))
	require.Equal(t, schemas.Completed, s.change().Status)
	require.Equal(t, 1, s.updates()[1].Lost)
}

func TestAChangeIsNotCancelledOnceItIsHandedOver(t *testing.T) {
	var refused *answer
	for name, cancel := range map[string]func(s *story){
		"by the update": func(s *story) { refused = s.cancelBy(schemas.CancelRequest{By: "somebody", Reason: "enough"}) },
		"plainly":       func(s *story) { s.cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			s := changing(t)
			s.during[schemas.HandOverActivity] = func() { cancel(s) }
			e := s.change()
			require.Equal(t, schemas.Completed, e.Status, e.Reason)
			require.Len(t, s.updates(), 1)
		})
	}
	require.ErrorContains(t, refused.err, "cannot be cancelled any more")
}

func TestAChangeThatCannotBeHandedOverIsPutBackInTheRecordToo(t *testing.T) {
	s := changing(t)
	s.world.handOver = inTurn(fails[schemas.HandOverInput, nothing](fatal(schemas.ErrHandOverRefused, "no")),
		answers[schemas.HandOverInput](nothing{}))
	before := ownedBefore(s.in.Manifest)
	own := gatewayHas(before, limitRaised)
	s.world.read = inTurn(own, gatewayHas(before, nil), gatewayHas(before, nil))
	e := s.change()
	require.Equal(t, schemas.RolledBack, e.Status, e.Reason)
	require.Len(t, s.updates(), 2)
	over := made[schemas.HandOverInput](s, schemas.HandOverActivity)
	require.Len(t, over, 2)
	require.Equal(t, formerHash, over[1].PayloadHash)
	require.Equal(t, before.RunID, over[1].RunID)
	require.False(t, over[1].Since.Before(over[0].Since), "the record takes none that is older")
}

func TestAModelThatIsDeletedOutsideDuringItsChangeIsReportedAsMissing(t *testing.T) {
	missing := fatal(schemas.ErrModelMissing, "the gateway has no model model-1 any more", schemas.ErrorDetails{}, schemas.SentUpdates{})
	for name, set := range map[string]func(s *story){
		"before the update": func(s *story) { s.world.update = fails[schemas.UpdateInput, schemas.Update](missing) },
		"after the update": func(s *story) {
			s.world.update = inTurn(answers[schemas.UpdateInput](schemas.Update{JobID: "job-2"}),
				fails[schemas.UpdateInput, schemas.Update](missing))
			own := ownedBefore(s.in.Manifest)
			s.world.read = inTurn(gatewayHas(own, limitRaised), answers[schemas.ReadModelInput](schemas.ReadModel{Owner: own}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := changing(t)
			set(s)
			e := s.change()
			require.Equal(t, schemas.Failed, e.Status)
			told := made[schemas.ObserveInput](s, schemas.ObserveModelActivity)
			require.Len(t, told, 1)
			require.Equal(t, schemas.ModelMissing, told[0].State)
		})
	}
}

func TestARetirementIsNotCancelledOnceTheModelMayBeDeleted(t *testing.T) {
	for _, during := range []string{schemas.DeleteModelActivity, schemas.ReleaseModelActivity} {
		s := newStory(t)
		s.world.read = gatewayHas(ownedBefore(s.in.Manifest), nil)
		var refused *answer
		s.during[during] = func() {
			refused = s.cancelBy(schemas.CancelRequest{By: "somebody", Reason: "enough"})
			s.cancel()
		}
		e := s.retire(schemas.RetireModelInput{})
		require.Equal(t, schemas.Completed, e.Status, e.Reason)
		require.ErrorContains(t, refused.err, "cannot be cancelled any more")
		require.Len(t, s.times(schemas.ReleaseModelActivity), 1)
	}
}
