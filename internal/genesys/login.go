package genesys

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

// Refused receives a value when a call found no token that the platform takes, which [Client.CheckLogin] then confirms
// or not. It never blocks a call: several refusals are one value.
func (c *Client) Refused() <-chan struct{} { return c.refused }

// noteRefusal tells whoever reads Refused of an error that speaks of the login.
func (c *Client) noteRefusal(err error) {
	if !IsRefusedLogin(err) {
		return
	}
	select {
	case c.refused <- struct{}{}:
	default:
	}
}

// IsRefusedLogin reports whether the platform issues no token for the credentials, or takes none that it just issued.
func IsRefusedLogin(err error) bool {
	var e *gateway.Error
	return errors.As(err, &e) && e.Type == schemas.ErrUnauthorized
}

// FetchToken has a token issued, unless there is a fresh one. It says whether the credentials are accepted without a
// call of the API; whether a token is that was given, only a call can say.
func (c *Client) FetchToken(ctx context.Context) error {
	if c.tokens.given != nil {
		return c.CheckLogin(ctx)
	}
	_, err := c.tokens.token(ctx, nil)
	return err
}

// CheckLogin makes one call of the API, the list of models of a name that none has, and returns its error. One that is
// no [IsRefusedLogin] says nothing of the login.
func (c *Client) CheckLogin(ctx context.Context) error {
	_, err := c.call(ctx, request{
		op: opCheckLogin, method: http.MethodGet, url: c.gateway +
			"/models", query: url.Values{"name": {"login-check"}},
	})
	return err
}
