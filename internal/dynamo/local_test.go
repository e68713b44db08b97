package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"switchboard/internal/dynamo"
	"switchboard/internal/storetest"
)

// Amazon's DynamoDB Local. Where it is not installed, what needs it is skipped,
// unless SWITCHBOARD_TEST_PEERS=required forbids.
const (
	localJars     = "testdata/dynamodb-local/target/lib"
	localInstall  = "mvn -q -f internal/dynamo/testdata/dynamodb-local/pom.xml dependency:copy-dependencies -DoutputDirectory=target/lib"
	localPatience = 60 * time.Second
)

var errNotInstalled = errors.New("DynamoDB Local is not installed; " + localInstall)

// local is one DynamoDB Local for all tests of the package.
type local struct {
	once     sync.Once
	endpoint string
	err      error
	stop     func()
	tables   atomic.Int64
}

func TestMain(m *testing.M) {
	code := m.Run()
	if peer.stop != nil {
		peer.stop()
	}
	os.Exit(code)
}

var peer local

// start runs it until the tests are over.
func (l *local) start() {
	jars, err := filepath.Abs(localJars)
	if err != nil {
		l.err = err
		return
	}
	if found, err := filepath.Glob(filepath.Join(jars, "DynamoDBLocal-*.jar")); err != nil || len(found) == 0 {
		l.err = errNotInstalled
		return
	}
	port, err := freePort()
	if err != nil {
		l.err = err
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, "java", "-Xmx512m", "-Djava.library.path="+jars, "-cp", filepath.Join(jars, "*"),
		"com.amazonaws.services.dynamodbv2.local.main.ServerRunner", "-inMemory", "-disableTelemetry", "-port", strconv.Itoa(port))
	server.Dir = os.TempDir()
	if err := server.Start(); err != nil {
		cancel()
		l.err = fmt.Errorf("starting DynamoDB Local: %w", err)
		return
	}
	l.stop = func() {
		cancel()
		_ = server.Wait() // it was killed
	}
	l.endpoint = fmt.Sprintf("http://127.0.0.1:%d", port)
	l.err = l.answers()
}

// answers waits until it does.
func (l *local) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), localPatience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	client := l.client(func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 })
	for {
		_, err := client.ListTables(ctx, &dynamodb.ListTablesInput{})
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("DynamoDB Local does not answer: %w", err)
		}
	}
}

func freePort() (int, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() {
		if err := l.Close(); err != nil {
			log.Print(err)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (l *local) client(options ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(l.endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}, options...)
}

// need starts DynamoDB Local, or skips the test.
func need(t testing.TB) *local {
	t.Helper()
	peer.once.Do(peer.start)
	if errors.Is(peer.err, errNotInstalled) && os.Getenv("SWITCHBOARD_TEST_PEERS") != "required" {
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
	client, table = l.client(), fmt.Sprintf("switchboard-%d", l.tables.Add(1))
	if _, err := client.CreateTable(t.Context(), dynamo.Table(table)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := client.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: &table})
		if err != nil {
			t.Errorf("deleting the table: %v", err)
		}
	})
	return client, table
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

func (c *counter) count(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, c.observe) }

// observe adds to a client what counts its requests.
func (c *counter) observe(stack *middleware.Stack) error {
	return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("count",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			c.mu.Lock()
			c.calls[middleware.GetOperationName(ctx)]++
			c.mu.Unlock()
			return next.HandleFinalize(ctx, in)
		}), middleware.After)
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
		return storetest.Stores{Agents: s, Credentials: s, Workflows: s, Executions: s, Records: s, Approvals: s, Pending: s, Advance: c.Advance}
	})
}
