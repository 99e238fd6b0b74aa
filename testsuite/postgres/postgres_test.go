package postgres

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestWhatWasCommittedOutlivesAStopAndAKill(t *testing.T) {
	s, err := Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	url, err := s.NewDatabase(t.Context())
	require.NoError(t, err)

	do := func(sql string) (n int) {
		conn, err := pgx.Connect(t.Context(), url)
		require.NoError(t, err)
		defer conn.Close(t.Context())
		require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&n))
		return n
	}
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "create table kept (n integer); insert into kept values (42)")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))

	for _, end := range []func() error{s.Stop, s.Kill} {
		require.NoError(t, end())
		_, err := pgx.Connect(t.Context(), url)
		require.Error(t, err)
		require.NoError(t, s.Restart(t.Context()))
		require.Equal(t, 42, do("select n from kept"))
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	s, err := Start(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoDirExists(t, s.dir)
}

func TestAMachineWithoutPostgreSQLIsToldWhichPackageToInstall(t *testing.T) {
	_, err := find(t.TempDir()+":.:", filepath.Join(t.TempDir(), "*", "bin"))
	require.ErrorContains(t, err, "apt-get install postgresql")
}

func TestTheNewestVersionIsTakenUnlessPATHHasOne(t *testing.T) {
	dir := t.TempDir()
	for _, bin := range []string{"9/bin", "15/bin", "own"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, bin), 0o755))
		for _, name := range []string{"initdb", "postgres"} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, bin, name), []byte("#!/bin/sh\n"), 0o755))
		}
	}
	found, err := find("", filepath.Join(dir, "*", "bin"))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "15/bin"), found)
	found, err = find(filepath.Join(dir, "own"), filepath.Join(dir, "*", "bin"))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "own"), found)
}
