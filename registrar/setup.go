package registrar

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"model-registrar/schemas"
)

// SetupTimeout is how long a new search attribute may take until every part of the server knows it.
const SetupTimeout = 30 * time.Second

// Attributes says which of [schemas.SearchAttributes] a namespace has.
type Attributes struct{ Existing, Missing []string }

// WrongType says that a search attribute exists with a type that is of no use. Only an operator can judge what else
// relies on it.
type WrongType struct {
	Name      string
	Namespace string
	Type      string
}

// Error names the attribute and its type.
func (e *WrongType) Error() string {
	return fmt.Sprintf("search attribute %s exists in namespace %q with type %s, and must be Keyword", e.Name,
		e.Namespace, e.Type)
}

// NotManaged says that the server does not let this client manage search attributes, as Temporal Cloud does not.
type NotManaged struct {
	Address, Namespace string
	Err                error
}

// Error says what the server answered.
func (e *NotManaged) Error() string {
	return fmt.Sprintf("Temporal at %s does not let this client manage search attributes: %v", e.Address, e.Err)
}

// Unwrap returns the error of the call.
func (e *NotManaged) Unwrap() error { return e.Err }

// NotSeen says that search attributes were accepted and do not show. Setup may be repeated later.
type NotSeen struct{ Missing []string }

// Error names the attributes.
func (e *NotSeen) Error() string {
	return fmt.Sprintf("search attributes %s were accepted, but are not to be seen after %s",
		strings.Join(e.Missing, ", "), SetupTimeout)
}

func (*WrongType) typed()  {}
func (*NotManaged) typed() {}
func (*NotSeen) typed()    {}

// Setup registers the search attributes that the namespace lacks, and waits until they can be used. What exists already
// is left alone, so that it may be called again. It returns what existed and what was missing before. The error is a
// [*NoNamespace], [*WrongType], [*NotManaged] or [*NotSeen], or one of those of every call.
func (c *Client) Setup(ctx context.Context) (Attributes, error) {
	err := c.call(ctx, func(ctx context.Context) error {
		_, err := c.temporal.WorkflowService().DescribeNamespace(ctx,
			&workflowservice.DescribeNamespaceRequest{Namespace: c.namespace})
		return err
	})
	if err != nil {
		return Attributes{}, err
	}
	before, err := c.Attributes(ctx)
	if err != nil || len(before.Missing) == 0 {
		return before, err
	}
	return before, c.addAttributes(ctx, before.Missing)
}

// Check returns nil if the namespace answers and has every search attribute, and a [*NeedsSetup] if some are missing: a
// workflow would hang on its first use of one while it shows as running.
func (c *Client) Check(ctx context.Context) error {
	found, err := c.Attributes(ctx)
	if err != nil {
		return err
	}
	if len(found.Missing) > 0 {
		return &NeedsSetup{Namespace: c.namespace, Missing: found.Missing}
	}
	return nil
}

// Attributes reads which search attributes the namespace has.
func (c *Client) Attributes(ctx context.Context) (found Attributes, err error) {
	var known *operatorservice.ListSearchAttributesResponse
	err = c.call(ctx, func(ctx context.Context) (err error) {
		known, err = c.temporal.OperatorService().ListSearchAttributes(ctx,
			&operatorservice.ListSearchAttributesRequest{Namespace: c.namespace})
		return err
	})
	if err != nil {
		return found, c.notOperator(err)
	}
	for _, name := range schemas.SearchAttributes {
		kind, ok := known.GetCustomAttributes()[name]
		switch {
		case !ok:
			found.Missing = append(found.Missing, name)
		case kind != enumspb.INDEXED_VALUE_TYPE_KEYWORD:
			return found, &WrongType{name, c.namespace, kind.String()}
		default:
			found.Existing = append(found.Existing, name)
		}
	}
	return found, nil
}

func (c *Client) addAttributes(ctx context.Context, names []string) error {
	add := map[string]enumspb.IndexedValueType{}
	for _, name := range names {
		add[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	err := c.call(ctx, func(ctx context.Context) error {
		_, err := c.temporal.OperatorService().AddSearchAttributes(ctx,
			&operatorservice.AddSearchAttributesRequest{Namespace: c.namespace, SearchAttributes: add})
		return err
	})
	if _, raced := errors.AsType[*serviceerror.AlreadyExists](err); err != nil && !raced {
		return c.notOperator(err)
	}
	giveUp := time.Now().Add(SetupTimeout)
	for {
		found, err := c.Attributes(ctx)
		if err != nil || len(found.Missing) == 0 {
			return err
		}
		if time.Now().After(giveUp) {
			return &NotSeen{found.Missing}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// notOperator gives the refusal of a server that has its search attributes managed elsewhere its type.
func (c *Client) notOperator(err error) error {
	_, unsupported := errors.AsType[*serviceerror.Unimplemented](err)
	_, denied := errors.AsType[*serviceerror.PermissionDenied](err)
	if !unsupported && !denied {
		return err
	}
	return &NotManaged{c.address, c.namespace, err}
}
