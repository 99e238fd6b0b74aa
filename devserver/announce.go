package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// readiness is what --ready-file holds.
type readiness struct {
	Address   string `json:"address"`
	UIURL     string `json:"uiUrl,omitempty"`
	Namespace string `json:"namespace"`
	PID       int    `json:"pid"`
}

// announce tells people on stdout and programs by the ready file that everything answers.
func announce(opts options, addrs addresses, stdout io.Writer) error {
	r := readiness{Address: addrs.frontendAddress(), Namespace: opts.namespace, PID: os.Getpid()}
	if !opts.headless {
		r.UIURL = addrs.uiURL()
	}
	if opts.readyFile != "" {
		if err := writeReadyFile(opts.readyFile, r); err != nil {
			return fmt.Errorf("cannot write --ready-file: %w", err)
		}
	}
	fmt.Fprintf(stdout, "Temporal server  %s  (namespace %s, %s)\n", r.Address, r.Namespace, opts.storage())
	if r.UIURL != "" {
		fmt.Fprintf(stdout, "Temporal UI      %s\n", r.UIURL)
	}
	return nil
}

// writeReadyFile writes beside the file and renames, so that who waits for it never reads half of it.
func writeReadyFile(path string, r readiness) error {
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(append(content, '\n'))
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// removeReadyFile takes away what an earlier run, perhaps killed, has left: it would be taken for this one's.
func removeReadyFile(path string) error {
	if path == "" {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot replace --ready-file: %w", err)
	}
	return nil
}
