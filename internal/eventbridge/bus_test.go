package eventbridge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"switchboard/internal/account"
	"switchboard/internal/awscall"
	"switchboard/internal/event"
	us "switchboard/internal/eventbridge"
	"switchboard/internal/fault"
	"switchboard/internal/mototest"
)

// askQueue calls moto's SQS.
func askQueue(t *testing.T, address, action string, in map[string]any) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(jsonOf(t, in)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20300101/"+mototest.Region+"/sqs/aws4_request, SignedHeaders=host, Signature=0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v, %v", action, res.Status, out, err)
	}
	return out
}

// TestEvents goes all the way: an event is put, moto matches the rules that are there
// and fills the targets' templates in, and what it delivers starts workflows. The
// function is a queue here, because moto calls no function.
func TestEvents(t *testing.T) {
	address := mototest.Start(t)
	furnish(t, address)
	url := askQueue(t, address, "CreateQueue", map[string]any{"QueueName": "triggers"})["QueueUrl"]
	w := newWorld(t, address)
	config := w.triggers(http.DefaultClient).Config
	config.Function = "arn:aws:sqs:eu-central-1:123456789012:triggers"
	listen := func(trigger string) string {
		id := w.create(trigger)
		serving := w.serve(id, 1, trigger)
		w.must(us.NewTriggers(config).Serve(t.Context(), serving, w.version(id, 1)))
		return id
	}
	big, all := listen(strings.Replace(orders, `,"n":[7]`, "", 1)), listen(anything)
	listen(strings.Replace(anything, "shop", "bank", 1))
	b := us.NewBus(newEvents(address, http.DefaultClient), bus)
	deliver := func(t *testing.T) {
		t.Helper()
		messages, _ := askQueue(t, address, "ReceiveMessage", map[string]any{"QueueUrl": url, "MaxNumberOfMessages": 10})["Messages"].([]any)
		for _, m := range messages {
			m := m.(map[string]any)
			askQueue(t, address, "DeleteMessage", map[string]any{"QueueUrl": url, "ReceiptHandle": m["ReceiptHandle"]})
			var payload map[string]any
			w.must(json.Unmarshal([]byte(m["Body"].(string)), &payload))
			payload["event"].(map[string]any)["time"] = "2030-01-01T08:30:00Z" // moto leaves a number there
			w.must(w.receiver().Receive(t.Context(), []byte(jsonOf(t, payload))))
		}
	}
	put := func(t *testing.T, p account.Principal, id, source, detailType string, total int) {
		t.Helper()
		started, err := b.Put(t.Context(), p, event.Event{
			ID: id, Source: source, DetailType: detailType, Time: clock, Detail: map[string]any{"id": "<7>", "total": json.Number(fmt.Sprint(total))},
		})
		if err != nil || started != nil {
			t.Fatalf("started %v, %v", started, err)
		}
		deliver(t)
	}
	input := func(event, detailType string, total int, id string) string {
		return fmt.Sprintf(`{"trigger":{"detail":{"id":"<7>","total":%d},"detail_type":%q,"id":%q,"source":"shop","time":"2030-01-01T08:30:00Z"}}trigger:%s`, total, detailType, event, id)
	}
	want := func(t *testing.T, id string, inputs ...string) {
		t.Helper()
		if got := w.started(id); strings.Join(got, "\n") != strings.Join(inputs, "\n") {
			t.Errorf("started\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(inputs, "\n"))
		}
	}
	put(t, owner, "evt_1", "shop", "order.created", 1200)
	want(t, big, input("evt_1", "order.created", 1200, big))
	want(t, all, input("evt_1", "order.created", 1200, all))
	for i, c := range []struct {
		p                  account.Principal
		source, detailType string
		total              int
	}{
		{owner, "shops", "order.created", 1200},
		{account.Principal{Account: "acc_2", Actor: "owner"}, "shop", "order.created", 1200},
		{account.Principal{Account: "acc_1#", Actor: "owner"}, "shop", "order.created", 1200},
	} {
		put(t, c.p, fmt.Sprint("evt_none_", i), c.source, c.detailType, c.total)
	}
	put(t, owner, "evt_1", "shop", "order.created", 1200) // again, after a lost answer
	want(t, big, input("evt_1", "order.created", 1200, big))
	want(t, all, input("evt_1", "order.created", 1200, all))
	put(t, owner, "evt_2", "shop", "order.deleted", 1200)
	want(t, big, input("evt_1", "order.created", 1200, big))
	want(t, all, input("evt_2", "order.deleted", 1200, all), input("evt_1", "order.created", 1200, all))
}

// entries is PutEvents on the wire: it gives one answer after another, by the error
// code of the entry; "" is success. The last stays.
type entries struct {
	codes []string
	calls int
}

func (e *entries) Do(req *http.Request) (*http.Response, error) {
	code := e.codes[min(e.calls, len(e.codes)-1)]
	e.calls++
	if code == "" {
		return answer(req, http.StatusOK, map[string]any{"FailedEntryCount": 0, "Entries": []any{map[string]any{"EventId": "1"}}}, ""), nil
	}
	return answer(req, http.StatusOK, map[string]any{"FailedEntryCount": 1, "Entries": []any{
		map[string]any{"ErrorCode": code, "ErrorMessage": "said by AWS"},
	}}, ""), nil
}

// synctestRun runs a subtest in which the waits between attempts take no time.
func synctestRun(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func TestPut(t *testing.T) {
	for name, c := range map[string]struct {
		codes []string
		want  fault.Code
		calls int
	}{
		"EntryThrottledTwice": {[]string{"ThrottlingException", "InternalFailure", ""}, "", 3},
		"ErrEntryThrottled":   {[]string{"ThrottlingException"}, fault.Unavailable, awscall.MaxAttempts},
		"ErrEntryFails":       {[]string{"InternalFailure"}, fault.Unavailable, awscall.MaxAttempts},
		"ErrEntryRefused":     {[]string{"NotAuthorizedForSourceException"}, fault.Internal, 1},
	} {
		synctestRun(t, name, func(t *testing.T) {
			e := &entries{codes: c.codes}
			_, err := us.NewBus(newEvents("http://aws.test", e), bus).Put(t.Context(), owner, event.Event{ID: "evt_1", Source: "shop", DetailType: "x", Detail: map[string]any{}, Time: clock})
			if c.want != "" {
				wantFault(t, err, c.want)
			} else if err != nil {
				t.Error(err)
			}
			if e.calls != c.calls {
				t.Errorf("%d calls, want %d", e.calls, c.calls)
			}
		})
	}
	synctestRun(t, "ErrThrottled", func(t *testing.T) {
		way := &transport{next: wire("ThrottlingException")}
		_, err := us.NewBus(newEvents("http://aws.test", way), bus).Put(t.Context(), owner, event.Event{ID: "evt_1", Source: "shop", DetailType: "x", Time: clock})
		wantFault(t, err, fault.Unavailable)
		if way.calls != awscall.MaxAttempts {
			t.Errorf("%d calls, want %d", way.calls, awscall.MaxAttempts)
		}
	})
	refused := func(e event.Event) error {
		e.ID, e.DetailType, e.Time = "evt_1", "x", clock
		_, err := us.NewBus(newEvents("http://aws.test", &entries{codes: []string{"called"}}), bus).Put(t.Context(), owner, e)
		return err
	}
	t.Run("ErrSourceOfAWS", func(t *testing.T) {
		err := refused(event.Event{Source: "aws.s3", Detail: map[string]any{}})
		wantFault(t, err, fault.ValidationFailed)
		if fields := fault.Of(err).Fields; len(fields) != 1 || fields[0].Pointer != "/source" {
			t.Errorf("fields %+v", fields)
		}
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		wantFault(t, refused(event.Event{Source: "shop", Detail: map[string]any{"a": strings.Repeat("x", 256<<10)}}), fault.PayloadTooLarge)
	})
}
