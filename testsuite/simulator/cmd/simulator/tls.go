package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	certificateLife = 365 * 24 * time.Hour
	renewBefore     = 30 * 24 * time.Hour
)

// secured listens with TLS, so that the simulator can be called under a name, as the real services are: what a manifest
// names and what the worker calls must be https unless it is loopback. It speaks HTTP/1.1 alone there too, because
// faults that cut a connection need one connection a request.
func secured(address, dir, name string) (net.Listener, error) {
	certificate, err := certificateFor(dir, name)
	if err != nil {
		return nil, fmt.Errorf("cannot keep a certificate in %s: %w", dir, err)
	}
	return tls.Listen("tcp", address, &tls.Config{Certificates: []tls.Certificate{certificate},
		NextProtos: []string{"http/1.1"}})
}

// certificateFor takes the certificate that an earlier run left in dir, so that who trusts it goes on doing so, or
// makes a new one. Clients trust the certificate itself, cert.pem; it cannot sign others.
func certificateFor(dir, name string) (tls.Certificate, error) {
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	kept, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err == nil && kept.Leaf.VerifyHostname(name) == nil && time.Now().Add(renewBefore).Before(kept.Leaf.NotAfter) {
		return kept, nil
	}
	cert, key, err := newCertificate(name)
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := os.WriteFile(keyFile, key, 0o600); err != nil {
		return tls.Certificate{}, err
	}
	if err := os.WriteFile(certFile, cert, 0o644); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}

// newCertificate makes a self-signed certificate for the name and for this machine, and its key, both as PEM.
func newCertificate(name string) (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "model-registrar simulator"},
		DNSNames:     []string{name, "localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore:    time.Now().Add(-time.Hour), // clocks differ
		NotAfter:     time.Now().Add(certificateLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), nil
}
