package dynamo_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/credential"
	"switchboard/internal/dynamo"
	"switchboard/internal/reseal"
	"switchboard/internal/vault"
)

// TestCredentialAccounts: each account that has credentials is named once, whatever its
// name, and none that has no more.
func TestCredentialAccounts(t *testing.T) {
	client, table := newTable(t)
	s := dynamo.New(client, dynamo.Options{Table: table, Now: time.Now})
	for n, account := range []string{"acc_1", "acc_2", "acc_1", "an#odd one", "acc_gone"} {
		c := credential.Credential{ID: fmt.Sprintf("cred_%d", n), Account: account, Type: "smtp", Name: "x", CreatedAt: time.Unix(int64(n), 0), Revision: 1}
		if err := s.CreateCredential(t.Context(), c, vault.Sealed{Nonce: []byte{byte(n)}, Ciphertext: []byte{1}, WrappedKey: []byte{2}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DeleteCredential(t.Context(), "acc_gone", "cred_4"); err != nil {
		t.Fatal(err)
	}
	got, err := s.CredentialAccounts(t.Context())
	if want := []string{"acc_1", "acc_2", "an#odd one"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("accounts %q, %v; want %q", got, err, want)
	}
}

// scans looks at the requests that read the whole table.
type scans struct {
	asked [][]byte
	after func(n int) // is called when the nth was answered
}

// Do implements aws.HTTPClient.
func (c *scans) Do(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Scan") {
		return http.DefaultTransport.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer, err := http.DefaultTransport.RoundTrip(r)
	c.asked = append(c.asked, body)
	if c.after != nil {
		c.after(len(c.asked))
	}
	return answer, err
}

// TestFindCredentials: those from before there was a list of all are listed, in a table
// that is not read at once; what is cut off goes on, and what was gone through is not
// read again.
func TestFindCredentials(t *testing.T) {
	client, table := newTable(t)
	s := dynamo.New(client, dynamo.Options{Table: table, Now: time.Now})
	const accounts, each = 6, 4
	want := map[string]bool{}
	for n := range accounts * each {
		c := credential.Credential{
			ID: fmt.Sprintf("cred_%02d", n), Account: fmt.Sprintf("acc_%d", n%accounts), Type: "smtp", Name: strings.Repeat("x", 300_000),
			CreatedAt: time.Unix(int64(n), 0), Revision: 1,
		}
		must(t, s.CreateCredential(t.Context(), c, vault.Sealed{Nonce: []byte{byte(n)}, Ciphertext: []byte("ciphertext"), WrappedKey: []byte{2}}))
		want[c.ID] = true
		if n < accounts { // was stored when there was the list
			continue
		}
		key := dynamodb.Item{"pk": dynamodb.Text("CREDENTIALS#" + c.Account), "sk": dynamodb.Text(c.ID)}
		_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: table, Key: key, UpdateExpression: "REMOVE #list, #started", ConditionExpression: "attribute_exists(#list)",
			ExpressionAttributeNames: map[string]string{"#list": "list", "#started": "started"},
		})
		must(t, err)
	}
	listed := func() map[string]bool {
		found := map[string]bool{}
		for cursor, first := "", true; first || cursor != ""; first = false {
			portion, next, err := s.Secrets(t.Context(), reseal.Credentials, cursor)
			must(t, err)
			for _, secret := range portion {
				found[secret.At.Credential] = true
			}
			cursor = next
		}
		return found
	}
	if got := listed(); len(got) != accounts {
		t.Fatalf("listed before: %v", got)
	}

	ctx, end := context.WithCancel(t.Context())
	seen := &scans{after: func(n int) {
		if n == 2 {
			end()
		}
	}}
	cfg := need(t).Config()
	cfg.HTTPClient = seen
	searching := dynamo.New(dynamodb.New(cfg), dynamo.Options{Table: table, Now: time.Now})
	if done, err := searching.FindCredentials(ctx); done || err != nil {
		t.Fatalf("cut off: %t, %v; want that it is not done", done, err)
	}
	if got := len(listed()); got <= accounts || got == len(want) {
		t.Errorf("%d are listed, want some more", got)
	}
	cut := len(seen.asked)
	if done, err := searching.FindCredentials(t.Context()); !done || err != nil {
		t.Fatalf("FindCredentials = %t, %v", done, err)
	}
	if !bytes.Contains(seen.asked[cut], []byte(`"ExclusiveStartKey":{`)) {
		t.Errorf("it began anew: %s", seen.asked[cut])
	}
	if got := listed(); len(got) != len(want) {
		t.Errorf("listed: %v, want all", got)
	}
	if got, err := s.CredentialAccounts(t.Context()); err != nil || len(got) != accounts {
		t.Errorf("accounts %v, %v", got, err)
	}
	all := len(seen.asked)
	if done, err := searching.FindCredentials(t.Context()); !done || err != nil || len(seen.asked) != all {
		t.Errorf("FindCredentials = %t, %v; it read the table again: %t", done, err, len(seen.asked) != all)
	}
	for _, body := range seen.asked { // what the role allows
		if !bytes.Contains(body, []byte(`"Select":"SPECIFIC_ATTRIBUTES"`)) {
			t.Errorf("asked for more than it may: %s", body)
		}
	}
}
