package eventbridge_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"switchboard/internal/account"
	us "switchboard/internal/eventbridge"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/workflow"

	"github.com/aws/aws-sdk-go-v2/service/scheduler"
)

// nothingScheduled has no schedule to delete.
type nothingScheduled struct{ us.SchedulerAPI }

func (nothingScheduled) DeleteSchedule(context.Context, *scheduler.DeleteScheduleInput, ...func(*scheduler.Options)) (*scheduler.DeleteScheduleOutput, error) {
	return &scheduler.DeleteScheduleOutput{}, nil
}

func wantFault(t *testing.T, err error, code fault.Code) {
	t.Helper()
	f := fault.Of(err)
	if f == nil || f.Code != code || code != fault.BadRequest && f.Hint == "" && len(f.Fields) == 0 {
		t.Errorf("err = %v, want %s with a hint", err, code)
		return
	}
	if strings.Contains(f.Message+f.Hint, "said by AWS") {
		t.Errorf("%q %q: what AWS says belongs into the log", f.Message, f.Hint)
	}
}

func (w *world) receiver() *us.Receiver {
	return us.NewReceiver(w.store, w.executions(), now, slog.New(slog.DiscardHandler))
}

// started gives the inputs of a workflow's executions.
func (w *world) started(id string) []string {
	w.t.Helper()
	found, err := w.store.Executions(w.t.Context(), "acc_1", execution.Filter{Workflow: id}, page.Query{Limit: page.MaxLimit})
	w.must(err)
	var inputs []string
	for _, x := range found.Items {
		whole, err := w.store.Execution(w.t.Context(), "acc_1", x.ID)
		w.must(err)
		inputs = append(inputs, string(whole.Input)+whole.StartedBy)
	}
	return inputs
}

// fired is what a schedule sends, and occurred what a rule does: the templates of
// TestServe, filled in as the user guides say.
func fired(id string, version int, at string) []byte {
	return fmt.Appendf(nil, `{"account":"acc_1","scheduled_at":%q,"version":%d,"workflow":%q}`, at, version, id)
}

func occurred(id string, version int, event string) []byte {
	return fmt.Appendf(nil, `{"account":"acc_1","version":%d,"workflow":%q,"event":{"version":"0","id":"6a7e8feb-b491-4cf7-a9f1-bf3703467718",
		"detail-type":"order.created","source":"shop","account":"123456789012","time":"2030-01-01T08:29:58Z","region":"eu-central-1",
		"resources":["switchboard:account:acc_1","switchboard:event:%s"],"detail":{"total":1200,"n":7,"big":12345678901234567890}}}`, version, id, event)
}

