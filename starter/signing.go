package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/term"

	"model-registrar/internal/approvers"
	"model-registrar/internal/bounded"
	"model-registrar/schemas"
)

const (
	maxKeyFile = 64 << 10
	agentTime  = 2 * time.Minute // somebody may have to touch a key, or to agree
)

// signingKey is what a decision is to be signed with, before anybody was asked for a passphrase. Its content is never
// shown.
type signingKey struct {
	path    string
	private []byte        // PEM; nil for a key that the agent holds
	public  ssh.PublicKey // nil: the only key of the agent, or not known before the passphrase
	locked  bool          // by a passphrase
}

// signingKey finds the key that the flags name; nil if there is none, and so no signature.
func (o *decideOptions) signingKey() (*signingKey, error) {
	path, viaAgent := cmp.Or(o.key, o.env.Get("REGISTRAR_SIGNING_KEY")), o.agent
	switch {
	case path == "" && viaAgent:
		return &signingKey{}, nil
	case path == "":
		return nil, nil
	}
	raw, err := bounded.File(path, maxKeyFile)
	if err != nil {
		return nil, misused("the signing key: %w", err)
	}
	k := &signingKey{path: path}
	if k.public, _, _, _, err = ssh.ParseAuthorizedKey(raw); err == nil {
		return k, k.fit()
	}
	signer, err := ssh.ParsePrivateKey(raw)
	var locked *ssh.PassphraseMissingError
	switch {
	case err == nil:
		k.public = signer.PublicKey()
	case errors.As(err, &locked):
		k.public, k.locked = locked.PublicKey, true
	default: // whatever the library says of a private key is not repeated
		return nil, failed("%s is no SSH key that can be read here", path).
			hinting("Name a private key, or the .pub file of a key that the SSH agent holds. A security key (sk) " +
				"signs through the agent.")
	}
	if viaAgent && k.public == nil {
		return nil, failed("%s does not tell its public key", path).hinting("Name its .pub file instead.")
	}
	if !viaAgent {
		k.private = raw
	}
	return k, k.fit()
}

// fit refuses a key that no worker would take.
func (k *signingKey) fit() error {
	if k.public == nil {
		return nil
	}
	if err := approvers.CheckKey(k.public); err != nil {
		return failed("%s cannot sign decisions: %w", k.path, err)
	}
	return nil
}

// sign signs what a decision states.
func (o *decideOptions) sign(ctx context.Context, k *signingKey, statement schemas.DecisionStatement) (string, error) {
	if k.private != nil && !k.locked {
		signer, err := ssh.ParsePrivateKey(k.private)
		if err != nil {
			return "", failed("%s cannot be read as a private key", k.path)
		}
		return signed(statement, signer)
	}
	if k.private == nil {
		return k.signByAgent(ctx, o.env, statement)
	}
	if k.public != nil && o.env.Get("SSH_AUTH_SOCK") != "" { // as ssh does: no passphrase if the agent has the key
		if signature, err := k.signByAgent(ctx, o.env, statement); err == nil || ctx.Err() != nil {
			return signature, err
		}
	}
	passphrase, err := o.passphrase(ctx, k.path)
	if err != nil {
		return "", err
	}
	signer, err := ssh.ParsePrivateKeyWithPassphrase(k.private, passphrase)
	clear(passphrase)
	if err != nil {
		return "", failed("the passphrase does not open %s; nothing was decided", k.path)
	}
	return signed(statement, signer)
}

func signed(statement schemas.DecisionStatement, signer ssh.Signer) (string, error) {
	signature, err := approvers.Sign(statement, signer)
	if err != nil {
		return "", failed("the decision could not be signed: %w", err)
	}
	return signature, nil
}

// signByAgent has the SSH agent sign, with the key that is wanted or with the only one that it holds.
func (k *signingKey) signByAgent(
	ctx context.Context, env environment, statement schemas.DecisionStatement,
) (string, error) {
	socket := env.Get("SSH_AUTH_SOCK")
	if socket == "" {
		return "", failed("there is no SSH agent: SSH_AUTH_SOCK is not set").
			hinting("Start one (eval $(ssh-agent); ssh-add KEY), or sign with a private key: --key FILE.")
	}
	limited, cancel := context.WithTimeout(ctx, agentTime)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(limited, "unix", socket)
	if err != nil {
		return "", failed("the SSH agent cannot be reached: %w",
			err).hinting("Is SSH_AUTH_SOCK that of an agent that runs?")
	}
	defer conn.Close()
	defer context.AfterFunc(limited, func() { conn.Close() })() // so that an agent that hangs holds nobody up
	held, err := agent.NewClient(conn).Signers()
	if err != nil {
		return "", failed("the SSH agent does not answer: %w", err)
	}
	signer, err := k.choose(held)
	if err != nil {
		return "", err
	}
	signature, err := approvers.Sign(statement, signer)
	if err != nil {
		return "", failed("the SSH agent did not sign with %s: %w", ssh.FingerprintSHA256(signer.PublicKey()), err)
	}
	return signature, nil
}

// choose finds the wanted key among those that the agent holds.
func (k *signingKey) choose(held []ssh.Signer) (ssh.Signer, error) {
	var usable []ssh.Signer
	for _, s := range held {
		switch {
		case k.public != nil && bytes.Equal(s.PublicKey().Marshal(), k.public.Marshal()):
			return s, nil
		case approvers.CheckKey(s.PublicKey()) == nil:
			usable = append(usable, s)
		}
	}
	if k.public != nil {
		return nil, failed("the SSH agent does not hold the key of %s (%s)", k.path, ssh.FingerprintSHA256(k.public)).
			hinting("`ssh-add -l` shows those that it holds; `ssh-add FILE` adds one.")
	}
	switch len(usable) {
	case 0:
		return nil, failed("the SSH agent holds no key that can sign decisions").hinting("`ssh-add FILE` adds one.")
	case 1:
		return usable[0], nil
	}
	var names []string
	for _, s := range usable {
		names = append(names, s.PublicKey().Type()+" "+ssh.FingerprintSHA256(s.PublicKey()))
	}
	return nil, failed("the SSH agent holds %d keys; say which is to sign:\n  %s", len(usable),
		strings.Join(names, "\n  ")).
		hinting("--key FILE.pub names one.")
}

// passphrase asks for a key's passphrase on the terminal, without echo.
func (o *decideOptions) passphrase(ctx context.Context, path string) ([]byte, error) {
	f, ok := o.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, failed("%s has a passphrase, which can only be asked for on a terminal", path).
			hinting("Add the key to an SSH agent (ssh-add %s), or decide on a terminal.", quote(path))
	}
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, failed("the terminal cannot be read: %w", err)
	}
	o.err.Ask(fmt.Sprintf("Passphrase of %s:", path))
	type answer struct {
		text []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		answers <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		o.err.Print(nil)
		return nil, &failure{code: exitInterrupted, err: errors.New("interrupted; nothing was decided")}
	case got := <-answers:
		o.err.Print(nil)
		if got.err != nil {
			return nil, failed("no passphrase was given; nothing was decided")
		}
		return got.text, nil
	}
}
