package simulator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"model-registrar/testsuite/simulator/control"
)

// maxFaults bounds the rules, since each request is held against each of them.
const maxFaults = 10_000

// faults are the rules ordered, oldest first.
type faults struct {
	mu    sync.Mutex
	rules []*control.FaultState
}

func newFaults() *faults { return &faults{} }

// add puts a rule last, in place of one of the same id.
func (f *faults) add(rule control.Fault) (control.FaultState, error) {
	if err := checkFault(rule); err != nil {
		return control.FaultState{}, err
	}
	if rule.ID == "" {
		rule.ID = newUUID()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = withoutRule(f.rules, rule.ID)
	if len(f.rules) >= maxFaults {
		return control.FaultState{}, fmt.Errorf("there are %d rules already; clear some", maxFaults)
	}
	state := &control.FaultState{Fault: rule}
	f.rules = append(f.rules, state)
	return *state, nil
}

func (f *faults) remove(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := len(f.rules)
	f.rules = withoutRule(f.rules, id)
	return len(f.rules) < before
}

func withoutRule(rules []*control.FaultState, id string) []*control.FaultState {
	return slices.DeleteFunc(rules, func(r *control.FaultState) bool { return r.ID == id })
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

func (f *faults) list() []control.FaultState {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := []control.FaultState{}
	for _, r := range f.rules {
		found = append(found, *r)
	}
	return found
}

// take finds the first rule that decides the request, and counts.
func (f *faults) take(c *call) (control.Action, string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if (r.Times > 0 && r.Applied >= r.Times) || !matches(r.Match, &c.record) {
			continue
		}
		r.Seen++
		if n := r.Seen - r.Skip; n > 0 && n%max(1, r.Every) == 0 {
			r.Applied++
			return r.Action, r.ID
		}
	}
	return control.Action{}, ""
}

func matches(m control.Match, r *control.Request) bool {
	if m.Op != "" && m.Op != r.Op {
		return false
	}
	switch {
	case m.Name == "":
		return true
	case r.Op == control.OpProvider:
		return r.ModelName == m.Name || strings.Contains(r.Path, m.Name)
	case r.Op == control.OpWebhook || r.Op == control.OpToken || r.Op == control.OpUnknown:
		return strings.Contains(r.Path, m.Name)
	}
	return m.Name == r.ModelName || m.Name == r.ModelID || m.Name == r.JobID
}

var ops = []control.Op{
	"", control.OpToken, control.OpCreate, control.OpList, control.OpGet, control.OpUpdate, control.OpDelete,
	control.OpJob, control.OpHealth, control.OpHealthResult, control.OpProvider, control.OpWebhook, control.OpUnknown,
}

// checkFault refuses rules that could not do what their author meant.
func checkFault(f control.Fault) error {
	a := f.Action
	var wrong []error
	check := func(ok bool, message string) {
		if !ok {
			wrong = append(wrong, errors.New(message))
		}
	}
	check(slices.Contains(ops, f.Match.Op), "match.op must be one of "+strings.Trim(fmt.Sprint(ops), "[ ]"))
	check(f.Times >= 0 && f.Skip >= 0 && f.Every >= 0, "times, skip and every must not be negative")
	check(a.Status == 0 || a.Status >= 200 && a.Status <= 599, "action.status must be from 200 to 599")
	check(min(a.LatencyMS, a.LateMS, a.LagMS, a.HealthDurationMS, a.JobDurationMS, a.FirstTokenMS,
		a.BetweenTokensMS) >= 0, "durations must not be negative")
	check(a.RetryAfterSeconds >= 0 && a.ReasoningTokens >= 0, "counts must not be negative")
	check(slices.Contains([]string{"", control.CutBefore, control.CutAfter, control.CutMiddle, control.CutReset,
		control.CutLate}, a.Cut), "action.cut must be before, after, middle, reset or late")
	check(slices.Contains([]string{"", control.OutcomeCompleted, control.OutcomeFailed}, a.JobOutcome),
		"action.jobOutcome must be COMPLETED or FAILED")
	check(slices.Contains([]string{"", control.OutcomeCompleted, control.OutcomeFailed}, a.HealthOutcome),
		"action.healthOutcome must be COMPLETED or FAILED")
	check((a.LateMS > 0) == (a.Cut == control.CutLate), "action.lateMs goes with the cut late")
	check(a.LagMS == 0 || lags(f.Match.Op), "action.lagMs is for the operations list, get, delete, job, health and "+
		"healthResult")
	check(a.HealthOutcome == "" && a.HealthDurationMS == 0 ||
		f.Match.Op == control.OpHealth, "the health actions are for the operation health")
	_, spelled := spellings[a.JobSpelling]
	check(spelled, "action.jobSpelling must be pascal or absent")
	check(!shapesJob(a) || slices.Contains([]control.Op{"", control.OpCreate, control.OpUpdate, control.OpJob},
		f.Match.Op),
		"the job actions are for the operations create, update and job")
	check(!shapesAnswer(a) || f.Match.Op == "" || f.Match.Op == control.OpProvider,
		"the provider actions are for the operation provider")
	check(!(a.RevokeToken || a.ExpireToken) || f.Match.Op != control.OpProvider &&
		f.Match.Op != control.OpWebhook, "only Genesys has tokens that can be revoked or expired")
	return errors.Join(wrong...)
}

// lags reports whether an operation reads, or looks up what it changes.
func lags(op control.Op) bool {
	switch op {
	case "", control.OpList, control.OpGet, control.OpDelete, control.OpJob, control.OpHealth, control.OpHealthResult:
		return true
	}
	return false
}

func shapesJob(a control.Action) bool {
	return a.JobDurationMS > 0 || a.JobOutcome != "" || a.JobError != nil || a.JobStuck || a.JobStatus != "" ||
		a.JobNoResultID || a.JobSpelling != "" || a.JobHalfway
}

func shapesAnswer(a control.Action) bool {
	return a.Answer != "" || a.ErrorBody || a.Empty || a.Endless || a.Truncate || a.FirstTokenMS > 0 ||
		a.BetweenTokensMS > 0 ||
		a.InsufficientQuota || a.ReasoningTokens > 0 || a.UnsupportedParameter != "" || a.FinishReason != "" ||
		a.Cut == control.CutMiddle
}
