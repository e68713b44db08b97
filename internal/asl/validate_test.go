package asl_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
)

// sound is a machine without issues that the cases below spoil.
func sound() *asl.Machine {
	invoke := func(next string) *asl.Task {
		return &asl.Task{
			Resource:  asl.ResourceInvoke,
			Arguments: map[string]any{"FunctionName": "f", "Payload": map[string]any{"x": asl.Expr("$x")}},
			Next:      next,
		}
	}
	return &asl.Machine{
		QueryLanguage: "JSONata",
		StartAt:       "start",
		States: map[string]asl.State{
			"start": &asl.Pass{Assign: asl.Assign{"x": 1, "list": []any{}}, Next: "choose"},
			"choose": &asl.Choice{
				Choices: []asl.Rule{{Condition: "$x > 1", Next: "task"}, {Condition: "$x < 0", Next: "fork"}},
				Default: "fail",
			},
			"task": invoke("wait"),
			"wait": &asl.Wait{Seconds: 5, Next: "loop"},
			"fork": &asl.Parallel{
				Branches: []*asl.Machine{{StartAt: "branch", States: map[string]asl.State{
					"branch": &asl.Pass{Assign: asl.Assign{"inner": asl.Expr("$x")}, End: true},
				}}},
				Next: "loop",
			},
			"loop": &asl.Map{
				Items: asl.Expr("$list"),
				ItemProcessor: &asl.Machine{
					ProcessorConfig: &asl.ProcessorConfig{Mode: "INLINE"},
					StartAt:         "body",
					States:          map[string]asl.State{"body": &asl.Pass{End: true}},
				},
				Next: "succeed",
			},
			"succeed": &asl.Succeed{},
			"fail":    &asl.Fail{Error: "E", Cause: asl.Expr("$string($x)")},
		},
	}
}

func as[S asl.State](tb testing.TB, m *asl.Machine, name string) S {
	tb.Helper()
	s, ok := m.States[name].(S)
	if !ok {
		tb.Fatalf("state %s is a %T", name, m.States[name])
	}
	return s
}

func attempts(n int64) *int64 { return &n }

