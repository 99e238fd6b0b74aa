package activities

import (
	"context"
	"encoding/json"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/internal/manifest"
	"model-registrar/schemas"
)

// Bounds of one result of ListModels. The last page that is read may exceed the first by its own size, which the client
// of the gateway limits to 1 MiB; Temporal takes 2 MiB.
const (
	enoughBytes = 400 << 10
	enoughTime  = 2 * time.Minute
)

// ListModels reads pages of the list of models until the result is large enough, or the list ends. An error after the
// first page ends the result there, and the next one begins with the page that failed.
func (a *Activities) ListModels(ctx context.Context, in schemas.ListModelsInput) (schemas.ListedModels, error) {
	defer keepAlive(ctx)()
	out := schemas.ListedModels{Models: []schemas.ListedModel{}, Next: max(in.Page, 1)}
	began, size := time.Now(), 0
	for out.Next > 0 && size < enoughBytes && time.Since(began) < enoughTime {
		page, err := a.Gateway.ListModels(ctx, out.Next)
		if err != nil && out.Pages > 0 && ctx.Err() == nil {
			return out, nil
		}
		if err != nil {
			return schemas.ListedModels{}, platformError(ctx, err)
		}
		for _, m := range page.Models {
			listed := listedOf(m)
			raw, err := json.Marshal(listed)
			if err != nil { // no JSON can say what its parameters are
				page.Unreadable++
				continue
			}
			size += len(raw)
			out.Models = append(out.Models, listed)
		}
		out.Pages++
		out.Unreadable += page.Unreadable
		out.Next++
		if !page.More {
			out.Next = 0
		}
	}
	return out, nil
}

// listedOf is a model without the secrets that somebody may have written into it.
func listedOf(m gateway.Model) schemas.ListedModel {
	l := schemas.ListedModel{ID: m.ID, State: m.State, Payload: m.Payload}
	l.Hash, _ = m.Payload.Hash() // one that has none is bound by its id alone
	hide := func(key string, value string, hidden func(string) (string, bool)) string {
		shown, is := hidden(value)
		if is {
			l.Hidden = append(l.Hidden, key)
		}
		return shown
	}
	l.Payload.EndpointURL = hide("endpoint_url", m.Payload.EndpointURL, manifest.WithoutSecret)
	l.Payload.AuthCredentialID = hide("auth_credential_id", m.Payload.AuthCredentialID, manifest.WithoutCredential)
	if u := m.Payload.WebhookCallbackURL; u != nil {
		shown := hide("webhook_callback_url", *u, manifest.WithoutSecret)
		l.Payload.WebhookCallbackURL = &shown
	}
	return l
}
