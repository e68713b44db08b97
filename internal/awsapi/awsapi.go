// Package awsapi calls those services of AWS that speak AWS JSON, for the few
// operations that every connector's function needs. The packages below it have the
// operations, a folder for each service, under the names that the SDK has for them.
//
// It is there because of what the SDK's clients of these services cost: each describes
// all operations of its service when a process starts, which are many more than the
// eight below. That was half of what a connector's function had, in size and in time to
// start, above the smallest one that Lambda can run: 8.94 MiB became 7.19, and 2.4 times
// as long became 1.4. What is difficult stays the SDK's: the signature, and what is tried
// again and when, see package awscall. The SDK's own clients are in the tests, to compare
// with.
//
// What they do and this does not, because in a function of Lambda nothing is gained:
// it follows no clock that is wrong, finds no credentials, and asks no metrics of
// itself. FIPS and dual-stack endpoints are had by setting the endpoint.
package awsapi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"switchboard/internal/awscall"
)

// Service is what has to be known of a service.
type Service struct {
	ID      string // as settings name it: AWS_ENDPOINT_URL_<ID>
	Name    string // in host names and signatures
	Target  string // what stands before an operation's name in X-Amz-Target
	Version string // of AWS JSON: 1.0 or 1.1
}

// Client calls one service. It is safe for concurrent use.
type Client struct {
	service     Service
	region      string
	endpoint    string
	credentials aws.CredentialsProvider
	http        aws.HTTPClient
	retryer     aws.Retryer
	signer      *v4.Signer
}

// New returns a client for what the SDK's own clients are made from. Of it counts
// region, credentials, endpoint, HTTP client and retryer. It makes no call.
func New(cfg aws.Config, s Service) *Client {
	c := &Client{
		service: s, region: cfg.Region, credentials: cfg.Credentials, http: cfg.HTTPClient,
		endpoint: cmp.Or(endpoint(cfg, s.ID), "https://"+s.Name+"."+cfg.Region+"."+domain(cfg.Region)), signer: v4.NewSigner(),
	}
	if c.http == nil {
		c.http = newHTTP()
	}
	if cfg.Retryer != nil {
		c.retryer = cfg.Retryer()
	} else {
		c.retryer = awscall.Retryer()
	}
	return c
}

// endpoint is where settings say that the service is, or all are; "" if they do not.
// What is said of the one comes first.
func endpoint(cfg aws.Config, id string) string {
	for _, source := range cfg.ConfigSources {
		of, ok := source.(interface {
			GetServiceBaseEndpoint(ctx context.Context, sdkID string) (string, bool, error)
		})
		if !ok {
			continue
		}
		if url, found, err := of.GetServiceBaseEndpoint(context.Background(), id); err == nil && found {
			return url
		}
	}
	return aws.ToString(cfg.BaseEndpoint)
}

// domain is that of a region's partition.
//
// Source: AWS General Reference, "AWS service endpoints"; IAM user guide, "Partitions".
func domain(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// newHTTP keeps as many connections as the SDK does, and goes where it was sent only.
func newHTTP() *http.Client {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	transport.MaxIdleConnsPerHost = 10
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Call asks the service for an operation and reads its answer into out. What may pass
// is tried again. The error is an *Refusal if the service refused, and else a *NoAnswer.
func (c *Client) Call(ctx context.Context, operation string, in, out any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(in); err != nil {
		return fmt.Errorf("encoding a request for %s of %s: %w", operation, c.service.ID, err)
	}
	answer, err := c.again(ctx, func() ([]byte, error) { return c.send(ctx, operation, bytes.TrimSpace(body.Bytes())) })
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("decoding what %s of %s answered: %w", operation, c.service.ID, err)
	}
	return nil
}

// again sends until there is an answer, or the retryer gives up.
func (c *Client) again(ctx context.Context, send func() ([]byte, error)) ([]byte, error) {
	release := func(error) error { return nil }
	for attempt := 1; ; attempt++ {
		settle := c.retryer.GetInitialToken()
		answer, err := send()
		// What a token counts is the retryer's business: that it could not be given back
		// changes nothing about the answer.
		_, _ = release(err), settle(err)
		if err == nil || ctx.Err() != nil || attempt >= c.retryer.MaxAttempts() || !c.retryer.IsErrorRetryable(err) {
			return answer, err
		}
		taken, refused := c.retryer.GetRetryToken(ctx, err)
		if refused != nil {
			return nil, err
		}
		release = taken
		wait, refused := c.retryer.RetryDelay(attempt, err)
		if refused != nil || !pass(ctx, wait) {
			return nil, err
		}
	}
}

// pass lets time pass, and says whether it could.
func pass(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// maxAnswer is above what DynamoDB gives at once, 16 MB, as JSON has it.
const maxAnswer = 32 << 20

// send makes one request.
func (c *Client) send(ctx context.Context, operation string, body []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, &NoAnswer{c.service.ID, operation, err}
	}
	req, err := c.request(ctx, operation, body)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, &NoAnswer{c.service.ID, operation, err}
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	_ = res.Body.Close()
	if err == nil {
		err = intact(res.Header, answer)
	}
	if err != nil {
		return nil, &NoAnswer{c.service.ID, operation, err}
	}
	if res.StatusCode != http.StatusOK {
		return nil, newRefusal(c.service.ID, operation, res, answer)
	}
	return answer, nil
}

func (c *Client) request(ctx context.Context, operation string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("asking %s at %s: %w", c.service.ID, c.endpoint, err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-"+c.service.Version)
	req.Header.Set("X-Amz-Target", c.service.Target+"."+operation)
	req.Header.Set("User-Agent", "switchboard")
	req.Header.Set("Accept-Encoding", "identity") // the checksum is that of what is sent
	if trace := trace(); trace != "" {
		req.Header.Set("X-Amzn-Trace-Id", trace)
	}
	credentials, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("signing a request for %s: %w", c.service.ID, err)
	}
	hash := sha256.Sum256(body)
	if err := c.signer.SignHTTP(ctx, credentials, req, hex.EncodeToString(hash[:]), c.service.Name, c.region, time.Now()); err != nil {
		return nil, fmt.Errorf("signing a request for %s: %w", c.service.ID, err)
	}
	return req, nil
}

// trace is that of the invocation of Lambda which a call is made for, from where the
// runtime's library puts it, which is where the SDK looks too.
func trace() string {
	if os.Getenv("AWS_LAMBDA_FUNCTION_NAME") == "" {
		return ""
	}
	return strings.Map(func(r rune) rune { // Lambda writes nothing else; a header must not have it
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, os.Getenv("_X_AMZN_TRACE_ID"))
}

// intact compares an answer with the checksum that DynamoDB sends with it.
func intact(h http.Header, answer []byte) error {
	sent := h.Get("X-Amz-Crc32")
	if sent == "" {
		return nil
	}
	if want, err := strconv.ParseUint(sent, 10, 32); err != nil || uint32(want) != crc32.ChecksumIEEE(answer) {
		return fmt.Errorf("the answer is damaged: its checksum is not %s", sent)
	}
	return nil
}
