package dynamodb_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"switchboard/internal/awsapi"
	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/awscall"
)

// wire answers every request with the same, and keeps the requests.
type wire struct {
	status int
	answer string
	sent   []map[string]any
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	var sent map[string]any
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		return nil, err
	}
	w.sent = append(w.sent, sent)
	return &http.Response{StatusCode: w.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(w.answer))}, nil
}

func (w *wire) client() *dynamodb.Client {
	return dynamodb.New(aws.Config{
		Region: "eu-central-1", HTTPClient: w, Retryer: func() aws.Retryer { return awscall.Retryer() },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// TestRefusals: those that bring items along give them, and are refusals all the same.
// How real ones look is held by the stores' tests on DynamoDB Local.
func TestRefusals(t *testing.T) {
	t.Run("Condition", func(t *testing.T) {
		w := &wire{status: 400, answer: `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"m","Item":{"pk":{"S":"a"},"n":{"N":"1"}}}`}
		_, err := w.client().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: "t", Item: dynamodb.Item{}})
		failed, ok := errors.AsType[*dynamodb.ConditionalCheckFailed](err)
		if !ok || failed.Item["pk"].Text() != "a" || awscall.Code(err) != "ConditionalCheckFailedException" || len(w.sent) != 1 {
			t.Errorf("err = %v (%+v) after %d calls", err, failed, len(w.sent))
		}
		if refusal, ok := errors.AsType[*awsapi.Refusal](err); !ok || refusal.Status != 400 || strings.Contains(err.Error(), `"a"`) {
			t.Errorf("err = %v; an item does not belong into it", err)
		}
	})
	t.Run("Transaction", func(t *testing.T) {
		w := &wire{status: 400, answer: `{"__type":"TransactionCanceledException","Message":"m","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"x","Item":{"pk":{"S":"a"}}}]}`}
		_, err := w.client().TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{})
		failed, ok := errors.AsType[*dynamodb.TransactionCanceled](err)
		if !ok || len(failed.CancellationReasons) != 2 || failed.CancellationReasons[1].Item["pk"].Text() != "a" || failed.Message != "m" {
			t.Errorf("err = %v (%+v)", err, failed)
		}
	})
	t.Run("ErrNonsense", func(t *testing.T) {
		w := &wire{status: 400, answer: `{"__type":"ConditionalCheckFailedException","Item":7}`}
		_, err := w.client().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: "t"})
		if _, ok := errors.AsType[*dynamodb.ConditionalCheckFailed](err); ok || awscall.Code(err) != "ConditionalCheckFailedException" {
			t.Errorf("err = %v", err)
		}
	})
}

// TestToken: a transaction that is sent again is the same one to DynamoDB, and another
// transaction is not.
func TestToken(t *testing.T) {
	w := &wire{status: 200, answer: `{}`}
	in := &dynamodb.TransactWriteItemsInput{}
	client := w.client()
	for range 2 {
		if _, err := client.TransactWriteItems(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	first, _ := w.sent[0]["ClientRequestToken"].(string)
	second, _ := w.sent[1]["ClientRequestToken"].(string)
	if first == "" || first == second || len(first) > 36 || in.ClientRequestToken != "" {
		t.Errorf("tokens %q and %q", first, second)
	}
}

// TestNothingEmpty: DynamoDB refuses expressions, names and values that are empty.
func TestNothingEmpty(t *testing.T) {
	w := &wire{status: 200, answer: `{}`}
	client := w.client()
	if _, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: "t", Key: dynamodb.Item{"pk": dynamodb.Text("")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{
		ClientRequestToken: "token",
		TransactItems:      []dynamodb.TransactWriteItem{{Put: &dynamodb.Put{Item: dynamodb.Item{"links": {M: dynamodb.Item{}}, "b": {B: []byte{}}}, Conditional: dynamodb.Conditional{TableName: "t"}}}},
	}); err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{
		`{"Key":{"pk":{"S":""}},"TableName":"t"}`,
		`{"ClientRequestToken":"token","TransactItems":[{"Put":{"Item":{"b":{"B":""},"links":{"M":{}}},"TableName":"t"}}]}`,
	} {
		if got, err := json.Marshal(w.sent[n]); err != nil || string(got) != want {
			t.Errorf("sent %s, want %s (%v)", got, want, err)
		}
	}
}