func TestValidate(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		if issues := sound().Validate(); len(issues) > 0 {
			t.Error(issues)
		}
	})
	type machine = asl.Machine
	task := func(t *testing.T, m *machine) *asl.Task { return as[*asl.Task](t, m, "task") }
	for name, c := range map[string]struct {
		spoil func(*testing.T, *machine)
		want  []string // pointers of all issues
	}{
		"ErrQueryLanguage":   {func(_ *testing.T, m *machine) { m.QueryLanguage = "" }, []string{"/QueryLanguage"}},
		"ErrTimeout":         {func(_ *testing.T, m *machine) { m.TimeoutSeconds = 100_000_000 }, []string{"/TimeoutSeconds"}},
		"ErrTimeoutBelow":    {func(_ *testing.T, m *machine) { m.TimeoutSeconds = -1 }, []string{"/TimeoutSeconds"}},
		"ErrProcessorConfig": {func(_ *testing.T, m *machine) { m.ProcessorConfig = &asl.ProcessorConfig{Mode: "INLINE"} }, []string{"/ProcessorConfig"}},
		"ErrNoStates":        {func(_ *testing.T, m *machine) { m.States = nil }, []string{"/States"}},
		"ErrStartAt": {func(_ *testing.T, m *machine) {
			m.States = map[string]asl.State{"only": &asl.Succeed{}}
		}, []string{"/StartAt", "/States/only"}},
		"ErrTooLarge": {func(t *testing.T, m *machine) {
			as[*asl.Pass](t, m, "start").Comment = strings.Repeat("x", asl.MaxDefinitionBytes)
		}, []string{""}},
		"ErrCannotBeEncoded": {func(t *testing.T, m *machine) {
			as[*asl.Pass](t, m, "start").Output = math.Inf(1)
		}, []string{""}},

		"ErrNameTooLong": {func(_ *testing.T, m *machine) {
			m.States["choose"].(*asl.Choice).Default = strings.Repeat("é", 81)
			m.States[strings.Repeat("é", 81)] = m.States["fail"]
			delete(m.States, "fail")
		}, []string{"/States/" + strings.Repeat("é", 81)}},
		"NameOf80Characters": {func(_ *testing.T, m *machine) {
			m.States["choose"].(*asl.Choice).Default = strings.Repeat("é", 80)
			m.States[strings.Repeat("é", 80)] = m.States["fail"]
			delete(m.States, "fail")
		}, nil},
		"ErrNameTwice": {func(t *testing.T, m *machine) {
			branch := as[*asl.Parallel](t, m, "fork").Branches[0]
			branch.StartAt = "body"
			branch.States = map[string]asl.State{"body": &asl.Succeed{}}
		}, []string{"/States/loop/ItemProcessor/States/body"}},

		"ErrNextUnknown": {func(t *testing.T, m *machine) { task(t, m).Next = "nowhere" }, []string{"/States/task/Next", "/States/wait"}},
		"ErrNextOfAnotherMachine": {func(t *testing.T, m *machine) {
			branch := as[*asl.Parallel](t, m, "fork").Branches[0]
			branch.States["branch"] = &asl.Pass{Next: "succeed"}
		}, []string{"/States/fork/Branches/0/States/branch/Next"}},
		"ErrNextAndEnd": {func(t *testing.T, m *machine) { task(t, m).End = true }, []string{"/States/task"}},
		"ErrNoNextNoEnd": {func(t *testing.T, m *machine) {
			as[*asl.Map](t, m, "loop").Next = ""
		}, []string{"/States/loop", "/States/succeed"}},
		"ErrRuleNext": {func(_ *testing.T, m *machine) { m.States["choose"].(*asl.Choice).Choices[0].Next = "x" }, []string{"/States/choose/Choices/0/Next", "/States/task", "/States/wait"}},
		"ErrDefault":  {func(_ *testing.T, m *machine) { m.States["choose"].(*asl.Choice).Default = "x" }, []string{"/States/choose/Default", "/States/fail"}},
		"ErrNoRules": {func(_ *testing.T, m *machine) {
			m.States["choose"] = &asl.Choice{Default: "task"}
			m.States["loop"].(*asl.Map).Next = "fork"
			m.States["fork"].(*asl.Parallel).Next = "succeed"
			delete(m.States, "fail")
		}, []string{"/States/choose/Choices"}},
		"NoDefault": {func(_ *testing.T, m *machine) {
			m.States["choose"].(*asl.Choice).Default = ""
			delete(m.States, "fail")
		}, nil},
		"ErrUnreachable": {func(_ *testing.T, m *machine) { m.States["island"] = &asl.Succeed{} }, []string{"/States/island"}},
		"ErrCycle":       {func(t *testing.T, m *machine) { as[*asl.Map](t, m, "loop").Next = "choose" }, []string{"/States/choose", "/States/succeed"}},
		"ErrLoopToItself": {func(t *testing.T, m *machine) {
			task(t, m).Catch = []asl.Catcher{{ErrorEquals: []string{"E"}, Next: "task"}}
		}, []string{"/States/task"}},

		"ErrInnerQueryLanguage": {func(t *testing.T, m *machine) {
			as[*asl.Map](t, m, "loop").ItemProcessor.QueryLanguage = "JSONata"
		}, []string{"/States/loop/ItemProcessor/QueryLanguage"}},
		"ErrInnerTimeout": {func(t *testing.T, m *machine) {
			as[*asl.Parallel](t, m, "fork").Branches[0].TimeoutSeconds = 1
		}, []string{"/States/fork/Branches/0/TimeoutSeconds"}},
		"ErrBranchProcessorConfig": {func(t *testing.T, m *machine) {
			as[*asl.Parallel](t, m, "fork").Branches[0].ProcessorConfig = &asl.ProcessorConfig{Mode: "INLINE"}
		}, []string{"/States/fork/Branches/0/ProcessorConfig"}},
		"ErrDistributed": {func(t *testing.T, m *machine) {
			as[*asl.Map](t, m, "loop").ItemProcessor.ProcessorConfig.Mode = "DISTRIBUTED"
		}, []string{"/States/loop/ItemProcessor/ProcessorConfig/Mode"}},
		"ErrNoBranches":  {func(t *testing.T, m *machine) { as[*asl.Parallel](t, m, "fork").Branches = nil }, []string{"/States/fork/Branches"}},
		"ErrBranchNil":   {func(t *testing.T, m *machine) { as[*asl.Parallel](t, m, "fork").Branches[0] = nil }, []string{"/States/fork/Branches/0"}},
		"ErrNoProcessor": {func(t *testing.T, m *machine) { as[*asl.Map](t, m, "loop").ItemProcessor = nil }, []string{"/States/loop/ItemProcessor"}},
		"ErrNoItems":     {func(t *testing.T, m *machine) { as[*asl.Map](t, m, "loop").Items = nil }, []string{"/States/loop/Items"}},
		"ErrItems":       {func(t *testing.T, m *machine) { as[*asl.Map](t, m, "loop").Items = "text" }, []string{"/States/loop/Items"}},
		"ErrConcurrency": {func(t *testing.T, m *machine) { as[*asl.Map](t, m, "loop").MaxConcurrency = 41 }, []string{"/States/loop/MaxConcurrency"}},

		"ErrResource":            {func(t *testing.T, m *machine) { task(t, m).Resource = "arn:aws:states:::sqs:sendMessage" }, []string{"/States/task/Resource"}},
		"ErrNoArguments":         {func(t *testing.T, m *machine) { task(t, m).Arguments = nil }, []string{"/States/task/Arguments/FunctionName"}},
		"ErrArguments":           {func(t *testing.T, m *machine) { task(t, m).Arguments.(map[string]any)["Qualifier"] = "1" }, []string{"/States/task/Arguments/Qualifier"}},
		"ErrFunctionName":        {func(t *testing.T, m *machine) { task(t, m).Arguments.(map[string]any)["FunctionName"] = "" }, []string{"/States/task/Arguments/FunctionName"}},
		"ErrTaskTimeout":         {func(t *testing.T, m *machine) { task(t, m).TimeoutSeconds = 0 }, []string{"/States/task/TimeoutSeconds"}},
		"ErrTaskTimeoutFraction": {func(t *testing.T, m *machine) { task(t, m).TimeoutSeconds = 1.5 }, []string{"/States/task/TimeoutSeconds"}},

		"ErrWaitNothing":  {func(t *testing.T, m *machine) { as[*asl.Wait](t, m, "wait").Seconds = nil }, []string{"/States/wait"}},
		"ErrWaitBoth":     {func(t *testing.T, m *machine) { as[*asl.Wait](t, m, "wait").Timestamp = "2030-01-01T00:00:00Z" }, []string{"/States/wait"}},
		"ErrWaitNegative": {func(t *testing.T, m *machine) { as[*asl.Wait](t, m, "wait").Seconds = -1 }, []string{"/States/wait/Seconds"}},
		"WaitNoTime":      {func(t *testing.T, m *machine) { as[*asl.Wait](t, m, "wait").Seconds = 0 }, nil},
		"ErrWaitTimestamp": {func(t *testing.T, m *machine) {
			*as[*asl.Wait](t, m, "wait") = asl.Wait{Timestamp: "tomorrow", Next: "loop"}
		}, []string{"/States/wait/Timestamp"}},
		"ErrErrorNumber": {func(t *testing.T, m *machine) { as[*asl.Fail](t, m, "fail").Error = 1 }, []string{"/States/fail/Error"}},

		"ErrRetryNoErrors": {func(t *testing.T, m *machine) { task(t, m).Retry = []asl.Retrier{{}} }, []string{"/States/task/Retry/0/ErrorEquals"}},
		"ErrRetryAllNotLast": {func(t *testing.T, m *machine) {
			task(t, m).Retry = []asl.Retrier{{ErrorEquals: []string{"States.ALL"}}, {ErrorEquals: []string{"E"}}}
		}, []string{"/States/task/Retry/0/ErrorEquals/0"}},
		"ErrRetryAllNotAlone": {func(t *testing.T, m *machine) {
			task(t, m).Retry = []asl.Retrier{{ErrorEquals: []string{"E", "States.ALL"}}}
		}, []string{"/States/task/Retry/0/ErrorEquals/1"}},
		"ErrRetryReserved": {func(t *testing.T, m *machine) {
			task(t, m).Retry = []asl.Retrier{{ErrorEquals: []string{"States.Own", ""}}}
		}, []string{"/States/task/Retry/0/ErrorEquals/0", "/States/task/Retry/0/ErrorEquals/1"}},
		"RetryAtItsLimits": {func(t *testing.T, m *machine) {
			task(t, m).Retry = []asl.Retrier{{ErrorEquals: []string{"States.Timeout"}, IntervalSeconds: 99_999_999, MaxAttempts: attempts(99_999_999), BackoffRate: 1, JitterStrategy: "FULL"}}
		}, nil},
		"ErrRetryNumbers": {func(t *testing.T, m *machine) {
			task(t, m).Retry = []asl.Retrier{{ErrorEquals: []string{"E"}, IntervalSeconds: -1, MaxAttempts: attempts(100_000_000), BackoffRate: 0.5, MaxDelaySeconds: 31_622_400, JitterStrategy: "SOME"}}
		}, []string{"/States/task/Retry/0/IntervalSeconds", "/States/task/Retry/0/MaxAttempts", "/States/task/Retry/0/BackoffRate", "/States/task/Retry/0/MaxDelaySeconds", "/States/task/Retry/0/JitterStrategy"}},
		"ErrRetryDelayBelowInterval": {func(t *testing.T, m *machine) {
			task(t, m).Retry = []asl.Retrier{{ErrorEquals: []string{"E"}, IntervalSeconds: 5, MaxDelaySeconds: 5}}
		}, []string{"/States/task/Retry/0/MaxDelaySeconds"}},
		"ErrCatchAllNotLast": {func(t *testing.T, m *machine) {
			task(t, m).Catch = []asl.Catcher{{ErrorEquals: []string{"States.ALL"}, Next: "fail"}, {ErrorEquals: []string{"E"}, Next: "fail"}}
		}, []string{"/States/task/Catch/0/ErrorEquals/0"}},
		"ErrCatchNext": {func(t *testing.T, m *machine) {
			task(t, m).Catch = []asl.Catcher{{ErrorEquals: []string{"E"}, Next: "nowhere"}}
		}, []string{"/States/task/Catch/0/Next"}},

		"ErrVariableNames": {func(t *testing.T, m *machine) {
			a := as[*asl.Pass](t, m, "start").Assign
			for _, name := range []string{"", "states", "_a", "a.b", "1a", "a-b", "count", "uuid", strings.Repeat("a", 81)} {
				a[name] = 1
			}
		}, []string{
			"/States/start/Assign/", "/States/start/Assign/1a", "/States/start/Assign/_a", "/States/start/Assign/a-b", "/States/start/Assign/a.b",
			"/States/start/Assign/" + strings.Repeat("a", 81), "/States/start/Assign/count", "/States/start/Assign/states", "/States/start/Assign/uuid",
		}},
		"VariableNames": {func(t *testing.T, m *machine) {
			a := as[*asl.Pass](t, m, "start").Assign
			for _, name := range []string{"é", "a_1", "n_counts", strings.Repeat("a", 80)} {
				a[name] = 1
			}
		}, nil},
		"ErrInnerAssignsOuter": {func(t *testing.T, m *machine) {
			as[*asl.Parallel](t, m, "fork").Branches[0].States["branch"].(*asl.Pass).Assign["list"] = 1
		}, []string{"/States/fork/Branches/0/States/branch/Assign/list"}},
		"ErrInnerAssignsLaterOuter": {func(t *testing.T, m *machine) {
			task(t, m).Catch = []asl.Catcher{{ErrorEquals: []string{"E"}, Assign: asl.Assign{"inner": 1}, Next: "fail"}}
		}, []string{"/States/fork/Branches/0/States/branch/Assign/inner"}},
		"BranchesMayAssignTheSame": {func(t *testing.T, m *machine) {
			fork := as[*asl.Parallel](t, m, "fork")
			fork.Branches = append(fork.Branches, &asl.Machine{StartAt: "other", States: map[string]asl.State{
				"other": &asl.Pass{Assign: asl.Assign{"inner": 2}, End: true},
			}})
		}, nil},

		"ErrExpression":     {func(_ *testing.T, m *machine) { m.States["choose"].(*asl.Choice).Choices[0].Condition = "$x >" }, []string{"/States/choose/Choices/0/Condition"}},
		"ErrNotInTheSubset": {func(t *testing.T, m *machine) { as[*asl.Pass](t, m, "start").Output = asl.Expr("$now()") }, []string{"/States/start/Output"}},
		"ErrContext":        {func(t *testing.T, m *machine) { as[*asl.Pass](t, m, "start").Output = []any{asl.Expr("$.a")} }, []string{"/States/start/Output/0"}},
		"ErrHalfExpression": {func(t *testing.T, m *machine) { as[*asl.Pass](t, m, "start").Output = "{% $x" }, []string{"/States/start/Output"}},
		"ErrEndsEarly":      {func(t *testing.T, m *machine) { as[*asl.Pass](t, m, "start").Output = asl.Expr(`"%}"`) }, []string{"/States/start/Output"}},
		"ErrValueType":      {func(t *testing.T, m *machine) { as[*asl.Pass](t, m, "start").Output = []string{"a"} }, []string{"/States/start/Output"}},
		"ErrStatesWhole":    {func(t *testing.T, m *machine) { as[*asl.Pass](t, m, "start").Output = asl.Expr("$states") }, []string{"/States/start/Output"}},
		"ErrStatesUnknown":  {func(t *testing.T, m *machine) { as[*asl.Pass](t, m, "start").Output = asl.Expr("$states.output") }, []string{"/States/start/Output"}},
		"ErrResultInPass":   {func(t *testing.T, m *machine) { as[*asl.Pass](t, m, "start").Output = asl.Expr("$states.result") }, []string{"/States/start/Output"}},
		"ErrResultInArguments": {func(t *testing.T, m *machine) {
			task(t, m).Arguments.(map[string]any)["Payload"] = asl.Expr("$states.result")
		}, []string{"/States/task/Arguments/Payload"}},
		"ErrErrorInOutput": {func(t *testing.T, m *machine) { task(t, m).Output = asl.Expr("$states.errorOutput") }, []string{"/States/task/Output"}},
		"ErrResultInCatch": {func(t *testing.T, m *machine) {
			task(t, m).Catch = []asl.Catcher{{ErrorEquals: []string{"E"}, Output: asl.Expr("$states.result"), Next: "fail"}}
		}, []string{"/States/task/Catch/0/Output"}},
		"ErrorInCatchResultInOutput": {func(t *testing.T, m *machine) {
			task(t, m).Catch = []asl.Catcher{{ErrorEquals: []string{"E"}, Assign: asl.Assign{"e": asl.Expr("$states.errorOutput.Cause")}, Next: "fail"}}
			task(t, m).Output = asl.Expr("$states.result.Payload")
			as[*asl.Map](t, m, "loop").Assign = asl.Assign{"all": asl.Expr("$states.result")}
			as[*asl.Parallel](t, m, "fork").Output = asl.Expr("$merge($states.result)")
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := sound()
			c.spoil(t, m)
			var got []string
			for _, issue := range m.Validate() {
				got = append(got, issue.Pointer)
				if issue.Message == "" {
					t.Errorf("%s has no message", issue.Pointer)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("issues (-want +got):\n%s\n%v", diff, m.Validate())
			}
		})
	}
}
