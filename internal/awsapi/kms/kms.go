// Package kms makes and unwraps data keys with AWS KMS. See package awsapi for why it
// is not the SDK that does.
//
// Source: AWS KMS API reference, GenerateDataKey and Decrypt.
package kms

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"switchboard/internal/awsapi"
)

// Client calls KMS. It is safe for concurrent use.
type Client struct{ api *awsapi.Client }

// New returns a client. It makes no call.
func New(cfg aws.Config) *Client {
	return &Client{awsapi.New(cfg, awsapi.Service{ID: "KMS", Name: "kms", Target: "TrentService", Version: "1.1"})}
}

// The only key spec and algorithm that are used.
const (
	AES256           = "AES_256"
	SymmetricDefault = "SYMMETRIC_DEFAULT"
)

// GenerateDataKeyInput asks for a data key.
type GenerateDataKeyInput struct {
	KeyID             string            `json:"KeyId"`
	KeySpec           string            `json:"KeySpec,omitempty"`
	EncryptionContext map[string]string `json:"EncryptionContext,omitempty"`
}

// GenerateDataKeyOutput is a data key, plain and wrapped.
type GenerateDataKeyOutput struct {
	KeyID          string `json:"KeyId"`
	Plaintext      []byte
	CiphertextBlob []byte
}

// DecryptInput asks for what a key wrapped.
type DecryptInput struct {
	KeyID               string            `json:"KeyId,omitempty"`
	CiphertextBlob      []byte            `json:"CiphertextBlob"`
	EncryptionAlgorithm string            `json:"EncryptionAlgorithm,omitempty"`
	EncryptionContext   map[string]string `json:"EncryptionContext,omitempty"`
}

// DecryptOutput is what was wrapped.
type DecryptOutput struct {
	KeyID     string `json:"KeyId"`
	Plaintext []byte
}

// GenerateDataKey makes a data key.
func (c *Client) GenerateDataKey(ctx context.Context, in *GenerateDataKeyInput) (*GenerateDataKeyOutput, error) {
	out := &GenerateDataKeyOutput{}
	if err := c.api.Call(ctx, "GenerateDataKey", in, out); err != nil {
		return nil, err
	}
	return out, nil
}

// Decrypt unwraps a data key.
func (c *Client) Decrypt(ctx context.Context, in *DecryptInput) (*DecryptOutput, error) {
	out := &DecryptOutput{}
	if err := c.api.Call(ctx, "Decrypt", in, out); err != nil {
		return nil, err
	}
	return out, nil
}
