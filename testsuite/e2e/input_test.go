package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
)

// sent starts a registration as a program does that knows nothing but the names, and returns how it ended.
func (k *kit) sent(id string, args ...any) schemas.Result {
	k.t.Helper()
	run, err := k.client.ExecuteWorkflow(k.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: schemas.DefaultTaskQueue},
		schemas.RegisterModelWorkflow, args...)
	require.NoError(k.t, err)
	var result schemas.Result
	err = run.Get(k.ctx, &result)
	require.Error(k.t, err)
	result = resultOf(k.t, err)
	k.record(id, k.replayed(id))
	return result
}

func TestAManifestIsStrictHoweverItArrives(t *testing.T) {
	k := onShared(t)
	tree := func(name string, set map[string]any) map[string]any {
		raw, err := json.Marshal(k.Manifest(name))
		require.NoError(t, err)
		var m map[string]any
		require.NoError(t, json.Unmarshal(raw, &m))
		for key, value := range set {
			m[key] = value
		}
		return m
	}
	for what, c := range map[string]struct {
		input func(name string) any
		want  string
	}{
		"a misspelt key": {func(name string) any {
			return map[string]any{"manifest": tree(name, map[string]any{"aproval": "always"}), "requester": "ann"}
		}, "aproval: is not a known key; did you mean approval?"},
		"a fraction": {func(name string) any {
			return map[string]any{"manifest": tree(name, map[string]any{"max_requests_per_minute": 1.5}), "requester": "ann"}
		}, "max_requests_per_minute: must be a whole number"},
		"no requester": {func(name string) any {
			return map[string]any{"manifest": tree(name, nil)}
		}, "requester: is missing"},
		"an argument that is no object": {func(string) any { return "production" }, "the input must be an object"},
		"bytes":                         {func(string) any { return []byte{0xff, 0} }, "the input cannot be read"},
		"a text of megabytes": {func(string) any { return strings.Repeat("x", 1_500_000) },
			"the input has more than 64 KiB"},
		"half a million stops": {func(name string) any {
			return map[string]any{"manifest": tree(name, map[string]any{
				"parameters": map[string]any{"stop_sequences": make([]string, 400_000)}}), "requester": "ann"}
		}, "the input has more than 64 KiB"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			name := k.name("sent")
			k := newKit(t, k.Stack)
			k.requireRefused(name, k.sent(schemas.RegisterModelWorkflowID(name), c.input(name)), schemas.ErrPayloadValidation, c.want)
		})
	}
	t.Run("no argument", func(t *testing.T) {
		t.Parallel()
		k := newKit(t, k.Stack)
		name := k.name("sent")
		k.requireRefused(name, k.sent(schemas.RegisterModelWorkflowID(name)), schemas.ErrPayloadValidation, "the input must be an object")
	})
	t.Run("another workflow id", func(t *testing.T) {
		t.Parallel()
		k := newKit(t, k.Stack)
		name := k.name("sent")
		r := k.sent("my-own-"+name, schemas.RegisterModelInput{Manifest: k.Manifest(name), Requester: "ann"})
		k.requireRefused(name, r, schemas.ErrWrongWorkflowID, "must run as workflow")
	})
}

func TestARetirementWhoseInputNobodyUnderstandsDeletesNothing(t *testing.T) {
	k := onShared(t)
	m, _ := k.registered("misunderstood")
	for key, want := range map[string]string{
		"kep":     "kep: is not a known key; did you mean keep?",
		"aproval": "aproval: is not a known key; did you mean approval?",
	} {
		run, err := k.client.ExecuteWorkflow(k.ctx, client.StartWorkflowOptions{
			ID: schemas.RegisterModelWorkflowID(m.Name), TaskQueue: schemas.DefaultTaskQueue,
		}, schemas.RetireModelWorkflow, map[string]any{"name": m.Name, "requester": "ann", "reason": "replaced", key: true})
		require.NoError(t, err)
		err = run.Get(k.ctx, nil)
		require.Error(t, err)
		result := resultOf(t, err)
		require.Equal(t, schemas.ErrPayloadValidation, result.ErrorType)
		require.Contains(t, result.Reason, want)
	}
	require.Len(t, k.models(m.Name), 1)
	require.NotNil(t, k.owner(m.Name))
	require.Len(t, k.audited(m.Name), 3, "the registration, and each refusal")
}

// requireRefused checks that a registration failed with a type before anything was sent, and that its ending is recorded.
func (k *kit) requireRefused(name string, r schemas.Result, as schemas.ErrorType, why string) {
	k.t.Helper()
	require.Equal(k.t, schemas.Failed, r.Status)
	require.Equal(k.t, as, r.ErrorType)
	require.Contains(k.t, r.Reason, why)
	require.Empty(k.t, k.models(name))
	entries := k.audited(name)
	require.Len(k.t, entries, 1)
	require.Equal(k.t, as, entries[0].ErrorType)
	require.Contains(k.t, entries[0].Reason, why)
}
