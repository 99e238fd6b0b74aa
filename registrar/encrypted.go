package registrar

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"model-registrar/internal/codec"
	"model-registrar/schemas"
)

// Encrypted says that the installation encrypts what it stores, and that the client has no keys: what it wrote would be
// plain text for everybody who can read the namespace. Nothing was written.
type Encrypted struct {
	Namespace  string
	WorkflowID string // of the newest execution, whose input is encrypted
}

// Error names the workflow that shows it.
func (e *Encrypted) Error() string {
	return fmt.Sprintf("namespace %q encrypts its payloads, as the input of %s shows, and there are no keys here: "+
		"nothing was "+
		"written, since it would have been plain text", e.Namespace, e.WorkflowID)
}

func (*Encrypted) typed() {}

// encryptedTypes are the workflow types that workers start, or clients that were checked. Reads of the gateway are none
// of them: a client without keys may make one.
var encryptedTypes = append([]string{
	schemas.RegisterFleetWorkflow, schemas.HoldFleetPartWorkflow, schemas.DeliverWebhookWorkflow,
	schemas.RecordDecisionWorkflow, schemas.ManageModelWorkflow,
}, schemas.Operations...)

// checkEncryption returns an [*Encrypted] if a client without keys is about to write where payloads are encrypted. The
// newest execution shows whether they are. It is looked at before the first write, and again only while there is none
// or the answer was a refusal. A client that may not look goes on.
func (c *Client) checkEncryption(ctx context.Context) error {
	c.encryption.Lock()
	defer c.encryption.Unlock()
	if c.encryptionChecked {
		return nil
	}
	if p, err := c.data().ToPayload(""); err != nil || codec.IsEncrypted(p) {
		c.encryptionChecked = true
		return nil
	}
	seen, err := c.newestIsPlain(ctx)
	_, unknown := errors.AsType[*serviceerror.NotFound](err)
	_, unsupported := errors.AsType[*serviceerror.Unimplemented](err)
	_, denied := errors.AsType[*serviceerror.PermissionDenied](err)
	if unknown || unsupported || denied {
		seen, err = true, nil
	}
	c.encryptionChecked = seen
	return err
}

// newestIsPlain reports whether there is an execution and its input is plain text.
func (c *Client) newestIsPlain(ctx context.Context) (bool, error) {
	types := make([]string, len(encryptedTypes))
	for i, t := range encryptedTypes {
		types[i] = literal(t)
	}
	var page *workflowservice.ListWorkflowExecutionsResponse
	err := c.call(ctx, func(ctx context.Context) (err error) {
		page, err = c.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: c.namespace, PageSize: 1, Query: "WorkflowType IN (" + strings.Join(types, ", ") + ")",
		})
		return err
	})
	if err != nil || len(page.GetExecutions()) == 0 {
		return false, err
	}
	newest := page.GetExecutions()[0].GetExecution()
	started, err := c.startOf(ctx, newest.GetWorkflowId(), newest.GetRunId())
	if err != nil {
		return false, err
	}
	for _, p := range started.GetInput().GetPayloads() {
		if codec.IsEncrypted(p) {
			return false, &Encrypted{c.namespace, newest.GetWorkflowId()}
		}
	}
	return true, nil
}

// data is the converter of the client's payloads.
func (c *Client) data() converter.DataConverter {
	if c.decoder.Data == nil {
		return converter.GetDefaultDataConverter()
	}
	return c.decoder.Data
}
