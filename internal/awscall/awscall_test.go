package awscall_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/awsapi"
	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/awsapi/kms"
	"switchboard/internal/awscall"
)

// wire is a service that refuses so many requests, and answers the next.
type wire struct {
	code           string
	status         int
	refuses, calls int
}

func (w *wire) Do(req *http.Request) (*http.Response, error) {
	w.calls++
	res := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{}`)), Request: req}
	if w.calls <= w.refuses {
		res.StatusCode = w.status
		res.Header.Set("X-Amzn-Errortype", w.code)
		res.Body = io.NopCloser(strings.NewReader(fmt.Sprintf(`{"__type":%q,"message":"slow down"}`, w.code)))
	}
	return res, nil
}

// services make one call each, with a client as functions have it.
var services = map[string]struct {
	throttled string // as the service's API reference calls it
	call      func(context.Context, aws.Config) error
}{
	"StepFunctions": {"ThrottlingException", func(ctx context.Context, c aws.Config) error {
		_, err := sfn.NewFromConfig(c).DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String("arn")})
		return err
	}},
	"Lambda": {"TooManyRequestsException", func(ctx context.Context, c aws.Config) error {
		_, err := lambda.NewFromConfig(c).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("f")})
		return err
	}},
	"DynamoDB": {"ProvisionedThroughputExceededException", func(ctx context.Context, c aws.Config) error {
		_, err := dynamodb.New(c).GetItem(ctx, &dynamodb.GetItemInput{TableName: "t", Key: dynamodb.Item{"pk": dynamodb.Text("a")}})
		return err
	}},
	"Scheduler": {"ThrottlingException", func(ctx context.Context, c aws.Config) error {
		_, err := scheduler.NewFromConfig(c).GetSchedule(ctx, &scheduler.GetScheduleInput{Name: aws.String("s")})
		return err
	}},
	"EventBridge": {"ThrottlingException", func(ctx context.Context, c aws.Config) error {
		_, err := eventbridge.NewFromConfig(c).PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{{}}})
		return err
	}},
	"KMS": {"ThrottlingException", func(ctx context.Context, c aws.Config) error {
		_, err := kms.New(c).GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyID: "k"})
		return err
	}},
}

func config(w *wire) aws.Config {
	return aws.Config{
		Region: "eu-central-1", HTTPClient: w, Retryer: func() aws.Retryer { return awscall.Retryer() },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
}

func TestRetryer(t *testing.T) {
	for name, s := range services {
		t.Run(name+"/Throttled", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				took := map[time.Duration]bool{}
				for range 5 {
					began, w := time.Now(), &wire{code: s.throttled, status: http.StatusBadRequest, refuses: awscall.MaxAttempts - 1}
					if err := s.call(t.Context(), config(w)); err != nil || w.calls != awscall.MaxAttempts {
						t.Errorf("after %d calls: %v", w.calls, err)
					}
					took[time.Since(began)] = true
					if waited := time.Since(began); waited > 5500*time.Millisecond {
						t.Errorf("waited for %s", waited)
					}
				}
				if len(took) < 5 {
					t.Errorf("the waits are not random: %v", took)
				}
			})
		})
		t.Run(name+"/ErrThrottledAllTheTime", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{code: s.throttled, status: http.StatusBadRequest, refuses: 100}
				if err := s.call(t.Context(), config(w)); !awscall.Passing(err) || awscall.Code(err) != s.throttled || w.calls != awscall.MaxAttempts {
					t.Errorf("after %d calls: %v", w.calls, err)
				}
			})
		})
		t.Run(name+"/ErrRefused", func(t *testing.T) {
			w := &wire{code: "AccessDeniedException", status: http.StatusBadRequest, refuses: 1}
			if err := s.call(t.Context(), config(w)); err == nil || awscall.Passing(err) || w.calls != 1 {
				t.Errorf("after %d calls: %v", w.calls, err)
			}
		})
	}
}

func TestPassing(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"NoAnswer": {errors.New("connection reset"), true}, "CutOff": {fmt.Errorf("asking: %w", context.DeadlineExceeded), true},
		"Refused":      {&dynamodb.ConditionalCheckFailed{Refusal: &awsapi.Refusal{Code: "ConditionalCheckFailedException", Status: 400}}, false},
		"ServersFault": {&awsapi.Refusal{Code: "InternalServerError", Status: 500}, true}, "SDKsRefusal": {&sfntypes.StateMachineDoesNotExist{}, false},
	} {
		if got := awscall.Passing(c.err); got != c.want {
			t.Errorf("%s passes: %v", name, got)
		}
	}
	if code := awscall.Code(errors.New("connection reset")); code != "" {
		t.Errorf("code %q of an error that no service gave", code)
	}
}

func TestSettle(t *testing.T) {
	conflict := errors.New("conflict")
	isConflict := func(err error) bool { return errors.Is(err, conflict) }
	for name, c := range map[string]struct {
		errs  []error // one after another; the last stays
		want  error
		calls int
	}{
		"OK": {[]error{nil}, nil, 1}, "AfterConflicts": {[]error{conflict, conflict, nil}, nil, 3},
		"ErrOther": {[]error{conflict, io.EOF}, io.EOF, 2}, "ErrConflictAllTheTime": {[]error{conflict}, conflict, 6},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				err := awscall.Settle(t.Context(), isConflict, func() error {
					calls++
					return c.errs[min(calls, len(c.errs))-1]
				})
				if !errors.Is(err, c.want) || calls != c.calls {
					t.Errorf("%v after %d calls, want %v after %d", err, calls, c.want, c.calls)
				}
			})
		})
	}
	t.Run("ErrCutOff", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		err := awscall.Settle(ctx, isConflict, func() error { cancel(); return conflict })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v, want that it was cut off", err)
		}
	})
}
