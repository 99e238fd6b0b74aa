// Package build says what a binary was built from.
package build

import (
	"runtime/debug"
	"strings"
)

// commit is what the Makefile says, for where Go does not look for it: in a linked work tree, or with -buildvcs=false.
var commit string

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
	commit, modified := commit, ""
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
