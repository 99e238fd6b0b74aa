package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"model-registrar/internal/manifest"
	"model-registrar/schemas"
)

// Bounds of what manifests are read from.
const (
	maxFleetFile  = 256 << 20 // bytes
	maxFleetFiles = schemas.MaxFleet
)

// manifestExtensions are the names' endings by which a manifest in a folder is known.
var manifestExtensions = []string{".yaml", ".yml", ".json", ".jsonl", ".ndjson"}

// manifestFiles lists the files that the paths stand for, each once: files as they are, folders with all that is in
// them and looks like a manifest. What is hidden is left out.
func manifestFiles(paths []string) (files []string, problems []error) {
	seen := map[string]bool{}
	add := func(file string) {
		if key := filepath.Clean(file); !seen[key] {
			seen[key] = true
			files = append(files, file)
		}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if path == "-" || err != nil || !info.IsDir() {
			add(path) // whatever is wrong with it shows when it is read
			continue
		}
		found := len(files)
		err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				problems = append(problems, unreadable(file, err))
			case strings.HasPrefix(d.Name(), ".") && file != path && d.IsDir():
				return filepath.SkipDir
			case strings.HasPrefix(d.Name(), "."), d.IsDir():
			case !slices.Contains(manifestExtensions, strings.ToLower(filepath.Ext(file))):
			case waits(file):
				problems = append(problems,
					fmt.Errorf("%s: this is a pipe or a device; a folder's manifests are files", file))
			default:
				add(file)
			}
			if len(files) > maxFleetFiles {
				return errors.New("it holds too many files")
			}
			return nil
		})
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", path, err))
		}
		if len(files) == found && err == nil {
			problems = append(problems, fmt.Errorf("%s: no manifest is in this folder (%s)", path,
				strings.Join(manifestExtensions, ", ")))
		}
	}
	return files, problems
}

// waits reports whether opening or reading what is found in a folder could wait for ever: who names it means it, who
// names the folder does not.
func waits(file string) bool {
	info, err := os.Stat(file)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir() // a folder and a broken link are refused when read
}

// parseInPieces parses a file piece by piece, where documents begin: each JSON value on a line of its own, or behind a
// line of YAML that begins with ---. Places are those in the file.
func parseInPieces(label string, data []byte) (documents []manifest.Document, problems []error) {
	line := 0
	for first := true; first || len(data) > 0; first = false {
		piece := pieceOf(data, manifest.MaxFileBytes)
		found, err := manifest.Parse(label, piece)
		var broken *manifest.ParseError
		if errors.As(err, &broken) && broken.Line > 0 {
			broken.Line += line
		}
		if err != nil {
			problems = append(problems, err)
		}
		before := len(documents)
		for _, d := range found {
			d.Index += before
			d.Shift(line)
			documents = append(documents, d)
		}
		line += bytes.Count(piece, []byte("\n"))
		data = data[len(piece):]
	}
	return documents, problems
}

// pieceOf is the longest beginning that ends where a document does; all of it if that is nowhere, for the parser to
// refuse.
func pieceOf(data []byte, most int) []byte {
	if len(data) <= most {
		return data
	}
	for end := bytes.LastIndexByte(data[:most], '\n'); end > 0; end = bytes.LastIndexByte(data[:end], '\n') {
		rest := data[end+1:]
		if bytes.HasPrefix(rest, []byte("---")) || bytes.HasPrefix(rest, []byte("{")) && data[end-1] == '}' {
			return data[:end+1]
		}
	}
	return data
}
