package config

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"model-registrar/internal/words"
)

// prefix begins the names that are the registrar's own, so that a name of them that means nothing is a mistake.
const prefix = "REGISTRAR_"

// starterVariables are those that the starter reads, and that docker-compose.yml takes from the shell.
var starterVariables = []string{
	"REGISTRAR_REQUESTER", "REGISTRAR_SIGNING_KEY", "REGISTRAR_UI_URL", CodecToken, CodecToken + "_FILE",
	"REGISTRAR_MANIFESTS", "REGISTRAR_SETTINGS", "REGISTRAR_VERSION",
}

// ofKubernetes are the names that Kubernetes gives the containers beside a service called registrar or registrar-….
var ofKubernetes = regexp.MustCompile(`^REGISTRAR_([A-Z0-9_]+_)?` +
	`(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)?)$`)

// safety are the variables that say what must not happen unasked. An empty one is a mistake, not its default.
var safety = []string{"REGISTRAR_APPROVAL", "REGISTRAR_GATE", "REGISTRAR_APPROVALS_REQUIRED",
	"REGISTRAR_APPROVERS_FILE", "REGISTRAR_ENCRYPTION"}

// Unknown returns a problem for each variable in the environment that is named like the registrar's and is none of
// them.
func Unknown(environ []string) (problems []error) {
	known := slices.Clone(starterVariables)
	for _, f := range variables(reflect.TypeFor[Worker]()) {
		known = append(known, f.Tag.Get("env"))
	}
	for _, name := range secrets {
		known = append(known, name+"_FILE")
	}
	known = slices.DeleteFunc(known, func(name string) bool { return !strings.HasPrefix(name, prefix) })
	for _, name := range slices.Sorted(maps.Keys(env.ToMap(environ))) {
		upper := strings.ToUpper(name)
		if !strings.HasPrefix(upper, prefix) || slices.Contains(known, name) || ofKubernetes.MatchString(name) {
			continue
		}
		advice := "docs/configuration.md lists those that are; unset it"
		if near := words.Nearest(strings.TrimPrefix(upper, prefix), bare(known)); near != "" {
			advice = "did you mean " + prefix + near + "?"
		}
		problems = append(problems, fmt.Errorf("%s is not a known variable; %s", printable(name), advice))
	}
	return problems
}

// bare are the names without what all begin with, so that this does not count as alike.
func bare(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = strings.TrimPrefix(name, prefix)
	}
	return out
}

// printable is a variable's name as it may be shown; anything may stand in an environment.
func printable(name string) string {
	if quoted := fmt.Sprintf("%+q", name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}

// empty returns a problem for each safety setting that is set to nothing.
func (e Environment) empty() (problems []error) {
	for _, name := range safety {
		if value, set := e[name]; set && strings.TrimSpace(value) == "" {
			problems = append(problems, fmt.Errorf("%s is empty; set it, or unset it for its default", name))
		}
	}
	return problems
}

// variables lists the fields that are read from variables, at any depth.
func variables(t reflect.Type) (fields []reflect.StructField) {
	for i := range t.NumField() {
		switch f := t.Field(i); {
		case f.Tag.Get("env") != "":
			fields = append(fields, f)
		case f.Type.Kind() == reflect.Struct:
			fields = append(fields, variables(f.Type)...)
		}
	}
	return fields
}

// shape says what a field's variable has to hold, with an example.
func shape(f reflect.StructField) string {
	example := f.Tag.Get("envDefault")
	switch {
	case f.Type == reflect.TypeFor[time.Duration]():
		return "must be a time span such as " + example
	case f.Type.Kind() == reflect.Bool:
		return "must be true or false"
	}
	if example == "" {
		example = "300"
	}
	return "must be a whole number such as " + example
}