func TestReceive(t *testing.T) {
	for name, c := range map[string]struct {
		trigger string
		version int // whose trigger fires; 1 serves
		payload func(id string, version int) []byte
		want    []string
	}{
		"Schedule": {hourly, 1, func(id string, v int) []byte { return fired(id, v, "2030-01-01T08:30:00Z") },
			[]string{`{"trigger":{"late":false,"scheduled_at":"2030-01-01T08:30:00Z"}}trigger:ID`}},
		"ScheduleLate": {hourly, 1, func(id string, v int) []byte { return fired(id, v, "2030-01-01T07:30:00Z") },
			[]string{`{"trigger":{"late":true,"scheduled_at":"2030-01-01T07:30:00Z"}}trigger:ID`}},
		"Event": {orders, 1, func(id string, v int) []byte { return occurred(id, v, "evt_1") },
			[]string{`{"trigger":{"detail":{"big":12345678901234567890,"n":7,"total":1200},"detail_type":"order.created","id":"evt_1","source":"shop","time":"2030-01-01T08:29:58Z"}}trigger:ID`}},
		"OfAnotherVersionAtATimeOfThisOne":    {hourly, 7, func(id string, v int) []byte { return fired(id, v, "2030-01-01T08:30:00Z") }, []string{`{"trigger":{"late":false,"scheduled_at":"2030-01-01T08:30:00Z"}}trigger:ID`}},
		"OfAnotherVersionAtAnotherTime":       {hourly, 7, func(id string, v int) []byte { return fired(id, v, "2030-01-01T08:15:00Z") }, nil},
		"OfAnotherVersionThatHadASchedule":    {orders, 7, func(id string, v int) []byte { return fired(id, v, "2030-01-01T08:30:00Z") }, nil},
		"OfAnotherVersionThatHeardMore":       {strings.Replace(orders, "1000", "5000", 1), 7, func(id string, v int) []byte { return occurred(id, v, "evt_1") }, nil},
		"OfAnotherVersionThatHeardTheSame":    {anything, 7, func(id string, v int) []byte { return occurred(id, v, "evt_1") }, []string{`{"trigger":{"detail":{"big":12345678901234567890,"n":7,"total":1200},"detail_type":"order.created","id":"evt_1","source":"shop","time":"2030-01-01T08:29:58Z"}}trigger:ID`}},
		"OfAnotherVersionNowManual":           {manual, 7, func(id string, v int) []byte { return occurred(id, v, "evt_1") }, nil},
		"RateOfAnotherVersionInTheSameRhythm": {rate, 7, func(id string, v int) []byte { return fired(id, v, "2030-01-01T12:30:00Z") }, []string{`{"trigger":{"late":false,"scheduled_at":"2030-01-01T12:30:00Z"}}trigger:ID`}},
		"RateOfAnotherVersionInAnotherRhythm": {rate, 7, func(id string, v int) []byte { return fired(id, v, "2030-01-01T11:30:00Z") }, nil},
		"DeletedWorkflow":                     {hourly, 1, func(_ string, v int) []byte { return fired("wf_gone", v, "2030-01-01T08:30:00Z") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "http://aws.test")
			id := w.create(c.trigger)
			w.serve(id, 1, c.trigger)
			for range 2 { // it may be delivered twice
				w.must(w.receiver().Receive(t.Context(), c.payload(id, c.version)))
			}
			got := w.started(id)
			if want := strings.ReplaceAll(strings.Join(c.want, "\n"), "ID", id); strings.Join(got, "\n") != want {
				t.Errorf("started\n%s, want\n%s", strings.Join(got, "\n"), want)
			}
		})
	}

	t.Run("Unpublished", func(t *testing.T) {
		w := newWorld(t, "http://aws.test")
		id := w.create(hourly)
		w.serve(id, 1, hourly)
		w.must(w.store.Serve(t.Context(), "acc_1", id, 0))
		w.must(w.receiver().Receive(t.Context(), fired(id, 1, "2030-01-01T08:30:00Z")))
		if got := w.started(id); got != nil {
			t.Errorf("started %v", got)
		}
	})
	t.Run("BothDaysAtOneTimeStartOnce", func(t *testing.T) {
		w := newWorld(t, "http://aws.test")
		id := w.create(bothDays)
		w.serve(id, 1, bothDays)
		for range 2 { // both of its schedules: 13 September 2030 is a Friday
			w.must(w.receiver().Receive(t.Context(), fired(id, 1, "2030-09-13T09:00:00Z")))
		}
		if got := w.started(id); len(got) != 1 {
			t.Errorf("started %v", got)
		}
	})
	for name, payload := range map[string]string{
		"ErrJSON": `x`, "ErrNoAccount": `{"workflow":"wf_1","version":1,"scheduled_at":"2030-01-01T08:30:00Z"}`,
		"ErrNoReason": `{"account":"acc_1","workflow":"wf_1","version":1}`, "ErrNotFilledIn": `{"account":"acc_1","workflow":"wf_1","version":1,"scheduled_at":"<aws.scheduler.scheduled-time>"}`,
		"ErrEventOfSomebodyElse": `{"account":"acc_1","workflow":"wf_1","version":1,"event":{"source":"shop","detail":{}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			wantFault(t, newWorld(t, "http://aws.test").receiver().Receive(t.Context(), []byte(payload)), fault.BadRequest)
		})
	}
	t.Run("ErrCannotStartNow", func(t *testing.T) {
		w := newWorld(t, "http://aws.test")
		id := w.create(hourly)
		w.serve(id, 1, hourly)
		full := fault.New(fault.Unavailable, "Not now.").WithHint("Later.")
		r := us.NewReceiver(w.store, starter{full}, now, slog.New(slog.DiscardHandler))
		if err := r.Receive(t.Context(), fired(id, 1, "2030-01-01T08:30:00Z")); !errors.Is(err, full) {
			t.Errorf("err = %v, so it is not delivered again", err)
		}
	})
	t.Run("ErrCannotReadNow", func(t *testing.T) {
		full := fault.New(fault.Unavailable, "Not now.").WithHint("Later.")
		r := us.NewReceiver(unreadable{full}, nil, now, slog.New(slog.DiscardHandler))
		if err := r.Receive(t.Context(), fired("wf_1", 1, "2030-01-01T08:30:00Z")); !errors.Is(err, full) {
			t.Errorf("err = %v, so it is not delivered again", err)
		}
	})
}

type starter struct{ err error }

func (s starter) StartTriggered(context.Context, account.Principal, execution.Start) (execution.Execution, error) {
	return execution.Execution{}, s.err
}

type unreadable struct{ err error }

func (u unreadable) Workflow(context.Context, string, string) (workflow.Workflow, error) {
	return workflow.Workflow{}, u.err
}

func (u unreadable) Version(context.Context, string, string, int) (workflow.Version, error) {
	return workflow.Version{}, u.err
}
