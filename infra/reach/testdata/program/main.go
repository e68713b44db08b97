// Command program reaches some calls of AWS in the ways that functions do, and has
// some at hand that it does not reach.
package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

type client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

type store struct{ client client }

type repository interface {
	Read(context.Context) error
	Write(context.Context) error
}

// Read is reached: through an interface, from a handler that is only handed over.
func (s *store) Read(ctx context.Context) error {
	return do(ctx, s.client.GetItem)
}

// Write is not: nothing calls it.
func (s *store) Write(ctx context.Context) error {
	return do(ctx, s.client.PutItem)
}

func do[I, O any](ctx context.Context, call func(context.Context, *I, ...func(*dynamodb.Options)) (*O, error)) error {
	_, err := call(ctx, new(I))
	return err
}

// ServeHTTP is called by others only, as a method of their interface.
func (s *store) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	item := types.TransactWriteItem{Put: &types.Put{}}
	_, err := s.client.TransactWriteItems(r.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{item}})
	fmt.Println(setting("SETTING_OF_THE_HANDLER"), err)
}

func setting(name string) string { return name }

func never(ctx context.Context, c *kms.Client) {
	_, err := c.Decrypt(ctx, &kms.DecryptInput{})
	fmt.Println(setting("SETTING_OF_NOBODY"), err)
}

func main() {
	s := &store{client: &dynamodb.Client{}}
	var r repository = s
	http.HandleFunc("/", func(w http.ResponseWriter, q *http.Request) { fmt.Println(r.Read(q.Context())) })
	http.Handle("/other", s)
}
