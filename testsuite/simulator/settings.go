package simulator

import (
	"fmt"
	"slices"
	"sync"

	"model-registrar/testsuite/simulator/control"
)

// settings guards what can be changed while the simulator runs.
type settings struct {
	mu      sync.RWMutex
	start   control.Settings
	current control.Settings
}

func newSettings(start control.Settings) *settings {
	return &settings{start: start, current: start}
}

func (s *settings) get() control.Settings {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.current
}

func (s *settings) restore() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = s.start
}

// change applies all of change or, with an error, nothing of it.
func (s *settings) change(change control.SettingsChange) (control.Settings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.current
	assign(&next.JobDurationMS, change.JobDurationMS)
	assign(&next.Quota, change.Quota)
	assign(&next.QuotaWindowMS, change.QuotaWindowMS)
	assign(&next.TokenTTLSeconds, change.TokenTTLSeconds)
	assign(&next.ConflictOnDuplicateName, change.ConflictOnDuplicateName)
	if change.Scopes != nil {
		next.Scopes = append([]string{}, *change.Scopes...)
	}
	if next.JobDurationMS < 0 || next.Quota < 1 || next.QuotaWindowMS < 1 || next.TokenTTLSeconds < 1 {
		return s.current, fmt.Errorf("jobDurationMs must be at least 0; quota, quotaWindowMs and tokenTtlSeconds at " +
			"least 1")
	}
	s.current = next
	return next, nil
}

func assign[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

func (s *settings) hasScope(scope string) bool {
	return slices.Contains(s.get().Scopes, scope)
}
