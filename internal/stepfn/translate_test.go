package stepfn

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/asl"
)

// FuzzTranslation gives it events in any order and chain. What it makes of nonsense
// does not matter, but it has to come to an end, and to name every visit once.
func FuzzTranslation(f *testing.F) {
	machine, err := asl.Parse([]byte(`{"QueryLanguage":"JSONata","StartAt":"p","States":{
		"p":{"Type":"Parallel","Branches":[
			{"StartAt":"t","States":{"t":{"Type":"Pass","End":true}}},
			{"StartAt":"m","States":{"m":{"Type":"Map","Items":[1],"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"e","States":{"e":{"Type":"Fail","Error":"E"}}},"End":true}}}],"End":true}}}`))
	if err != nil {
		f.Fatal(err)
	}
	kinds := types.HistoryEventTypeTaskFailed.Values()
	names := []string{"p", "t", "m", "e", "other"}
	seed := func(list ...types.HistoryEventType) {
		var b []byte
		for _, want := range list {
			for i, k := range kinds {
				if k == want {
					b = append(b, byte(i), 1, byte(len(b)/3%len(names)))
				}
			}
		}
		f.Add(b)
	}
	seed("ExecutionStarted", "ParallelStateEntered", "ParallelStateStarted", "MapStateEntered", "MapStateStarted",
		"MapIterationStarted", "FailStateEntered", "MapIterationFailed", "MapStateFailed", "ParallelStateFailed", "ExecutionFailed")
	seed("ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskFailed", "ExecutionFailed", "ExecutionRedriven",
		"TaskScheduled", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded")
	seed("ParallelStateEntered", "ParallelStateStarted", "EvaluationFailed", "ParallelStateFailed", "ParallelStateExited", "ExecutionAborted")
	f.Fuzz(func(t *testing.T, script []byte) {
		tr := newTranslation(machine)
		for id := int64(1); len(script) >= 3 && id < 200; id++ {
			kind, back, name := kinds[int(script[0])%len(kinds)], int64(script[1]), names[int(script[2])%len(names)]
			script = script[3:]
			item := &types.MapIterationEventDetails{Name: &name, Index: int32(back % 3)}
			err := tr.add(&types.HistoryEvent{
				Id: id, PreviousEventId: id - back, Type: kind, Timestamp: aws.Time(time.Unix(id, 0)),
				StateEnteredEventDetails:          &types.StateEnteredEventDetails{Name: &name},
				StateExitedEventDetails:           &types.StateExitedEventDetails{Name: &name},
				MapIterationStartedEventDetails:   item,
				MapIterationFailedEventDetails:    item,
				MapStateStartedEventDetails:       &types.MapStateStartedEventDetails{Length: 2},
				EvaluationFailedEventDetails:      &types.EvaluationFailedEventDetails{State: &name},
				MapIterationSucceededEventDetails: nil,
			})
			if err != nil {
				return
			}
		}
		entered := map[string]bool{}
		for _, e := range tr.events {
			visit := fmt.Sprint(e.Frame, " ", e.Step)
			if e.Kind == asl.StateEntered {
				if entered[visit] {
					t.Fatalf("two visits are called %s", visit)
				}
				entered[visit] = true
			}
			if e.State != "" && !entered[visit] {
				t.Fatalf("%s of %s, which was never entered", e.Kind, visit)
			}
		}
	})
}

func TestMachineNames(t *testing.T) {
	m := Machines{Partition: "aws", Region: "eu-central-1", Account: "123456789012", Prefix: "sb"}
	for _, account := range []string{"acc_0198f2c4a1b27d3e8f90123456789abc", "2f1a6c1e-9f5b-4f1e-8f55-0d0e5a3a9b11", "x"} {
		for _, express := range []bool{false, true} {
			const workflow = "wf_0198f2c4a1b27d3e8f90123456789abc"
			name, err := m.Name(account, workflow, express)
			if err != nil {
				t.Fatal(err)
			}
			if a, w, ok := m.owner(name); !ok || a != account || w != workflow {
				t.Errorf("%s belongs to %s and %s", name, a, w)
			}
		}
	}
	for _, name := range []string{"", "sb", "sb-", "sb-acc_1", "sb--wf_1", "sb-acc_1-", "other-acc_1-wf_1", "sb-acc_1-wf_zzzzzzzzzzzzzzzzzzzzzzzzz"} {
		if a, w, ok := m.owner(name); ok {
			t.Errorf("%s belongs to %s and %s", name, a, w)
		}
	}
}
