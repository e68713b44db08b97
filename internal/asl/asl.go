// Package asl holds the Amazon States Language, in JSONata mode, as typed Go
// values: what compile emits, what Step Functions is given, and what asl/run
// interprets. Only what Switchboard emits is in it; Parse refuses the rest
// instead of ignoring it.
//
// Source: https://states-language.net/ and the Step Functions developer guide,
// "Transforming data with JSONata".
package asl

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Limits of Step Functions that a definition must keep.
const (
	MaxDefinitionBytes = 1 << 20   // 1 MiB
	MaxStateNameLength = 80        // characters
	MaxPayloadBytes    = 256 << 10 // 256 KiB of state input, output, or one variable
	MaxHistoryEvents   = 25_000
)

// Machine is a state machine, or the inner one of a Parallel branch or a Map.
type Machine struct {
	Comment         string
	QueryLanguage   string // "JSONata", on the outermost machine only
	StartAt         string
	States          map[string]State
	TimeoutSeconds  int64            // of the whole execution, outermost only; 0 is none
	ProcessorConfig *ProcessorConfig // of a Map's ItemProcessor only
}

// ProcessorConfig of a Map's inner machine: always {"Mode": "INLINE"}.
type ProcessorConfig struct {
	Mode string `json:"Mode"`
}

// State is one of *Task, *Choice, *Pass, *Parallel, *Map, *Wait, *Succeed, *Fail.
type State interface{ stateType() string }

// Values in Arguments, Output, Assign, Items and the like are JSON values
// (map[string]any or Object, []any, string, json.Number, float64, int, bool, nil) in which
// an Expr stands for a JSONata expression. A literal text that only looks like an
// expression has to pass through Literal.

// Expr is a JSONata expression without its {% %}.
type Expr string

// MarshalText adds the delimiters.
func (e Expr) MarshalText() ([]byte, error) { return []byte("{% " + string(e) + " %}"), nil }

// Assign sets variables when the state ends.
type Assign map[string]any

// Task calls a Lambda function.
type Task struct {
	Comment        string    `json:"Comment,omitempty"`
	Resource       string    `json:"Resource"`
	Arguments      any       `json:"Arguments,omitempty"`
	TimeoutSeconds any       `json:"TimeoutSeconds,omitempty"` // number or Expr
	Retry          []Retrier `json:"Retry,omitempty"`
	Catch          []Catcher `json:"Catch,omitempty"`
	Assign         Assign    `json:"Assign,omitempty"`
	Output         any       `json:"Output,omitempty"`
	Next           string    `json:"Next,omitempty"`
	End            bool      `json:"End,omitempty"`
}

// Choice takes the first rule whose condition is true, or Default.
type Choice struct {
	Comment string `json:"Comment,omitempty"`
	Choices []Rule `json:"Choices"`
	Default string `json:"Default,omitempty"`
	Assign  Assign `json:"Assign,omitempty"` // when Default is taken
	Output  any    `json:"Output,omitempty"` // when Default is taken
}

// Rule is one way out of a Choice.
type Rule struct {
	Condition Expr   `json:"Condition"`
	Assign    Assign `json:"Assign,omitempty"`
	Output    any    `json:"Output,omitempty"`
	Next      string `json:"Next"`
}

// Pass sets variables and gives an output.
type Pass struct {
	Comment string `json:"Comment,omitempty"`
	Assign  Assign `json:"Assign,omitempty"`
	Output  any    `json:"Output,omitempty"`
	Next    string `json:"Next,omitempty"`
	End     bool   `json:"End,omitempty"`
}

// Parallel runs branches side by side; its result is the list of their outputs.
type Parallel struct {
	Comment   string     `json:"Comment,omitempty"`
	Arguments any        `json:"Arguments,omitempty"`
	Branches  []*Machine `json:"Branches"`
	Retry     []Retrier  `json:"Retry,omitempty"`
	Catch     []Catcher  `json:"Catch,omitempty"`
	Assign    Assign     `json:"Assign,omitempty"`
	Output    any        `json:"Output,omitempty"`
	Next      string     `json:"Next,omitempty"`
	End       bool       `json:"End,omitempty"`
}

// Map runs its inner machine for every item; its result is the list of their outputs.
type Map struct {
	Comment        string    `json:"Comment,omitempty"`
	Items          any       `json:"Items"` // Expr or list
	ItemSelector   any       `json:"ItemSelector,omitempty"`
	MaxConcurrency any       `json:"MaxConcurrency,omitempty"` // number or Expr; 0 is no limit
	ItemProcessor  *Machine  `json:"ItemProcessor"`
	Retry          []Retrier `json:"Retry,omitempty"`
	Catch          []Catcher `json:"Catch,omitempty"`
	Assign         Assign    `json:"Assign,omitempty"`
	Output         any       `json:"Output,omitempty"`
	Next           string    `json:"Next,omitempty"`
	End            bool      `json:"End,omitempty"`
}

// Wait pauses for Seconds (number or Expr) or until Timestamp (RFC 3339 text or Expr).
type Wait struct {
	Comment   string `json:"Comment,omitempty"`
	Seconds   any    `json:"Seconds,omitempty"`
	Timestamp any    `json:"Timestamp,omitempty"`
	Assign    Assign `json:"Assign,omitempty"`
	Output    any    `json:"Output,omitempty"`
	Next      string `json:"Next,omitempty"`
	End       bool   `json:"End,omitempty"`
}

