package codecserver

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"golang.org/x/time/rate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"model-registrar/internal/netguard"
)

const (
	maxBody    = 32 << 20 // of a request: the payloads of one page of the UI
	maxDecoded = 64 << 20 // of a reply

	wrongTokens     = 5 // that may be given in a row
	wrongTokenEvery = 2 * time.Second
)

// MinToken is how many characters a token has at least.
const MinToken = 16

// Config is what a server needs.
type Config struct {
	// Codec decodes and encodes.
	Codec converter.PayloadCodec
	// Token lets in who knows it; at least [MinToken] characters.
	Token string
	// Origins are the pages that may ask, such as http://127.0.0.1:8233; see [ParseOrigin].
	Origins []string
	// Host reports whether a request's Host names this server. Others are refused: a name that an attacker makes
	// resolve to this address (DNS rebinding) is one of them.
	Host func(host string) bool
	// Secure reports whether the server is reached over TLS.
	Secure bool
	// Logger takes a line for each refusal; nil means none.
	Logger *slog.Logger
}

// Handler is the codec server: POST /decode and /encode, as Temporal's UI and CLI call them, and a page at / on which a
// person gives the token once, for the UI to be let in by cookie.
type Handler struct {
	Config
	token    [sha256.Size]byte
	sessions sessions
	wrong    *rate.Limiter
	mux      *http.ServeMux
}

// New makes a handler.
func New(c Config) (*Handler, error) {
	if len(c.Token) < MinToken {
		return nil, fmt.Errorf("the token must have at least %d characters", MinToken)
	}
	if c.Codec == nil || c.Host == nil {
		return nil, errors.New("a codec server needs a codec and its own name")
	}
	c.Origins = slices.Clone(c.Origins)
	for i, o := range c.Origins {
		origin, err := ParseOrigin(o)
		if err != nil {
			return nil, err
		}
		c.Origins[i] = origin
	}
	h := &Handler{
		Config: c, token: sha256.Sum256([]byte(c.Token)), mux: http.NewServeMux(),
		wrong: rate.NewLimiter(rate.Every(wrongTokenEvery), wrongTokens),
	}
	rand.Read(h.sessions.key[:])
	h.mux.Handle("POST /decode", h.guarded(h.decode))
	h.mux.Handle("POST /encode", h.guarded(h.encode))
	h.mux.HandleFunc("OPTIONS /decode", h.preflight)
	h.mux.HandleFunc("OPTIONS /encode", h.preflight)
	h.mux.HandleFunc("GET /{$}", h.page)
	h.mux.HandleFunc("POST /{$}", h.signIn)
	return h, nil
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	if !h.Host(r.Host) {
		http.Error(w, "this codec server is not known by that name", http.StatusMisdirectedRequest)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// guarded lets a request through if its page and its sender may ask.
func (h *Handler) guarded(next func(*commonpb.Payloads) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.cors(w, r) {
			http.Error(w, "this page may not use the codec server; allow its origin with --origin",
				http.StatusForbidden)
			return
		}
		if status, why := h.admit(r); status != http.StatusOK {
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="codec server"`)
			}
			h.Logger.Warn("a request was refused", "path", r.URL.Path, "status", status, "from", r.RemoteAddr)
			http.Error(w, why, status)
			return
		}
		var payloads commonpb.Payloads
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			http.Error(w, "the request is too large", http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			return // the sender has gone
		case protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, &payloads) != nil:
			http.Error(w, "the body is not a list of payloads in JSON", http.StatusBadRequest)
			return
		}
		if err := next(&payloads); err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		reply, err := protojson.Marshal(&payloads)
		if err != nil {
			http.Error(w, "the reply cannot be written", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(reply)
	})
}

// decode decodes what can be decoded. A payload that cannot be stays as it is, so that one whose key is gone does not
// hide the others of its page.
func (h *Handler) decode(p *commonpb.Payloads) error {
	size := 0
	for i, payload := range p.Payloads {
		if decoded, err := h.Codec.Decode([]*commonpb.Payload{payload}); err == nil {
			p.Payloads[i] = decoded[0]
		} else {
			h.Logger.Warn("a payload cannot be decoded", "error", err.Error())
		}
		if size += proto.Size(p.Payloads[i]); size > maxDecoded {
			return errors.New("the payloads are too large together; ask for fewer")
		}
	}
	return nil
}

func (h *Handler) encode(p *commonpb.Payloads) error {
	encoded, err := h.Codec.Encode(p.Payloads)
	p.Payloads = encoded
	return err
}

// Loopback is a [Config.Host] for a server on a loopback address: its names are those of this machine for itself.
func Loopback(port string) func(string) bool {
	return func(host string) bool {
		name, p := split(host, "80")
		return p == port && netguard.IsLoopback(name)
	}
}

// Certified is a [Config.Host] for a server with a certificate: its names are those that the certificate is for.
func Certified(leaf *x509.Certificate) func(string) bool {
	return func(host string) bool {
		name, _ := split(host, "443")
		return leaf.VerifyHostname(name) == nil
	}
}

func split(host, defaultPort string) (name, port string) {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return strings.Trim(host, "[]"), defaultPort
	}
	return name, port
}
