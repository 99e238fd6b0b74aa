package genesys

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// loggedHeaders are the headers of an answer that a log line shows. The quota counts what every process that uses the
// token has sent, so nothing else tells it.
var loggedHeaders = []struct{ key, header string }{
	{"correlation_id", correlationHeader},
	{"ratelimit_count", "inin-ratelimit-count"},
	{"ratelimit_allowed", "inin-ratelimit-allowed"},
	{"ratelimit_reset", "inin-ratelimit-reset"},
}

// logCall writes the one debug line of a call: the path without its query, and neither payload nor header but those
// named here.
func logCall(
	ctx context.Context, log *slog.Logger, r redactor, o op, req *http.Request, resp *http.Response, err error,
	took time.Duration,
) {
	if !log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("op", o.name), slog.String("method", req.Method), slog.String("path", req.URL.Path),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
	}
	if resp != nil {
		attrs = append(attrs, slog.Int("status", resp.StatusCode))
		for _, h := range loggedHeaders {
			if value := resp.Header.Get(h.header); value != "" {
				attrs = append(attrs, slog.String(h.key, r.clean(value, maxID)))
			}
		}
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", oneLine(cause(err).Error(), maxMessage)))
	}
	log.LogAttrs(ctx, slog.LevelDebug, "genesys call", attrs...)
}
