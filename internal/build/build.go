// Package build says what a binary was built from.
package build

import (
	"runtime/debug"
	"strings"
)

// Version is the module's version and, for the binary of a checkout, the commit, "modified" beside it if files of the
// checkout had been changed. What was built without either is "unknown".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	var commit, modified string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", modified"
		}
	}
	version := strings.TrimSuffix(info.Main.Version, "+dirty")
	if version == "" || version == "(devel)" {
		version = "development"
	}
	if commit == "" {
		if version == "development" {
			return "unknown"
		}
		return version
	}
	return version + " (commit " + commit + modified + ")"
}
