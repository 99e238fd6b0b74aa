package approvers

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFileThatDoesNotExistOrIsNotValidCannotBeOpened(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	_, err := Open(filepath.Join(t.TempDir(), "none"), log)
	require.ErrorIs(t, err, os.ErrNotExist)
	path := writeFile(t, "approvers", "bob\n")
	for _, open := range []func() error{
		func() error { _, err := Open(path, log); return err },
		func() error { _, err := Load(path); return err },
	} {
		require.ErrorContains(t, open(), path+":1: ")
	}
	_, err = Load(t.TempDir())
	require.Error(t, err)
}

func TestApproversComeAndGoWhileTheFileIsInUse(t *testing.T) {
	bob, carol := ed25519Key(t), ed25519Key(t)
	path := writeFile(t, "approvers", "bob@example.com "+public(bob))
	var log bytes.Buffer
	f, err := Open(path, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	s := statement()
	byBob, byCarol := sign(t, s, bob), sign(t, s, carol)
	decide := func(signature string) error {
		_, _, err := f.Verify(s, signature, now)
		return err
	}
	require.NoError(t, decide(byBob))
	require.ErrorIs(t, decide(byCarol), ErrUnknownKey)

	require.NoError(t, os.WriteFile(path, []byte("bob@example.com "+public(carol)), 0o600))
	require.ErrorIs(t, decide(byBob), ErrUnknownKey)
	require.NoError(t, decide(byCarol))
	require.Contains(t, log.String(), "was read again")

	// What is wrong with the file counts against everybody, and is logged once.
	require.NoError(t, os.WriteFile(path, []byte("bob@example.com "+public(carol)+"\ndave\n"), 0o600))
	log.Reset()
	for range 3 {
		require.ErrorIs(t, decide(byCarol), ErrUnavailable)
	}
	require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("is not valid")))
	require.Contains(t, log.String(), path+":2: ")

	require.NoError(t, os.Remove(path))
	require.ErrorIs(t, decide(byCarol), ErrUnavailable)
	require.Contains(t, log.String(), "cannot be read")

	require.NoError(t, os.WriteFile(path, []byte("bob@example.com "+public(carol)), 0o600))
	require.NoError(t, decide(byCarol))
}
