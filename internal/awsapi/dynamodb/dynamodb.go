// Package dynamodb reads and writes items of Amazon DynamoDB. See package awsapi for
// why it is not the SDK that does.
//
// Source: Amazon DynamoDB API reference.
package dynamodb

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"switchboard/internal/awsapi"
)

// Client calls DynamoDB. It is safe for concurrent use.
type Client struct{ api *awsapi.Client }

// New returns a client. It makes no call.
func New(cfg aws.Config) *Client {
	return &Client{awsapi.New(cfg, awsapi.Service{ID: "DynamoDB", Name: "dynamodb", Target: "DynamoDB_20120810", Version: "1.0"})}
}

// GetItem reads an item.
func (c *Client) GetItem(ctx context.Context, in *GetItemInput) (*GetItemOutput, error) {
	return call[GetItemOutput](ctx, c, "GetItem", in)
}

// BatchGetItem reads up to 100 items, or as many of them as it can.
func (c *Client) BatchGetItem(ctx context.Context, in *BatchGetItemInput) (*BatchGetItemOutput, error) {
	return call[BatchGetItemOutput](ctx, c, "BatchGetItem", in)
}

// Query reads items of a partition.
func (c *Client) Query(ctx context.Context, in *QueryInput) (*QueryOutput, error) {
	return call[QueryOutput](ctx, c, "Query", in)
}

// Scan reads the items of a table, whatever their partition.
func (c *Client) Scan(ctx context.Context, in *ScanInput) (*ScanOutput, error) {
	return call[ScanOutput](ctx, c, "Scan", in)
}

// PutItem writes an item in place of what is there.
func (c *Client) PutItem(ctx context.Context, in *PutItemInput) (*PutItemOutput, error) {
	return call[PutItemOutput](ctx, c, "PutItem", in)
}

// UpdateItem changes an item, or makes it.
func (c *Client) UpdateItem(ctx context.Context, in *UpdateItemInput) (*UpdateItemOutput, error) {
	return call[UpdateItemOutput](ctx, c, "UpdateItem", in)
}

// TransactWriteItems makes all writes or none. It is given a token if it has none, by
// which DynamoDB knows it when it is sent again, and does it once.
func (c *Client) TransactWriteItems(ctx context.Context, in *TransactWriteItemsInput) (*TransactWriteItemsOutput, error) {
	with := *in
	if with.ClientRequestToken == "" {
		with.ClientRequestToken = rand.Text()
	}
	return call[TransactWriteItemsOutput](ctx, c, "TransactWriteItems", &with)
}

func call[Out any](ctx context.Context, c *Client, operation string, in any) (*Out, error) {
	out := new(Out)
	if err := c.api.Call(ctx, operation, in, out); err != nil {
		return nil, known(err)
	}
	return out, nil
}

// ConditionalCheckFailed is that a condition does not hold. Item is what is there, if
// that was asked for.
type ConditionalCheckFailed struct {
	*awsapi.Refusal `json:"-"`
	Item            Item
}

// TransactionCanceled is that a transaction was given up, with a reason for each of
// its writes.
type TransactionCanceled struct {
	*awsapi.Refusal     `json:"-"`
	CancellationReasons []CancellationReason
}

// CancellationReason is why a transaction was given up: "None" is that it was not for
// this write. Item is what is there, if that was asked for.
type CancellationReason struct {
	Code, Message string
	Item          Item
}

// Unwrap gives the refusal.
func (e *ConditionalCheckFailed) Unwrap() error { return e.Refusal }

// Unwrap gives the refusal.
func (e *TransactionCanceled) Unwrap() error { return e.Refusal }

// known gives refusals that have more to say a type of their own.
func known(err error) error {
	refused, ok := errors.AsType[*awsapi.Refusal](err)
	if !ok {
		return err
	}
	var more error
	switch refused.Code {
	case "ConditionalCheckFailedException":
		more = &ConditionalCheckFailed{Refusal: refused}
	case "TransactionCanceledException":
		more = &TransactionCanceled{Refusal: refused}
	default:
		return err
	}
	if err := json.Unmarshal(refused.Body, more); err != nil {
		return errors.Join(refused, err)
	}
	return more
}
