package schemas

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASealedPayloadTravelsAsTheBytesThatWereHashed(t *testing.T) {
	p := tutorial(t).Payload()
	p.EndpointURL += "/<&>"
	sealed, err := p.Seal()
	require.NoError(t, err)
	hash, err := p.Hash()
	require.NoError(t, err)
	require.Equal(t, hash, sealed.Hash)

	raw, err := json.Marshal(sealed)
	require.NoError(t, err)
	var arrived SealedPayload
	require.NoError(t, json.Unmarshal(raw, &arrived))
	require.Equal(t, sealed.Canonical, arrived.Canonical)
	require.Equal(t, p, arrived.Value)
	require.NoError(t, arrived.Check())
}

// known is a type as an older program has it, wider as a newer one has.
type (
	known struct {
		Name  string `json:"name"`
		Inner struct {
			A int `json:"a"`
		} `json:"inner"`
	}
	wider struct {
		Name  string         `json:"name"`
		Inner map[string]int `json:"inner"`
		More  *string        `json:"more,omitempty"`
	}
)

func TestWhatAProgramDoesNotKnowOfASealedValueIsFound(t *testing.T) {
	more := "since the next version"
	for name, c := range map[string]struct {
		newer   wider
		unknown bool
	}{
		"nothing new":             {wider{Name: "m", Inner: map[string]int{"a": 1}}, false},
		"a new field":             {wider{Name: "m", Inner: map[string]int{"a": 1}, More: &more}, true},
		"a new field further in":  {wider{Name: "m", Inner: map[string]int{"a": 1, "b": 0}}, true},
		"a field that is missing": {wider{Name: "m", Inner: map[string]int{}}, true},
	} {
		sealed, err := Seal(c.newer)
		require.NoError(t, err)
		raw, err := json.Marshal(sealed)
		require.NoError(t, err)
		var older Sealed[known]
		require.NoError(t, json.Unmarshal(raw, &older), name)
		if c.unknown {
			require.ErrorIs(t, older.Check(), ErrSealUnknown, name)
		} else {
			require.NoError(t, older.Check(), name)
		}
		require.Equal(t, sealed.Canonical, older.Canonical, "%s: nothing is lost on the way", name)
	}
}

func TestAValueOfAnotherFormIsNotKnown(t *testing.T) {
	sealed, err := Seal(map[string]any{"name": []int{1}})
	require.NoError(t, err)
	raw, err := json.Marshal(sealed)
	require.NoError(t, err)
	var older Sealed[known]
	require.NoError(t, json.Unmarshal(raw, &older))
	require.ErrorIs(t, older.Check(), ErrSealUnknown)
}

func TestASealedValueThatWasChangedIsBroken(t *testing.T) {
	sealed, err := tutorial(t).Payload().Seal()
	require.NoError(t, err)
	for name, change := range map[string]func(*SealedPayload){
		"another limit": func(s *SealedPayload) { s.Canonical = strings.Replace(s.Canonical, "500", "501", 1) },
		"another hash":  func(s *SealedPayload) { s.Hash = strings.Repeat("0", 64) },
		"no bytes":      func(s *SealedPayload) { s.Canonical = "" },
		"nothing":       func(s *SealedPayload) { *s = SealedPayload{} },
	} {
		changed := sealed
		change(&changed)
		require.ErrorIs(t, changed.Check(), ErrSealBroken, name)
	}
}

func TestAPayloadThatHasNoCanonicalFormIsNotSealed(t *testing.T) {
	p := tutorial(t).Payload()
	p.RateLimits.MaxTokensPerMinute = 1<<53 + 1
	_, err := p.Seal()
	require.ErrorContains(t, err, "2^53")
}
