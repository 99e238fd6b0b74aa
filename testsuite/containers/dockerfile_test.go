package containers_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stage is one stage of the Dockerfile, and instruction one of its steps, flags apart.
type stage struct {
	from         string
	instructions []instruction
}

type instruction struct {
	verb  string
	flags []string
	args  string
}

// flag returns the value of a flag such as --from=build.
func (i instruction) flag(name string) string {
	for _, f := range i.flags {
		if value, ok := strings.CutPrefix(f, "--"+name+"="); ok {
			return value
		}
	}
	return ""
}

// stages reads the Dockerfile. It knows what this Dockerfile uses: continued lines, flags, named stages.
func stages(t *testing.T) map[string]stage {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository, "Dockerfile"))
	require.NoError(t, err)
	text := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(string(content), "")
	text = strings.ReplaceAll(text, "\\\n", " ")
	out := map[string]stage{}
	name := ""
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] == "FROM" {
			require.Len(t, words, 4, "every stage has a name")
			name = words[3]
			out[name] = stage{from: words[1]}
			continue
		}
		step := instruction{verb: words[0]}
		rest := words[1:]
		for len(rest) > 0 && strings.HasPrefix(rest[0], "--") {
			step.flags, rest = append(step.flags, rest[0]), rest[1:]
		}
		step.args = strings.Join(rest, " ")
		s := out[name]
		s.instructions = append(s.instructions, step)
		out[name] = s
	}
	return out
}

// inherited lists a stage's instructions after those of the stages that it is made from.
func inherited(all map[string]stage, name string) []instruction {
	s, ok := all[name]
	if !ok {
		return nil
	}
	return append(inherited(all, s.from), s.instructions...)
}

// last returns the arguments of the last instruction of a kind.
func last(steps []instruction, verb string) string {
	for _, s := range slices.Backward(steps) {
		if s.verb == verb {
			return s.args
		}
	}
	return ""
}

// words reads the exec form of ENTRYPOINT and CMD.
func words(t *testing.T, form string) (out []string) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(form), &out), "%q is not in exec form, and there is no shell", form)
	return out
}

var images = []string{"worker", "starter", "simulator"}

func TestTheProgramsAreBuiltByTheGoVersionOfTheModule(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(repository, "go.mod"))
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(module)
	require.NotNil(t, version)
	assert.Equal(t, "golang:"+string(version[1])+"-bookworm", stages(t)["build"].from)
}

func TestTheImagesHoldNothingButTheirProgramAndRunAsNobodyInParticular(t *testing.T) {
	all := stages(t)
	assert.Equal(t, "scratch", all["base"].from)
	for _, name := range images {
		steps := inherited(all, name)
		assert.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, last(steps, "USER"), name)
		assert.Equal(t, []string{"/" + name}, words(t, last(steps, "ENTRYPOINT")))
		for _, step := range steps {
			assert.NotEqual(t, "RUN", step.verb, "%s: there is nothing to run it with", name)
			if step.verb == "COPY" {
				assert.Equal(t, "build", step.flag("from"), "%s: %s", name, step.args)
			}
		}
	}
}

func TestImageAndComposeFileAgreeOnTheHealthCheck(t *testing.T) {
	project := demo(t)
	for _, name := range []string{"worker", "simulator"} {
		check, ok := strings.CutPrefix(last(stages(t)[name].instructions, "HEALTHCHECK"), "CMD ")
		require.True(t, ok, name)
		assert.Equal(t, words(t, check), []string(project.Services[name].HealthCheck.Test[1:]))
	}
}

func TestTheVolumesOfTheComposeFileAreFoldersThatTheImagesUserOwns(t *testing.T) {
	project, all := demo(t), stages(t)
	for _, name := range []string{"worker", "simulator"} {
		steps := inherited(all, name)
		for _, mount := range project.Services[name].Volumes {
			owned := slices.ContainsFunc(steps, func(s instruction) bool {
				return s.verb == "COPY" && strings.HasSuffix(s.args, " "+mount.Target) && s.flag("chown") == last(steps, "USER")
			})
			assert.True(t, owned, "%s: a new volume at %s would belong to root", name, mount.Target)
		}
	}
}
