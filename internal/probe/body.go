package probe

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"

	"model-registrar/internal/netguard"
	"model-registrar/internal/words"
)

// maxErrorBody bounds what is read of an error.
const maxErrorBody = 64 << 10

// readBody reads an answer of status 200. The body decides what it is, not the headers; where these say otherwise there
// is a remark.
func (r *reader) readBody(resp *http.Response, body io.Reader, limit int64, stream bool) (reading, *failure) {
	decoded, how, err := decoded(bufio.NewReader(body), resp.Header.Get("Content-Encoding"), limit)
	if err != nil {
		return r.done(r.since()), streamFailure(err)
	}
	if how != "" {
		r.remark(fmt.Sprintf("The answer came compressed (%s), which was not asked for.", how))
	}
	first := firstOf(decoded)
	if e := resp.Header.Get("Content-Encoding"); how == "" && e != "" && !unicode.IsPrint(first) {
		return r.done(r.since()), wrongType("a body compressed as "+e, stream, apiError{})
	}
	mediaType := r.mediaType(resp.Header, first, stream)
	var got reading
	var f *failure
	switch {
	case first == '<':
		raw, _ := io.ReadAll(io.LimitReader(decoded, maxErrorBody)) // what there is of it has the title
		got, f = r.done(r.since()), htmlFailure(readError(raw, r.secrets))
	case first == '{' || first == '[':
		got, f = r.document(decoded)
	case first == 0 && !stream:
		got, f = r.done(r.since()), malformed("The response is empty")
	default:
		got, f = r.events(decoded, mediaType, stream)
	}
	return got, f
}

// events reads what is neither a page nor JSON: events, or else a text, which is an error's.
func (r *reader) events(body *bufio.Reader, mediaType string, stream bool) (reading, *failure) {
	head, _ := body.Peek(len("retry:"))
	if isEvents(string(head)) || len(head) == 0 {
		return r.stream(body)
	}
	raw, err := io.ReadAll(io.LimitReader(body, maxErrorBody))
	if err != nil {
		return r.done(r.since()), streamFailure(err)
	}
	if strings.Contains(string(raw), "\ndata:") || strings.Contains(string(raw), "\n{") {
		return r.stream(io.MultiReader(strings.NewReader(string(raw)), body))
	}
	return r.done(r.since()), wrongType(mediaType, stream, readError(raw, r.secrets))
}

// isEvents reports whether a body's first bytes are those of an event.
func isEvents(head string) bool {
	for _, field := range []string{"data:", "event:", "id:", "retry:", ":", "error:"} {
		if strings.HasPrefix(head, field) {
			return true
		}
	}
	return false
}

// mediaType is the media type that the headers name. It remarks on one that does not fit the body.
func (r *reader) mediaType(h http.Header, first rune, stream bool) string {
	named := h.Values("Content-Type")
	mediaType, _, _ := mime.ParseMediaType(strings.Join(named, ", "))
	what, want := "a stream of events", "text/event-stream"
	if first == '{' || first == '[' {
		what, want = "JSON", "application/json"
	}
	switch {
	case first == '<' || first == 0:
	case len(named) != 1 || mediaType != want:
		shown := strings.Join(named, ", ")
		if shown == "" {
			shown = "none"
		}
		r.remark(fmt.Sprintf("The answer is %s, and its content type is %s.", what,
			words.Line(redact(shown, r.secrets), 100)))
	case stream && want == "application/json":
		r.remark("A stream was asked for, and the answer came as one document.")
	case !stream && want == "text/event-stream":
		r.remark("The answer came as a stream, which was not asked for.")
	}
	return mediaType
}

// firstOf returns the first character that is no space, without taking it; 0 when there is none. Space before it, and a
// byte order mark, are taken.
func firstOf(body *bufio.Reader) rune {
	for {
		c, _, err := body.ReadRune()
		if err != nil {
			return 0
		}
		if !unicode.IsSpace(c) && c != '\ufeff' {
			_ = body.UnreadRune() // what was just read can be unread
			return c
		}
	}
}

// decoded undoes compression, said in the header or not, and bounds what comes of it. how names what was undone.
func decoded(body *bufio.Reader, encoding string, limit int64) (plain *bufio.Reader, how string, err error) {
	head, _ := body.Peek(2)
	var r io.Reader
	encoding = strings.ToLower(strings.TrimSpace(encoding))
	switch {
	case len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b:
		how = "gzip"
		r, err = gzip.NewReader(body)
	case encoding == "deflate" && len(head) == 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0:
		how = "deflate"
		r, err = zlib.NewReader(body)
	case encoding == "deflate" && len(head) == 2 && head[0] != '{' && head[0] != 'd' && head[0] != '[':
		how, r = "deflate", flate.NewReader(body)
	default:
		return body, "", nil
	}
	if err != nil {
		return nil, how, err
	}
	return bufio.NewReader(&bounded{r: r, left: limit, limit: limit}), how, nil
}

// bounded fails like the guard's bound on bodies, for what is large only once it is decompressed.
type bounded struct {
	r           io.Reader
	left, limit int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, &netguard.TooLargeError{Limit: b.limit}
	}
	return n, err
}

// errorBody reads what there is of an error's body; it may help.
func errorBody(body io.Reader, encoding string) []byte {
	plain, _, err := decoded(bufio.NewReader(body), encoding, maxErrorBody+1)
	if err != nil {
		return nil
	}
	raw, _ := io.ReadAll(io.LimitReader(plain, maxErrorBody))
	return raw
}
