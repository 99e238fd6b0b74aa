package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// scraped is what /metrics says after the handler was used.
func scraped(t *testing.T, use func(client.MetricsHandler)) string {
	t.Helper()
	server, err := NewServer(nil)
	require.NoError(t, err)
	use(server.MetricsHandler(slog.New(slog.DiscardHandler)))
	answer := httptest.NewRecorder()
	server.mux.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(text)
}

func TestEqualTagsAreOneSeriesAndOthersAreNot(t *testing.T) {
	text := scraped(t, func(h client.MetricsHandler) {
		for range 3 {
			h.WithTags(map[string]string{"a": "1", "b": "2"}).WithTags(map[string]string{"c": "3"}).Counter("calls").Inc(1)
			h.WithTags(map[string]string{"a": "1", "b": "22"}).Counter("calls").Inc(1)
			h.WithTags(map[string]string{"a": "1", "b": "2"}).Counter("calls").Inc(10)
		}
	})
	for _, line := range []string{
		`calls_total{a="1",b="2",c="3",otel_scope_name="temporal-sdk-go",otel_scope_schema_url="",otel_scope_version=""} 3`,
		`calls_total{a="1",b="22",otel_scope_name="temporal-sdk-go",otel_scope_schema_url="",otel_scope_version=""} 3`,
		`calls_total{a="1",b="2",otel_scope_name="temporal-sdk-go",otel_scope_schema_url="",otel_scope_version=""} 30`,
	} {
		require.Contains(t, text, line)
	}
}

func TestTagsBeyondWhatIsRememberedCountToo(t *testing.T) {
	text := scraped(t, func(h client.MetricsHandler) {
		var all sync.WaitGroup
		for i := range 2 * most {
			all.Go(func() {
				for range 2 {
					h.WithTags(map[string]string{"i": fmt.Sprint(i)}).Counter("calls").Inc(1)
				}
			})
		}
		all.Wait()
		require.LessOrEqual(t, int(h.(*remembered).tagged.n.Load()), most)
	})
	require.Contains(t, text, fmt.Sprintf(`calls_total{i="%d"`, 2*most-1))
	require.NotContains(t, text, `schema_url="",otel_scope_version=""} 1`+"\n")
}
