package asl

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Issue is one thing that is wrong with a machine.
type Issue struct {
	Pointer string // JSON pointer (RFC 6901) into the definition
	Message string
}

// maxSeconds is the longest wait and timeout that Step Functions takes.
const maxSeconds = 99_999_999

// Validate lists what Step Functions would refuse, or what asl/run cannot run, in
// a stable order; none if the machine is sound. Beyond what Step Functions asks,
// transitions must not form a cycle, as a workflow's cannot.
func (m *Machine) Validate() []Issue {
	v := &validator{names: map[string]string{}}
	definition, err := m.MarshalJSON()
	switch {
	case err != nil:
		v.report("", "cannot be encoded: %v", err)
	case len(definition) > MaxDefinitionBytes:
		v.report("", "has %d bytes; %d are allowed", len(definition), MaxDefinitionBytes)
	}
	if m.QueryLanguage != "JSONata" {
		v.report("/QueryLanguage", "must be JSONata")
	}
	if m.TimeoutSeconds < 0 || m.TimeoutSeconds > maxSeconds {
		v.report("/TimeoutSeconds", "must be from 1 to %d", maxSeconds)
	}
	if m.ProcessorConfig != nil {
		v.report("/ProcessorConfig", "belongs to a Map's ItemProcessor")
	}
	v.machine(m, "", nil)
	return v.issues
}

type validator struct {
	issues []Issue
	names  map[string]string // pointer of the state that has the name
}

func (v *validator) report(pointer, format string, args ...any) {
	v.issues = append(v.issues, Issue{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
}

// machine checks one machine and those within it. outer are the variables that
// the machines around it assign.
func (v *validator) machine(m *Machine, pointer string, outer variables) {
	own := assigned(m)
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if outer[name] != nil {
			for _, at := range own[name] {
				v.report(pointer+at, "assigns $%s, which the machine around this one assigns, too", name)
			}
		}
	}
	if len(m.States) == 0 {
		v.report(pointer+"/States", "must hold a state")
		return
	}
	if m.States[m.StartAt] == nil {
		v.report(pointer+"/StartAt", "names no state of this machine")
	}
	visible := outer.with(own)
	for _, name := range slices.Sorted(maps.Keys(m.States)) {
		at := pointer + "/States/" + escapePointer(name)
		v.name(name, at)
		s := scope{validator: v, machine: m, pointer: at, variables: visible}
		s.state(m.States[name])
	}
	v.graph(m, pointer)
}

// inner checks what is true of machines within others only.
func (v *validator) inner(m *Machine, pointer string, outer variables) {
	if m == nil {
		v.report(pointer, "is missing")
		return
	}
	if m.QueryLanguage != "" {
		v.report(pointer+"/QueryLanguage", "belongs to the outermost machine")
	}
	if m.TimeoutSeconds != 0 {
		v.report(pointer+"/TimeoutSeconds", "belongs to the outermost machine")
	}
	v.machine(m, pointer, outer)
}

// name checks a state's name, which is unique over all machines of a definition.
func (v *validator) name(name, pointer string) {
	if n := utf8.RuneCountInString(name); n == 0 || n > MaxStateNameLength {
		v.report(pointer, "has a name of %d characters; from 1 to %d are allowed", n, MaxStateNameLength)
	}
	if other, ok := v.names[name]; ok {
		v.report(pointer, "has the name of another state, at %s", other)
	}
	v.names[name] = pointer
}

// graph looks for states that nothing leads to, and for cycles.
func (v *validator) graph(m *Machine, pointer string) {
	const entered, left = 1, 2
	seen := map[string]int{}
	var visit func(name string)
	visit = func(name string) {
		s := m.States[name]
		if s == nil || seen[name] == left {
			return // a transition to nowhere is reported where it is
		}
		if seen[name] == entered {
			v.report(pointer+"/States/"+escapePointer(name), "leads back to itself")
			return
		}
		seen[name] = entered
		for _, next := range transitions(s) {
			visit(next)
		}
		seen[name] = left
	}
	visit(m.StartAt)
	for _, name := range slices.Sorted(maps.Keys(m.States)) {
		if seen[name] == 0 {
			v.report(pointer+"/States/"+escapePointer(name), "is never reached")
		}
	}
}

// transitions lists the names of the states that may follow.
func transitions(s State) []string {
	var names []string
	add := func(next string, catch []Catcher) {
		if next != "" {
			names = append(names, next)
		}
		for _, c := range catch {
			names = append(names, c.Next)
		}
	}
	switch s := s.(type) {
	case *Task:
		add(s.Next, s.Catch)
	case *Parallel:
		add(s.Next, s.Catch)
	case *Map:
		add(s.Next, s.Catch)
	case *Pass:
		add(s.Next, nil)
	case *Wait:
		add(s.Next, nil)
	case *Choice:
		for _, rule := range s.Choices {
			add(rule.Next, nil)
		}
		add(s.Default, nil)
	}
	return names
}

// variables are names that are assigned, with the pointers of the assignments.
type variables map[string][]string

func (vs variables) with(more variables) variables {
	all := maps.Clone(vs)
	if all == nil {
		all = variables{}
	}
	maps.Copy(all, more)
	return all
}

// assigned collects what a machine assigns, machines within it left out.
func assigned(m *Machine) variables {
	vs := variables{}
	add := func(a Assign, pointer string) {
		for name := range a {
			vs[name] = append(vs[name], pointer+"/Assign/"+escapePointer(name))
		}
	}
	addAll := func(catch []Catcher, pointer string) {
		for i, c := range catch {
			add(c.Assign, pointer+"/Catch/"+strconv.Itoa(i))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.States)) {
		at := "/States/" + escapePointer(name)
		switch s := m.States[name].(type) {
		case *Task:
			add(s.Assign, at)
			addAll(s.Catch, at)
		case *Parallel:
			add(s.Assign, at)
			addAll(s.Catch, at)
		case *Map:
			add(s.Assign, at)
			addAll(s.Catch, at)
		case *Pass:
			add(s.Assign, at)
		case *Wait:
			add(s.Assign, at)
		case *Choice:
			add(s.Assign, at)
			for i, rule := range s.Choices {
				add(rule.Assign, at+"/Choices/"+strconv.Itoa(i))
			}
		}
	}
	return vs
}
