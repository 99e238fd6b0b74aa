package registrar

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestTheRetirementOfARenamedModelComesAfterItsRegistration(t *testing.T) {
	wanted := func(name string) *schemas.Manifest { return &schemas.Manifest{Name: name} }
	items := Items(schemas.Plan{Items: []schemas.PlanItem{
		{Name: "abc", Action: schemas.PlanRetire}, {Name: "old", Action: schemas.PlanRetire},
		{Name: "new", Action: schemas.PlanCreate, Manifest: wanted("new"), RenamedFrom: "old"},
	}})
	after := map[string]*schemas.FleetPlace{}
	for _, i := range (FleetRequest{Manifests: []schemas.Manifest{*wanted("first")}, Items: items}).items() {
		after[i.ModelName()] = i.After
	}
	require.Equal(t, map[string]*schemas.FleetPlace{"first": nil, "new": nil, "abc": nil, "old": {Name: "new", Index: 1}}, after)

	alone := FleetRequest{Items: items[2:]}.items()
	require.Equal(t, "old", alone[0].ModelName())
	require.Nil(t, alone[0].After, "what a fleet does not do is not waited for")
}
