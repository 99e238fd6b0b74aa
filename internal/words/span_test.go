package words

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSpansAreWrittenAsPeopleDo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0ms", 12 * time.Millisecond: "12ms", 2050 * time.Millisecond: "2.0s", 59990 * time.Millisecond: "59.9s",
		65 * time.Second: "1m05s", 3*time.Hour + 12*time.Minute: "3h12m", 75 * time.Hour: "3d3h",
	} {
		require.Equal(t, want, Span(d))
	}
	require.Equal(t, "4.2ms", Millis(4.2))
	for d, want := range map[time.Duration]string{72 * time.Hour: "72h", 2 * time.Minute: "2m", 90 * time.Second: "1m30s", 0: "0s"} {
		require.Equal(t, want, Exactly(d))
	}
}
