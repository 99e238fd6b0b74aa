package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"model-registrar/internal/codecserver"
	"model-registrar/internal/config"
	"model-registrar/internal/netguard"
	"model-registrar/starter/console"
)

// codecServerOptions are what codec-server is asked to do.
type codecServerOptions struct {
	*app
	listen, tlsCert, tlsKey string
	origins                 []string
}

const stopTime = 5 * time.Second // that running requests may take when the server is told to stop

func codecServerCommand(a *app) *cobra.Command {
	o := &codecServerOptions{app: a}
	cmd := &cobra.Command{
		Use:   "codec-server",
		Short: "Decode encrypted payloads for the Temporal UI, until interrupted",
		Long: `Decode payloads that are encrypted with REGISTRAR_ENCRYPTION_KEYS, for the
Temporal UI in a browser and for Temporal's CLI, until interrupted. Open its
address in the browser, give the token once, and enter the address as the codec
server's endpoint in the UI, with cross-origin credentials included. For the
CLI:

  temporal workflow show --codec-endpoint http://127.0.0.1:8081 \
    --codec-auth "Bearer $REGISTRAR_CODEC_TOKEN" …

The token is REGISTRAR_CODEC_TOKEN (or REGISTRAR_CODEC_TOKEN_FILE); without one,
a new one is made and printed. Who has the token reads everything that is
encrypted. Only pages of the origins that you list may ask. Addresses other than
loopback need TLS.`,
		Example: `  starter codec-server --origin http://127.0.0.1:8233
  starter codec-server --listen :8443 --tls-cert tls.crt --tls-key tls.key \
    --origin https://temporal.example.com`,
		Args: cobra.NoArgs,
		RunE: offline(o.run),
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8081", "address to listen on; port 0 picks a free one")
	f.StringArrayVar(&o.origins, "origin", nil, "origin of a Temporal UI that may ask, such as "+
		"http://127.0.0.1:8233; may be repeated (default that of $REGISTRAR_UI_URL)")
	f.StringVar(&o.tlsCert, "tls-cert", "", "certificate chain, PEM")
	f.StringVar(&o.tlsKey, "tls-key", "", "private key of the certificate, PEM")
	return cmd
}

// serving is what codec-server says of itself, in JSON.
type serving struct {
	URL     string   `json:"url"`
	Origins []string `json:"origins"`
}

func (o *codecServerOptions) run(ctx context.Context, _ []string) error {
	log, err := o.logger()
	if err != nil {
		return err
	}
	keys, token, err := config.LoadCodecServer(o.env.Environ())
	switch {
	case err != nil:
		return misused("%w", err)
	case !keys.On():
		return misused("there are no keys to decode with; set REGISTRAR_ENCRYPTION_KEYS, or " +
			"REGISTRAR_ENCRYPTION_KEYS_FILE, as for the worker")
	}
	made := token == ""
	switch {
	case made:
		token = rand.Text()
	case len(token) < codecserver.MinToken:
		return misused("%s: the token must have at least %d characters", config.CodecToken, codecserver.MinToken)
	}
	if ui := o.env.Get("REGISTRAR_UI_URL"); ui != "" && len(o.origins) == 0 {
		if u, err := url.Parse(ui); err == nil {
			o.origins = []string{u.Scheme + "://" + u.Host}
		}
	}
	certificate, err := o.certificate()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return failed("cannot listen on %s: %w", o.listen, err).hinting("Choose another address with --listen.")
	}
	defer listener.Close()
	handler, err := codecserver.New(codecserver.Config{
		Codec: keys.PayloadCodec(), Token: token, Origins: o.origins, Host: o.named(listener, certificate),
		Secure: certificate != nil, Logger: log,
	})
	if err != nil {
		return misused("%w", err)
	}
	address := o.address(listener, certificate)
	if o.machine() {
		if err := o.print(serving{address, append([]string{}, handler.Origins...)}); err != nil {
			return err
		}
	}
	o.err.Print(console.Text("Decoding payloads at " + address + " until interrupted. Keys: " + keys.String() + "."))
	if made {
		o.err.Print(console.Text("Token, made for this run: " + token))
	}
	if len(handler.Origins) == 0 {
		o.err.Print(console.Text("No Temporal UI may ask: name its origin with --origin, such as " +
			"http://127.0.0.1:8233."))
	} else {
		o.err.Print(console.Text("Open that address in your browser and sign in; then the Temporal UI at " +
			strings.Join(handler.Origins, ", ") + " can use it."))
	}
	return serveUntil(ctx, listener, certificate, handler, log)
}

// certificate reads the certificate, if one is given, and insists on one where others can listen in.
func (o *codecServerOptions) certificate() (*tls.Certificate, error) {
	host, _, err := net.SplitHostPort(o.listen)
	switch {
	case err != nil:
		return nil, misused("--listen must be host:port: %w", err)
	case (o.tlsCert == "") != (o.tlsKey == ""):
		return nil, misused("--tls-cert and --tls-key go together")
	case o.tlsCert == "" && !netguard.IsLoopback(host):
		return nil, misused("%s is not a loopback address: payloads and token would cross the network in the clear",
			o.listen).
			hinting("Give --tls-cert and --tls-key, or listen on 127.0.0.1.")
	case o.tlsCert == "":
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(o.tlsCert, o.tlsKey)
	if err != nil {
		return nil, misused("the certificate cannot be used: %w", err)
	}
	return &pair, nil
}

// named is how requests may name the server.
func (o *codecServerOptions) named(l net.Listener, certificate *tls.Certificate) func(string) bool {
	if certificate != nil {
		return codecserver.Certified(certificate.Leaf)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return codecserver.Loopback(port)
}

func (o *codecServerOptions) address(l net.Listener, certificate *tls.Certificate) string {
	host, _, _ := net.SplitHostPort(o.listen)
	listening, port, _ := net.SplitHostPort(l.Addr().String())
	switch {
	case certificate == nil && host == "localhost":
		return "http://" + net.JoinHostPort(host, port)
	case certificate == nil:
		return "http://" + net.JoinHostPort(listening, port)
	case len(certificate.Leaf.DNSNames) > 0:
		return "https://" + net.JoinHostPort(certificate.Leaf.DNSNames[0], port)
	}
	return "https://" + net.JoinHostPort(listening, port)
}

// serveUntil serves until the context ends, and lets running requests finish.
func serveUntil(
	ctx context.Context, l net.Listener, certificate *tls.Certificate, handler http.Handler, log *slog.Logger,
) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	if certificate != nil {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
	}
	done := make(chan error, 1)
	go func() {
		if certificate != nil {
			done <- server.ServeTLS(l, "", "")
			return
		}
		done <- server.Serve(l)
	}()
	select {
	case err := <-done:
		return failed("the codec server cannot go on: %w", err)
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := server.Shutdown(limited); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
