package schemas

import "embed"

// The committed schemas. A test fails when they differ from the types; this writes them anew.
//
//go:generate go test -run TestCommittedSchemasAreThoseOfTheTypes|TestThe.*PageShows . -update
//go:embed *.schema.json
var schemaFiles embed.FS

// ManifestSchema returns the manifest's JSON Schema, draft 2020-12: what an editor needs to complete and check one.
func ManifestSchema() []byte {
	raw, err := schemaFiles.ReadFile("manifest.schema.json")
	if err != nil {
		panic(err) // it is embedded
	}
	return raw
}
