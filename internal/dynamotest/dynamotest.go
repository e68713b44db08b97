// Package dynamotest runs Amazon's DynamoDB Local for tests.
package dynamotest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Its files, from the module's folder, and the command that fetches them.
const (
	jars    = "internal/dynamo/testdata/dynamodb-local/target/lib"
	install = "mvn -q -f internal/dynamo/testdata/dynamodb-local/pom.xml dependency:copy-dependencies -DoutputDirectory=target/lib"
)

// patience is how long it may take to start.
const patience = 60 * time.Second

// ErrNotInstalled says that it is not there to be run.
var ErrNotInstalled = errors.New("DynamoDB Local is not installed; " + install)

// Server is a running one. It keeps everything in memory.
type Server struct {
	Endpoint string
	stop     func()
}

// Start runs one until Stop.
func Start() (*Server, error) {
	folder, err := moduleFolder()
	if err != nil {
		return nil, err
	}
	lib := filepath.Join(folder, filepath.FromSlash(jars))
	if found, err := filepath.Glob(filepath.Join(lib, "DynamoDBLocal-*.jar")); err != nil || len(found) == 0 {
		return nil, ErrNotInstalled
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	// It lives for seconds: what its best compiler, and a collector with threads of its own,
	// cost then is twice what all else does.
	server := exec.CommandContext(ctx, "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m",
		"-Djava.library.path="+lib, "-cp", filepath.Join(lib, "*"),
		"com.amazonaws.services.dynamodbv2.local.main.ServerRunner", "-inMemory", "-disableTelemetry", "-port", strconv.Itoa(port))
	server.Dir = os.TempDir()
	if err := server.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("starting DynamoDB Local: %w", err)
	}
	s := &Server{Endpoint: fmt.Sprintf("http://127.0.0.1:%d", port), stop: func() {
		cancel()
		_ = server.Wait() // it was killed
	}}
	if err := s.answers(); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// Need is Start for one test. Where it is not installed the test is skipped, which
// SWITCHBOARD_TEST_PEERS=required forbids.
func Need(t testing.TB) *Server {
	t.Helper()
	s, err := Start()
	if errors.Is(err, ErrNotInstalled) && os.Getenv("SWITCHBOARD_TEST_PEERS") != "required" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Stop ends it.
func (s *Server) Stop() { s.stop() }

// Client gives a client of it.
func (s *Server) Client(options ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: region, BaseEndpoint: aws.String(s.Endpoint), Credentials: credentials(),
	}, options...)
}

// answers waits until it does.
func (s *Server) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	client := s.Client(func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 })
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

// moduleFolder is the one with go.mod, at or above the test's.
func moduleFolder() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", errors.New("there is no go.mod at or above the test's folder")
		}
		folder = above
	}
}

func freePort() (int, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

const region = "eu-central-1"

func credentials() aws.CredentialsProvider {
	return sdk.NewStaticCredentialsProvider("test", "test", "")
}
