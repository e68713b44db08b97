package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"switchboard/internal/awsapi"
	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/dynamo"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/task"
)

// failing is a client of which every call fails as err says.
type failing struct{ err func() error }

func (f failing) GetItem(context.Context, *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
	return &dynamodb.GetItemOutput{}, f.err()
}

func (f failing) BatchGetItem(context.Context, *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error) {
	return &dynamodb.BatchGetItemOutput{}, f.err()
}

func (f failing) Query(context.Context, *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	return &dynamodb.QueryOutput{}, f.err()
}

func (f failing) Scan(context.Context, *dynamodb.ScanInput) (*dynamodb.ScanOutput, error) {
	return &dynamodb.ScanOutput{}, f.err()
}

func (f failing) PutItem(context.Context, *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
	return &dynamodb.PutItemOutput{}, f.err()
}

func (f failing) UpdateItem(context.Context, *dynamodb.UpdateItemInput) (*dynamodb.UpdateItemOutput, error) {
	return &dynamodb.UpdateItemOutput{}, f.err()
}

func (f failing) TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput) (*dynamodb.TransactWriteItemsOutput, error) {
	return &dynamodb.TransactWriteItemsOutput{}, f.err()
}

// cancelled is a transaction that DynamoDB gave up for these reasons.
func cancelled(reasons ...string) error {
	e := &dynamodb.TransactionCanceled{Refusal: refused("TransactionCanceledException", "cancelled")}
	for _, code := range reasons {
		e.CancellationReasons = append(e.CancellationReasons, dynamodb.CancellationReason{Code: code})
	}
	return e
}

// refused is a call that DynamoDB refused.
func refused(code, message string) *awsapi.Refusal {
	return &awsapi.Refusal{Service: "DynamoDB", Operation: "X", Code: code, Message: message, Status: http.StatusBadRequest}
}

func TestFaults(t *testing.T) {
	tests := map[string]struct {
		err  error
		want fault.Code
	}{
		"Throttled":      {refused("ProvisionedThroughputExceededException", ""), fault.Unavailable},
		"ThrottledToo":   {refused("ThrottlingException", ""), fault.Unavailable},
		"AccountLimit":   {refused("RequestLimitExceeded", ""), fault.Unavailable},
		"Conflict":       {refused("TransactionConflictException", ""), fault.Unavailable},
		"InProgress":     {refused("TransactionInProgressException", ""), fault.Unavailable},
		"ServerError":    {refused("InternalServerError", ""), fault.Unavailable},
		"BadGateway":     {&awsapi.Refusal{Code: "UnknownError", Status: http.StatusBadGateway}, fault.Unavailable},
		"NoConnection":   {&awsapi.NoAnswer{Err: errors.New("refused")}, fault.Unavailable},
		"ItemTooLarge":   {refused("ValidationException", "Item size has exceeded the maximum allowed size"), fault.PayloadTooLarge},
		"UpdateTooLarge": {refused("ValidationException", "Item size to update has exceeded the maximum allowed size"), fault.PayloadTooLarge},
		"NoTable":        {refused("ResourceNotFoundException", "no table X"), fault.Internal},
		"NotAllowed":     {refused("AccessDeniedException", "arn:aws:iam::1:role/x may not"), fault.Internal},
		"OurMistake":     {refused("ValidationException", "Invalid KeyConditionExpression"), fault.Internal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := fmt.Errorf("calling: %w", tt.err)
			s := dynamo.New(failing{func() error { return err }}, dynamo.Options{Table: "t"})
			for _, got := range []error{
				func() error { _, err := s.Agent(t.Context(), "acc", "agt_1"); return err }(),
				func() error { _, err := s.Agents(t.Context(), "acc", page.Query{}); return err }(),
				s.CreateAgent(t.Context(), anAgent),
			} {
				if f := fault.Of(got); f.Code != tt.want || f.Message == "" || !errors.Is(f, tt.err) {
					t.Errorf("fault %v, want %s because of %v", f, tt.want, tt.err)
				}
			}
		})
	}
	t.Run("RecordTooLarge", func(t *testing.T) {
		s := dynamo.New(failing{func() error { return tests["ItemTooLarge"].err }}, dynamo.Options{Table: "t"})
		_, _, err := s.Begin(t.Context(), aKey, begun)
		if !fault.Is(err, fault.InvalidInput) {
			t.Errorf("Begin: %v, want %s", err, fault.InvalidInput)
		}
		if err := s.Put(t.Context(), aKey, task.Record{State: task.Done}); !fault.Is(err, fault.OutputTooLarge) {
			t.Errorf("Put: %v, want %s", err, fault.OutputTooLarge)
		}
	})
}

