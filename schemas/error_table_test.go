package schemas

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// declared are the values of the constants of a type in this package.
func declared(t *testing.T, typeName string) (values []string) {
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			kind, ok := spec.Type.(*ast.Ident)
			literal, isText := spec.Values[0].(*ast.BasicLit)
			if ok && isText && kind.Name == typeName {
				value, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				values = append(values, value)
			}
			return true
		})
	}
	return values
}

func listed[T ~string](list []T) (values []string) {
	for _, v := range list {
		values = append(values, string(v))
	}
	return values
}

func TestEachListHasEveryConstantOfItsType(t *testing.T) {
	var errorTypes []ErrorType
	for _, e := range ErrorTypes {
		errorTypes = append(errorTypes, e.Type)
		require.NotEmpty(t, e.Meaning, e.Type)
		require.NotEmpty(t, e.Advice, e.Type)
	}
	require.ElementsMatch(t, declared(t, "ErrorType"), listed(errorTypes))
	require.ElementsMatch(t, declared(t, "Architecture"), listed(Architectures))
	require.ElementsMatch(t, declared(t, "ApprovalPolicy"), listed(ApprovalPolicies))
	require.ElementsMatch(t, declared(t, "Stage"), listed(Stages))
	require.Subset(t, listed(Stages), listed(IndexedStages))
	require.Subset(t, declared(t, "Outcome"), listed(Outcomes))
	for _, o := range declared(t, "Outcome") {
		if !Outcome(o).Registered() {
			require.NotEmpty(t, Outcome(o).Advice(), o)
		}
	}
}

func TestTheErrorPageShowsTheCatalogue(t *testing.T) {
	tables := map[string]string{}
	for name, retried := range map[string]bool{"final": false, "retried": true} {
		table := "| type | what happened | what to do |\n|---|---|---|\n"
		for _, e := range ErrorTypes {
			if e.Retried == retried {
				table += fmt.Sprintf("| `%s` | %s | %s |\n", e.Type, e.Meaning, e.Advice)
			}
		}
		tables[name] = table
	}
	pageShows(t, "../docs/errors.md", tables)
}

func TestTheProbePageShowsTheReasonCodes(t *testing.T) {
	source, err := os.ReadFile("probe_reasons.go")
	require.NoError(t, err)
	constants := regexp.MustCompile(`(?m)^\tReason\w+ +=`).FindAll(source, -1)
	require.Len(t, ProbeReasons, len(constants), "each has a row")

	table := "| reason code | retried | what to look at |\n|---|---|---|\n"
	for _, r := range ProbeReasons {
		require.NotEmpty(t, r.Advice, r.Code)
		of := ""
		if r.Of != "" {
			of = " (" + r.Of + ")"
		}
		table += fmt.Sprintf("| `%s`%s | %s | %s |\n", r.Code, of, r.Retried, r.Advice)
	}
	pageShows(t, "../docs/probe.md", map[string]string{"reasons": table})
}

// pageShows compares the tables of a page, each between a comment with its name and one with end, or writes them anew.
func pageShows(t *testing.T, page string, tables map[string]string) {
	t.Helper()
	data, err := os.ReadFile(page)
	require.NoError(t, err)
	text := string(data)
	for name, table := range tables {
		between := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- end -->)`)
		require.Regexp(t, between, text)
		text = between.ReplaceAllString(text, "${1}"+strings.ReplaceAll(table, "$", "$$")+"${2}")
	}
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(text), 0o644))
		return
	}
	require.Equal(t, text, string(data), "run `go generate ./schemas`")
}
