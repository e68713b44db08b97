package awsiot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/connector"
	awsiot "switchboard/internal/connector/aws_iot"
	"switchboard/internal/connector/connectortest"
)

// motoServer finds moto's server. The test is skipped without it, which
// SWITCHBOARD_TEST_PEERS=required forbids.
func motoServer(t *testing.T) string {
	t.Helper()
	server := os.Getenv("SWITCHBOARD_MOTO")
	if server == "" {
		server = "moto_server"
	}
	path, err := exec.LookPath(server)
	if err == nil {
		return path
	}
	if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
		t.Fatalf("moto is not installed: %v", err)
	}
	t.Skip("moto is not installed: pip install 'moto[server]', or set SWITCHBOARD_MOTO to its moto_server")
	return ""
}

// TestSignature compares the signature with that of AWS's own Python client, which
// comes with moto: a service of AWS computes it in the same way.
func TestSignature(t *testing.T) {
	python := filepath.Join(filepath.Dir(motoServer(t)), "python")
	if _, err := os.Stat(python); err != nil {
		python = "python3"
	}
	for name, config := range map[string]map[string]any{
		"OKObject":    {"topic": "factory/hall 3/lämp", "payload": map[string]any{"on": true}},
		"OKEmpty":     {"topic": "a", "qos": 0},
		"OKReserved":  {"topic": "$aws/rules/my_rule/a/b/c/d/e/f/g", "payload": "é"},
		"OKCharacter": {"topic": "a~b(c)!*'", "payload": "x"},
	} {
		t.Run(name, func(t *testing.T) {
			var sent *http.Request
			var body []byte
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				sent = r.Clone(context.Background())
				body, _ = io.ReadAll(r.Body) // what is missing makes the signatures differ
			}))
			t.Cleanup(server.Close)
			if _, err := run(t, server.URL, config); err != nil {
				t.Fatal(err)
			}
			given := sent.Header.Get("Authorization")
			signed := regexp.MustCompile(`SignedHeaders=([^,]+)`).FindStringSubmatch(given)
			if signed == nil {
				t.Fatalf("Authorization = %q", given)
			}
			headers := map[string]string{}
			for _, h := range strings.Split(signed[1], ";") {
				switch h {
				case "host", "x-amz-date", "content-length": // the client sets them itself
				default:
					headers[h] = sent.Header.Get(h)
				}
			}
			if slices.Contains(strings.Split(signed[1], ";"), "content-length") {
				headers["content-length"] = sent.Header.Get("Content-Length")
				if headers["content-length"] == "" {
					headers["content-length"] = jsonText(t, sent.ContentLength)
				}
			}
			input := jsonText(t, map[string]any{
				"method": sent.Method, "url": server.URL + sent.RequestURI, "headers": headers, "body": string(body), "service": "iotdata", "region": key["region"],
				"key": key["access_key_id"], "secret": key["secret_access_key"], "date": sent.Header.Get("X-Amz-Date"),
			})
			cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "sign.py"))
			cmd.Stdin = strings.NewReader(input)
			var complaints bytes.Buffer
			cmd.Stderr = &complaints
			want, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, complaints.String())
			}
			if got := strings.TrimSpace(string(want)); got != given {
				t.Errorf("Authorization = %s\nbotocore:       %s", given, got)
			}
		})
	}
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestMoto verifies and publishes at moto's AWS IoT.
func TestMoto(t *testing.T) {
	path := motoServer(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "-H", "127.0.0.1", "-p", port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has killed it
	address := "http://127.0.0.1:" + port
	awaitAnswer(t, address+"/moto-api/")

	con := awsiot.New()
	keyType, _ := con.CredentialType("aws_access_key")
	withoutEndpoint := map[string]any{"access_key_id": key["access_key_id"], "secret_access_key": key["secret_access_key"], "region": key["region"]}
	call, _ := connectortest.Call(t, con, connectortest.Setup{CredentialType: keyType.Name, Data: withoutEndpoint, Upstream: address})
	identity, err := keyType.Verify(t.Context(), call)
	if err != nil || !strings.HasSuffix(identity.Name, "-ats.iot.eu-west-1.amazonaws.com") {
		t.Errorf("identity = %+v, error = %v", identity, err)
	}
	if _, err := run(t, address, map[string]any{"topic": "factory/hall-3/lamp", "payload": map[string]any{"on": true}}); err != nil {
		t.Error(err)
	}
}

func awaitAnswer(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v", url, context.Cause(ctx))
		case <-again.C:
		}
	}
}

// run publishes at an upstream.
func run(t *testing.T, upstream string, config map[string]any) (connector.Output, error) {
	t.Helper()
	con := awsiot.New()
	action, _ := con.Action("publish")
	call, _ := connectortest.Call(t, con, connectortest.Setup{Action: "publish", Config: config, CredentialType: "aws_access_key", Data: key, Upstream: upstream})
	return action.Run(t.Context(), call)
}
