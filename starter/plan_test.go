package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestAPlanIsShownChangeByChangeAndCounted(t *testing.T) {
	p := schemas.Plan{
		Version: schemas.PlanVersion,
		Items: []schemas.PlanItem{
			{Name: "new", Action: schemas.PlanCreate, RenamedFrom: "old"},
			{Name: "old", Action: schemas.PlanRetire},
			{Name: "raised", Action: schemas.PlanChange, Changes: []schemas.Change{{Key: "max_requests_per_minute", Old: "500", New: "600"}}},
			{Name: "same", Action: schemas.PlanUnchanged},
		},
		Counts: map[schemas.PlanAction]int{
			schemas.PlanCreate: 1, schemas.PlanRetire: 1, schemas.PlanChange: 1, schemas.PlanUnchanged: 1,
		},
	}
	var text []string
	for _, l := range planLines(p, false) {
		text = append(text, l.String())
	}
	require.Equal(t, []string{
		"+ new will be registered", "    renamed from old, which will be retired once this is registered",
		"~ raised will be changed", "    max_requests_per_minute: 500 → 600",
		"- old will be retired", "",
		"Plan: 1 to create, 1 to change, 1 to retire, 1 unchanged.",
	}, text)
	require.Equal(t, `| raised | **change** | max\_requests\_per\_minute: 500 → 600 |`, planMarkdown(p)[5].String())
}

func TestAPlanThatIsSavedTakesTheOlderOnesPlaceOnlyWhenItIsWhole(t *testing.T) {
	saved := file(t, "plan.json", "the plan of yesterday")
	yesterday, err := os.Open(saved) // what is cut off in place would be missing here
	require.NoError(t, err)
	defer yesterday.Close()
	require.NoError(t, savePlan(saved, schemas.Plan{Version: schemas.PlanVersion}))
	old, err := io.ReadAll(yesterday)
	require.NoError(t, err)
	require.Equal(t, "the plan of yesterday", string(old))
	raw, err := os.ReadFile(saved)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"version": 1`)
	left, err := os.ReadDir(filepath.Dir(saved))
	require.NoError(t, err)
	require.Len(t, left, 1)

	require.Error(t, savePlan(filepath.Join(t.TempDir(), "nowhere", "plan.json"), schemas.Plan{}))
}