// TestTransactionsThatMeet has DynamoDB give up transactions, which the client does
// not repeat.
func TestTransactionsThatMeet(t *testing.T) {
	for _, reason := range []string{"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"} {
		t.Run(reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				s := dynamo.New(failing{func() error {
					if calls.Add(1) <= 3 {
						return cancelled(reason)
					}
					return nil
				}}, dynamo.Options{Table: "t"})
				if err := s.CreateAgent(t.Context(), anAgent); err != nil || calls.Load() != 4 {
					t.Errorf("CreateAgent = %v after %d calls; want success at the fourth", err, calls.Load())
				}
			})
		})
	}
	t.Run("ErrForTooLong", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			s := dynamo.New(failing{func() error { calls.Add(1); return cancelled("None", "TransactionConflict") }}, dynamo.Options{Table: "t"})
			began := time.Now()
			if err := s.CreateCredential(t.Context(), aCredential, aSealed); !fault.Is(err, fault.Unavailable) {
				t.Errorf("error %v, want %s", err, fault.Unavailable)
			}
			if took := time.Since(began); calls.Load() != 10 || took > 10*time.Second || took == 0 {
				t.Errorf("gave up after %d calls in %v", calls.Load(), took)
			}
		})
	})
	t.Run("ErrCallerLeft", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			s := dynamo.New(failing{func() error { return cancelled("TransactionConflict") }}, dynamo.Options{Table: "t"})
			if err := s.CreateAgent(ctx, anAgent); !fault.Is(err, fault.Unavailable) {
				t.Errorf("error %v, want %s", err, fault.Unavailable)
			}
		})
	})
	t.Run("AConditionComesFirst", func(t *testing.T) {
		var calls atomic.Int32
		s := dynamo.New(failing{func() error { calls.Add(1); return cancelled("TransactionConflict", "ConditionalCheckFailed") }}, dynamo.Options{Table: "t"})
		err := s.CreateCredential(t.Context(), aCredential, aSealed)
		if !fault.Is(err, fault.Conflict) || calls.Load() != 1 {
			t.Errorf("error %v after %d calls, want %s after 1", err, calls.Load(), fault.Conflict)
		}
	})
	t.Run("ErrAppendHistory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			s := dynamo.New(failing{func() error { calls.Add(1); return refused("TransactionConflictException", "") }}, dynamo.Options{Table: "t"})
			if err := s.AppendHistory("acc", "exe_1", anEvent); !fault.Is(err, fault.Unavailable) || calls.Load() != 10 {
				t.Errorf("error %v after %d calls, want %s after 10", err, calls.Load(), fault.Unavailable)
			}
		})
	})
}

// deaf is a connection that loses the answer of a write: it is done, and nobody
// hears of it, so the client asks again.
type deaf struct {
	http.RoundTripper
	lose atomic.Bool
	lost atomic.Int32
}

func (d *deaf) Do(r *http.Request) (*http.Response, error) {
	resp, err := d.RoundTrip(r)
	target := r.Header.Get("X-Amz-Target")
	read := strings.HasSuffix(target, ".GetItem") || strings.HasSuffix(target, ".Query")
	if err == nil && !read && d.lose.CompareAndSwap(true, false) {
		d.lost.Add(1)
		_ = resp.Body.Close()
		return nil, errors.New("connection reset by peer")
	}
	return resp, err
}

// TestLostAnswers loses the answer of every write once. Each must count once, and
// must not be taken for somebody else's.
func TestLostAnswers(t *testing.T) {
	_, table := newTable(t)
	d := &deaf{RoundTripper: http.DefaultTransport}
	cfg := need(t).Config()
	cfg.HTTPClient = d
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
	}
	s := dynamo.New(dynamodb.New(cfg), dynamo.Options{Table: table})
	ctx := t.Context()
	begin := func(wanted task.RecordState) error {
		stored, began, err := s.Begin(ctx, aKey, begun)
		if err == nil && (!began || stored.State != wanted) {
			return errors.New("it took its own put for another's")
		}
		return err
	}
	steps := []struct {
		name string
		do   func() error
	}{
		{"CreateAgent", func() error { return s.CreateAgent(ctx, anAgent) }},
		{"UpdateAgent", func() error { return s.UpdateAgent(ctx, anAgent) }},
		{"CreateCredential", func() error { return s.CreateCredential(ctx, aCredential, aSealed) }},
		{"UpdateCredential", func() error { return s.UpdateCredential(ctx, aCredential, &aSealed) }},
		{"Link", func() error { return s.Link(ctx, "acc", "agt_1", "cred_1", epoch) }},
		{"CreateWorkflow", func() error { return s.CreateWorkflow(ctx, aWorkflow, 0) }},
		{"UpdateWorkflow", func() error { return s.UpdateWorkflow(ctx, aWorkflow) }},
		{"Publish", func() error { return s.Publish(ctx, aVersion, "hook") }},
		{"Serve", func() error { return s.Serve(ctx, "acc", "wf_1", 0) }},
		{"StartExecution", func() error {
			x := anExecution
			x.IdempotencyKey = "order"
			_, created, err := s.StartExecution(ctx, x)
			if err == nil && !created {
				return errors.New("it took its own start for another's")
			}
			return err
		}},
		{"Begin", func() error { return begin("") }},
		{"Put", func() error { return s.Put(ctx, aKey, released) }},
		{"BeginAfterARelease", func() error { return begin("") }}, // what was there went with the lost answer
		{"FinishExecution", func() error {
			return s.FinishExecution(ctx, execution.Execution{ID: "exe_1", Account: "acc", Status: execution.Succeeded, StoppedAt: epoch})
		}},
		{"DeleteWorkflow", func() error { return s.DeleteWorkflow(ctx, "acc", "wf_1") }},
		{"DeleteCredential", func() error { return s.DeleteCredential(ctx, "acc", "cred_1") }},
		{"DeleteAgent", func() error { return s.DeleteAgent(ctx, "acc", "agt_1") }},
	}
	for _, step := range steps {
		d.lose.Store(true)
		if err := step.do(); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	if d.lost.Load() != int32(len(steps)) {
		t.Errorf("%d answers were lost, want %d", d.lost.Load(), len(steps))
	}
}
