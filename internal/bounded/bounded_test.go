package bounded

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestWhatIsWithinItsLimitIsReadWhole_AndNoByteMore(t *testing.T) {
	raw, err := All(strings.NewReader("four"), 4)
	require.NoError(t, err)
	require.Equal(t, "four", string(raw))

	raw, err = All(io.MultiReader(strings.NewReader("more"), iotest.ErrReader(errors.New("broken"))), 3)
	require.EqualError(t, err, "it is larger than 3 bytes", "nothing is read past the limit")
	require.Nil(t, raw)
}

func TestAFileThatIsTooLargeIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	require.NoError(t, os.WriteFile(path, []byte("four"), 0o600))
	raw, err := File(path, 4)
	require.NoError(t, err)
	require.Equal(t, "four", string(raw))

	_, err = File(path, 3)
	require.EqualError(t, err, path+" is larger than 3 bytes")
	_, err = File(path+"s", 3)
	require.ErrorIs(t, err, os.ErrNotExist)
}
