package asl

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scope is where a state stands.
type scope struct {
	*validator
	machine   *Machine
	pointer   string
	variables variables // assigned in this machine and those around it
}

func (s *scope) state(state State) {
	switch state := state.(type) {
	case *Task:
		s.task(state)
	case *Choice:
		s.choice(state)
	case *Pass:
		s.ending(state.Next, state.End)
		s.result(state.Assign, state.Output, "", inputOnly)
	case *Parallel:
		s.parallel(state)
	case *Map:
		s.mapping(state)
	case *Wait:
		s.wait(state)
	case *Succeed:
		s.value(state.Output, "/Output", inputOnly)
	case *Fail:
		s.constant(state.Error, "/Error", "must be a text or an expression", isText)
		s.constant(state.Cause, "/Cause", "must be a text or an expression", isText)
	}
}

// ending checks that a state says where it leads, once.
func (s *scope) ending(next string, end bool) {
	switch {
	case next == "" && !end:
		s.report(s.pointer, "must have Next or End")
	case next != "" && end:
		s.report(s.pointer, "must not have Next and End")
	case next != "":
		s.next(next, "/Next")
	}
}

func (s *scope) next(name, at string) {
	if s.machine.States[name] == nil {
		s.report(s.pointer+at, "names no state of this machine")
	}
}

// result checks what becomes of a state's result.
func (s *scope) result(assign Assign, output any, at string, reads fieldsOfStates) {
	for _, name := range slices.Sorted(maps.Keys(assign)) {
		pointer := at + "/Assign/" + escapePointer(name)
		if problem := variableProblem(name); problem != "" {
			s.report(s.pointer+pointer, "%s", problem)
		}
		s.value(assign[name], pointer, reads)
	}
	s.value(output, at+"/Output", reads)
}

func (s *scope) task(t *Task) {
	if ok, _ := invokes(t.Resource); !ok {
		s.report(s.pointer+"/Resource", "must be %s, or that with .waitForTaskToken", ResourceInvoke)
	}
	arguments, _ := t.Arguments.(map[string]any)
	if _, ok := arguments["FunctionName"]; !ok {
		s.report(s.pointer+"/Arguments/FunctionName", "is missing")
	}
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		if name != "FunctionName" && name != "Payload" {
			s.report(s.pointer+"/Arguments/"+escapePointer(name), "is not an argument that is used here")
		}
	}
	if name, ok := arguments["FunctionName"]; ok {
		s.constant(name, "/Arguments/FunctionName", "must be a text that is not empty, or an expression", func(v any) bool {
			return isText(v) && v != any("")
		})
	}
	s.value(arguments["Payload"], "/Arguments/Payload", inputOnly)
	s.whole(t.TimeoutSeconds, "/TimeoutSeconds", 1, maxSeconds)
	s.ending(t.Next, t.End)
	s.recovery(t.Retry, t.Catch)
	s.result(t.Assign, t.Output, "", withResult)
}

func (s *scope) choice(c *Choice) {
	if len(c.Choices) == 0 {
		s.report(s.pointer+"/Choices", "must hold a rule")
	}
	for i, rule := range c.Choices {
		at := "/Choices/" + strconv.Itoa(i)
		s.value(rule.Condition, at+"/Condition", inputOnly)
		s.next(rule.Next, at+"/Next")
		s.result(rule.Assign, rule.Output, at, inputOnly)
	}
	if c.Default != "" {
		s.next(c.Default, "/Default")
	}
	s.result(c.Assign, c.Output, "", inputOnly)
}

func (s *scope) parallel(p *Parallel) {
	s.value(p.Arguments, "/Arguments", inputOnly)
	if len(p.Branches) == 0 {
		s.report(s.pointer+"/Branches", "must hold a branch")
	}
	for i, branch := range p.Branches {
		at := s.pointer + "/Branches/" + strconv.Itoa(i)
		if branch != nil && branch.ProcessorConfig != nil {
			s.report(at+"/ProcessorConfig", "belongs to a Map's ItemProcessor")
		}
		s.inner(branch, at, s.variables)
	}
	s.ending(p.Next, p.End)
	s.recovery(p.Retry, p.Catch)
	s.result(p.Assign, p.Output, "", withResult)
}

func (s *scope) mapping(m *Map) {
	s.constant(m.Items, "/Items", "must be a list or an expression", func(v any) bool {
		_, ok := v.([]any)
		return ok
	})
	if m.Items == nil {
		s.report(s.pointer+"/Items", "is missing")
	}
	s.value(m.ItemSelector, "/ItemSelector", inputOnly)
	s.whole(m.MaxConcurrency, "/MaxConcurrency", 0, 40)
	at := s.pointer + "/ItemProcessor"
	if m.ItemProcessor != nil && m.ItemProcessor.ProcessorConfig != nil && m.ItemProcessor.ProcessorConfig.Mode != "INLINE" {
		s.report(at+"/ProcessorConfig/Mode", "must be INLINE")
	}
	s.inner(m.ItemProcessor, at, s.variables)
	s.ending(m.Next, m.End)
	s.recovery(m.Retry, m.Catch)
	s.result(m.Assign, m.Output, "", withResult)
}

