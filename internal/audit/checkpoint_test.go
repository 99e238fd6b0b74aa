package audit

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"model-registrar/schemas"
)

// What `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` wrote.
const (
	opensslKey = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
`
	opensslPublic = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
`
)

// The first key pair of RFC 8032, section 7.1, which openssl's above are.
var (
	seedOfRFC8032   = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
	publicOfRFC8032 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
)

func TestKeysAreReadAsOpensslWritesThemAndAsBase64(t *testing.T) {
	for _, text := range []string{
		opensslKey, seedOfRFC8032, " " + strings.TrimRight(seedOfRFC8032, "=") + "\n", strings.ReplaceAll(seedOfRFC8032, "/", "_"),
	} {
		s, err := ParseSigner(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if base64.StdEncoding.EncodeToString(s.Public()) != publicOfRFC8032 {
			t.Errorf("%q: public key %s", text, base64.StdEncoding.EncodeToString(s.Public()))
		}
	}
	for _, text := range []string{opensslPublic, publicOfRFC8032} {
		key, err := ParsePublicKey(text)
		if err != nil || base64.StdEncoding.EncodeToString(key) != publicOfRFC8032 {
			t.Errorf("%q: %v, %v", text, key, err)
		}
	}
}

func TestWhatIsNoKeyIsRefusedWithoutBeingShown(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(other)
	if err != nil {
		t.Fatal(err)
	}
	notEd25519 := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for _, text := range []string{"", "hunter2", base64.StdEncoding.EncodeToString([]byte("hunter2")), notEd25519, opensslKey[:60], opensslPublic} {
		_, err := ParseSigner(text)
		if err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "hunter2", notEd25519, opensslKey} {
		if _, err := ParsePublicKey(text); err == nil {
			t.Errorf("%q is taken for a public key", text)
		}
	}
}

func TestTheKeyIDIsShortAndOfThePublicKey(t *testing.T) {
	s, err := ParseSigner(opensslKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Checkpoint(schemas.AuditReceipt{Seq: 1, Hash: noHash}, entryOf("a").Timestamp)
	if err != nil || c.KeyID != KeyID(s.Public()) || len(c.KeyID) != 16 {
		t.Errorf("%+v, %v", c, err)
	}
	signature, err := base64.StdEncoding.DecodeString(c.Signature)
	message := `{"hash":"` + noHash + `","keyId":"` + c.KeyID + `","seq":1,"time":"2026-03-01T12:00:00Z"}`
	if err != nil || !ed25519.Verify(s.Public(), []byte(message), signature) {
		t.Errorf("the signature is not over %s: %v", message, err)
	}
}