// Succeed ends its machine well.
type Succeed struct {
	Comment string `json:"Comment,omitempty"`
	Output  any    `json:"Output,omitempty"`
}

// Fail ends its machine with an error. Error and Cause are text or Expr.
type Fail struct {
	Comment string `json:"Comment,omitempty"`
	Error   any    `json:"Error,omitempty"`
	Cause   any    `json:"Cause,omitempty"`
}

// Retrier says when a failed Task, Parallel or Map is tried again. MaxAttempts
// counts the retries, not the first attempt.
type Retrier struct {
	ErrorEquals     []string `json:"ErrorEquals"`
	IntervalSeconds int64    `json:"IntervalSeconds,omitempty"`
	MaxAttempts     *int64   `json:"MaxAttempts,omitempty"` // nil means 3
	BackoffRate     float64  `json:"BackoffRate,omitempty"` // 0 means 2
	MaxDelaySeconds int64    `json:"MaxDelaySeconds,omitempty"`
	JitterStrategy  string   `json:"JitterStrategy,omitempty"` // FULL or NONE
}

// Catcher says where a failed Task, Parallel or Map goes on.
type Catcher struct {
	ErrorEquals []string `json:"ErrorEquals"`
	Assign      Assign   `json:"Assign,omitempty"`
	Output      any      `json:"Output,omitempty"`
	Next        string   `json:"Next"`
}

// Error names that the language itself uses.
const (
	ErrorAll             = "States.ALL"
	ErrorTimeout         = "States.Timeout"
	ErrorTaskFailed      = "States.TaskFailed"
	ErrorQueryEvaluation = "States.QueryEvaluationError"
	ErrorNoChoiceMatched = "States.NoChoiceMatched"
	ErrorDataLimit       = "States.DataLimitExceeded"
	ErrorRuntime         = "States.Runtime"
	ErrorRuntimeAborted  = "States.Aborted"
)

// ResourceInvoke is the optimised Lambda integration: Arguments hold FunctionName
// and Payload, the result holds Payload. See In for partitions other than aws.
const ResourceInvoke = "arn:aws:states:::lambda:invoke"

// ResourceInvokeToken is ResourceInvoke that waits until the task token comes back.
const ResourceInvokeToken = "arn:aws:states:::lambda:invoke.waitForTaskToken"

// In gives a resource as it is called in a partition of AWS, such as aws-us-gov: what is
// deployed there has to name its own. "" is aws.
func In(partition, resource string) string {
	return "arn:" + cmp.Or(partition, "aws") + strings.TrimPrefix(resource, "arn:aws")
}

// invokes says whether a resource is ResourceInvoke or ResourceInvokeToken, in whichever
// partition.
func invokes(resource string) (yes, token bool) {
	arn, rest, _ := strings.Cut(resource, ":")
	partition, rest, _ := strings.Cut(rest, ":")
	if arn != "arn" || partition != "aws" && !strings.HasPrefix(partition, "aws-") {
		return false, false
	}
	token = "arn:aws:"+rest == ResourceInvokeToken
	return token || "arn:aws:"+rest == ResourceInvoke, token
}

// WaitsForToken says whether the task ends by its token.
func (t *Task) WaitsForToken() bool {
	_, token := invokes(t.Resource)
	return token
}

func (*Task) stateType() string     { return "Task" }
func (*Choice) stateType() string   { return "Choice" }
func (*Pass) stateType() string     { return "Pass" }
func (*Parallel) stateType() string { return "Parallel" }
func (*Map) stateType() string      { return "Map" }
func (*Wait) stateType() string     { return "Wait" }
func (*Succeed) stateType() string  { return "Succeed" }
func (*Fail) stateType() string     { return "Fail" }

// Literal makes a JSON value safe to stand where an expression could: every text
// within it that holds {% or %} becomes an expression of that text. Step Functions
// refuses one that only begins, or only ends, like an expression. What needs no
// change is given back as it is.
func Literal(v any) any {
	switch v := v.(type) {
	case string:
		if hasDelimiter(v) {
			return Expr(Quote(v))
		}
		return v
	case []any:
		if isLiteral(v) {
			return v
		}
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = Literal(e)
		}
		return out
	case map[string]any:
		if isLiteral(v) {
			return v
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = Literal(e)
		}
		return out
	default:
		return v
	}
}

// isLiteral says whether Literal has nothing to change within a value.
func isLiteral(v any) bool {
	switch v := v.(type) {
	case string:
		return !hasDelimiter(v)
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !isLiteral(e) })
	case map[string]any:
		for _, e := range v {
			if !isLiteral(e) {
				return false
			}
		}
	}
	return true
}

// Quote writes a text as a JSONata string literal. A "%}" within it is split, so
// that it cannot end the expression around it.
func Quote(s string) string {
	if isPlain(s) && !strings.Contains(s, "%}") {
		return `"` + s + `"`
	}
	return strings.ReplaceAll(string(appendText(nil, s)), "%}", `%" & "}`)
}

// isPlain says whether a text is the same within quotes.
func isPlain(s string) bool {
	for i := range len(s) {
		if !asItIs[s[i]] {
			return false
		}
	}
	return true
}

// MarshalJSON writes the machine with its keys in a fixed order, so that the same
// machine always gives the same bytes.
func (m *Machine) MarshalJSON() ([]byte, error) { return write(m) }

// marshal is json.Marshal without the escaping of <, > and &, which stand in
// expressions and would make definitions hard to read.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
