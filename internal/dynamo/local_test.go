package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/dynamo"
	"switchboard/internal/dynamotest"
	"switchboard/internal/storetest"
)

// local is one DynamoDB Local for all tests of the package.
type local struct {
	*dynamotest.Server
	once   sync.Once
	err    error
	tables atomic.Int64
}

func TestMain(m *testing.M) {
	code := m.Run()
	if peer.Server != nil {
		peer.Stop()
	}
	os.Exit(code)
}

var peer local

// need starts DynamoDB Local, or skips the test.
func need(t testing.TB) *local {
	t.Helper()
	peer.once.Do(func() { peer.Server, peer.err = dynamotest.Start() })
	if errors.Is(peer.err, dynamotest.ErrNotInstalled) && os.Getenv("SWITCHBOARD_TEST_PEERS") != "required" {
		t.Skip(peer.err)
	}
	if peer.err != nil {
		t.Fatal(peer.err)
	}
	return &peer
}

// newTable makes an empty table.
func newTable(t testing.TB) (client *dynamodb.Client, table string) {
	t.Helper()
	l := need(t)
	table = fmt.Sprintf("switchboard-%d", l.tables.Add(1))
	if _, err := l.Client().CreateTable(t.Context(), dynamotest.Table(table)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := l.Client().DeleteTable(context.WithoutCancel(t.Context()), &sdk.DeleteTableInput{TableName: &table})
		if err != nil {
			t.Errorf("deleting the table: %v", err)
		}
	})
	return dynamodb.New(l.Config()), table
}

// openNew gives a store on an empty table.
func openNew(t testing.TB, o dynamo.Options) *dynamo.Store {
	t.Helper()
	client, table := newTable(t)
	o.Table = table
	return dynamo.New(client, o)
}

// counter counts the requests that reach the service, by their operation; those
// that are sent again too.
type counter struct {
	mu    sync.Mutex
	calls map[string]int
}

// Do implements aws.HTTPClient.
func (c *counter) Do(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c.mu.Lock()
	c.calls[operation]++
	c.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

// client is a client whose requests are counted.
func (c *counter) client(t testing.TB) *dynamodb.Client {
	cfg := need(t).Config()
	cfg.HTTPClient = c
	return dynamodb.New(cfg)
}

// take gives what was counted since it was last asked.
func (c *counter) take() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = map[string]int{}
	return calls
}

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestStores(t *testing.T) {
	need(t)
	storetest.Run(t, func(t testing.TB) storetest.Stores {
		c := newClock()
		s := openNew(t, dynamo.Options{Now: c.Now})
		return storetest.Stores{Agents: s, Credentials: s, Workflows: s, Executions: s, Records: s, Approvals: s, Pending: s, APIKeys: s, Members: s, Audit: s, Counts: s, Usage: s, Misses: s, Advance: c.Advance}
	})
}