func (s *scope) wait(w *Wait) {
	if (w.Seconds == nil) == (w.Timestamp == nil) {
		s.report(s.pointer, "must have Seconds or Timestamp, and not both")
	}
	s.whole(w.Seconds, "/Seconds", 0, maxSeconds)
	s.constant(w.Timestamp, "/Timestamp", "must be a time as RFC 3339 writes it, or an expression", func(v any) bool {
		text, _ := v.(string)
		_, err := time.Parse(time.RFC3339, text)
		return err == nil
	})
	s.ending(w.Next, w.End)
	s.result(w.Assign, w.Output, "", inputOnly)
}

// recovery checks Retry and Catch.
func (s *scope) recovery(retry []Retrier, catch []Catcher) {
	for i, r := range retry {
		at := s.pointer + "/Retry/" + strconv.Itoa(i)
		s.errors(r.ErrorEquals, at, i == len(retry)-1)
		s.retrier(r, at)
	}
	for i, c := range catch {
		at := "/Catch/" + strconv.Itoa(i)
		s.errors(c.ErrorEquals, s.pointer+at, i == len(catch)-1)
		s.next(c.Next, at+"/Next")
		s.result(c.Assign, c.Output, at, withError)
	}
}

// reserved are the errors that Step Functions itself reports, or takes for all of them.
var reserved = []string{
	ErrorAll, ErrorTimeout, ErrorTaskFailed, ErrorQueryEvaluation, ErrorNoChoiceMatched, ErrorDataLimit, ErrorRuntime,
	"States.BranchFailed", "States.ExceedToleratedFailureThreshold", "States.HeartbeatTimeout", "States.Permissions",
}

func (s *scope) errors(names []string, at string, last bool) {
	at += "/ErrorEquals"
	if len(names) == 0 {
		s.report(at, "must name an error")
	}
	for i, name := range names {
		pointer := at + "/" + strconv.Itoa(i)
		switch {
		case name == "":
			s.report(pointer, "must not be empty")
		case name == ErrorAll && (len(names) > 1 || !last):
			s.report(pointer, "must stand alone, and in the last of the list")
		case strings.HasPrefix(name, "States.") && !slices.Contains(reserved, name):
			s.report(pointer, "is none of the errors that may begin with States.")
		}
	}
}

func (s *scope) retrier(r Retrier, at string) {
	const maxDelay = 31_622_400 // a leap year, itself not allowed
	if r.IntervalSeconds < 0 || r.IntervalSeconds > maxSeconds {
		s.report(at+"/IntervalSeconds", "must be from 1 to %d", maxSeconds)
	}
	if r.MaxAttempts != nil && (*r.MaxAttempts < 0 || *r.MaxAttempts > maxSeconds) {
		s.report(at+"/MaxAttempts", "must be from 0 to %d", maxSeconds)
	}
	if r.BackoffRate != 0 && !(r.BackoffRate >= 1) || math.IsInf(r.BackoffRate, 0) {
		s.report(at+"/BackoffRate", "must be 1 at least")
	}
	if r.MaxDelaySeconds != 0 && (r.MaxDelaySeconds <= max(r.IntervalSeconds, 1) || r.MaxDelaySeconds >= maxDelay) {
		s.report(at+"/MaxDelaySeconds", "must be more than IntervalSeconds and less than %d", maxDelay)
	}
	if r.JitterStrategy != "" && r.JitterStrategy != "FULL" && r.JitterStrategy != "NONE" {
		s.report(at+"/JitterStrategy", "must be FULL or NONE")
	}
}

func isText(v any) bool { _, ok := v.(string); return ok }

// constant checks a field that holds an expression or one kind of constant, where
// it holds anything.
func (s *scope) constant(v any, at, message string, fits func(any) bool) {
	if _, ok := v.(Expr); !ok && v != nil && !fits(v) {
		s.report(s.pointer+at, "%s", message)
	}
	s.value(v, at, inputOnly)
}

// whole checks a field that holds an expression or a whole number.
func (s *scope) whole(v any, at string, from, to int64) {
	if _, ok := v.(Expr); !ok && v != nil {
		if n, ok := wholeNumber(v); !ok || n < from || n > to {
			s.report(s.pointer+at, "must be a whole number from %d to %d, or an expression", from, to)
		}
	}
	s.value(v, at, inputOnly)
}

func wholeNumber(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	}
	return 0, false
}
