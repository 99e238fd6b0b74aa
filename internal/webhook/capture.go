package webhook

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"strconv"
	"strings"

	"model-registrar/internal/bounded"
)

// MaxCaptureBytes bounds what is read of a captured delivery.
const MaxCaptureBytes = 1 << 20

// ReadCapture reads a captured delivery: its headers, with or without the request line above them, an empty line, and
// the body to the byte. Lines may end in CRLF or LF. A Content-Length cuts off what an editor put behind the body.
func ReadCapture(r io.Reader) (http.Header, []byte, error) {
	raw, err := bounded.All(r, MaxCaptureBytes)
	if err != nil {
		return nil, nil, err
	}
	if first, rest, ok := bytes.Cut(raw, []byte("\n")); ok && requestLine(string(first)) {
		raw = rest
	}
	in := bufio.NewReader(bytes.NewReader(raw))
	fields, err := textproto.NewReader(in).ReadMIMEHeader()
	if err != nil {
		return nil, nil, errors.New("it does not begin with headers (name: value, one a line) and an empty line " +
			"after them")
	}
	header := http.Header(fields)
	body, err := captureBody(header, in)
	return header, body, err
}

func requestLine(line string) bool {
	words := strings.Fields(line)
	return len(words) == 3 && strings.HasPrefix(words[2], "HTTP/")
}

func captureBody(header http.Header, in io.Reader) ([]byte, error) {
	if strings.EqualFold(header.Get("Transfer-Encoding"), "chunked") {
		body, err := io.ReadAll(httputil.NewChunkedReader(in))
		if err != nil {
			return nil, errors.New("its chunked body is broken")
		}
		return body, nil
	}
	body, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	text := header.Get("Content-Length")
	if text == "" {
		return body, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || n < 0:
		return nil, errors.New("its Content-Length is no number")
	case n > len(body):
		return nil, fmt.Errorf("its Content-Length is %d, but only %d bytes follow the headers: the body was cut off",
			n, len(body))
	}
	return body[:n], nil
}
