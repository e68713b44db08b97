package run

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"switchboard/internal/asl"
)

// Program is a definition with its expressions compiled. It is immutable; all
// executions of a version share it.
type Program struct {
	machine *machine
	timeout time.Duration // of an execution; 0 is none
	tokens  bool          // some task waits for a token
}

// machine is an asl.Machine with its transitions resolved.
type machine struct{ start *state }

type state struct {
	name string
	body body
}

// retries says whether the state may be tried again.
func (s *state) retries() bool {
	switch b := s.body.(type) {
	case *parallel:
		return len(b.retry) > 0
	case *mapping:
		return len(b.retry) > 0
	default:
		return false
	}
}

// Load compiles a definition. It refuses what asl.Parse and asl.Validate refuse:
// what Step Functions would not take, and what cannot be run here.
func Load(definition []byte) (*Program, error) {
	m, err := asl.Parse(definition)
	if err != nil {
		return nil, fmt.Errorf("loading definition: %w", err)
	}
	if issues := m.Validate(); len(issues) > 0 {
		errs := make([]error, len(issues))
		for i, issue := range issues {
			errs[i] = fmt.Errorf("%s: %s", issue.Pointer, issue.Message)
		}
		return nil, fmt.Errorf("loading definition: %w", errors.Join(errs...))
	}
	l := &loader{program: &Program{timeout: time.Duration(m.TimeoutSeconds) * time.Second}}
	if l.program.machine, err = l.machine(m); err != nil {
		return nil, fmt.Errorf("loading definition: %w", err)
	}
	return l.program, nil
}

// loader compiles one definition.
type loader struct{ program *Program }

// states are those of one machine: transitions stay within it.
type states map[string]*state

func (l *loader) machine(m *asl.Machine) (*machine, error) {
	all := make(states, len(m.States))
	for name := range m.States {
		all[name] = &state{name: name}
	}
	for _, name := range slices.Sorted(maps.Keys(m.States)) {
		body, err := l.body(m.States[name], all)
		if err != nil {
			return nil, fmt.Errorf("state %q: %w", name, err)
		}
		all[name].body = body
	}
	start, err := all.at(m.StartAt)
	return &machine{start: start}, err
}

func (all states) at(name string) (*state, error) {
	s, ok := all[name]
	if !ok {
		return nil, fmt.Errorf("there is no state %q", name)
	}
	return s, nil
}

func (l *loader) body(s asl.State, all states) (body, error) {
	switch s := s.(type) {
	case *asl.Task:
		return l.task(s, all)
	case *asl.Parallel:
		return l.parallel(s, all)
	case *asl.Map:
		return l.mapping(s, all)
	case *asl.Choice:
		return loadChoice(s, all)
	case *asl.Pass:
		e, err := loadExit("", s.Assign, s.Output, s.Next, all)
		return &pass{exit: e}, err
	case *asl.Wait:
		return loadWait(s, all)
	case *asl.Succeed:
		e, err := loadExit("", nil, s.Output, "", all)
		return &succeed{exit: e}, err
	case *asl.Fail:
		return loadFail(s)
	default:
		return nil, fmt.Errorf("a state of type %T cannot be run", s)
	}
}

// loadExit compiles a way out; where is the path of the object that holds it, with
// its slash, and next is "" where the machine ends.
func loadExit(where string, assign asl.Assign, output any, next string, all states) (exit, error) {
	var e exit
	for _, name := range slices.Sorted(maps.Keys(assign)) {
		t, err := compileTemplate(assign[name], where+"Assign/"+name)
		if err != nil {
			return e, err
		}
		e.assign = append(e.assign, assignment{name: name, value: t})
		e.needs |= t.needs
	}
	var err error
	if e.output, err = optional(output, where+"Output"); err != nil {
		return e, err
	}
	if e.output != nil {
		e.needs |= e.output.needs
	}
	if next != "" {
		e.next, err = all.at(next)
	}
	return e, err
}

// optional compiles a field that may be absent.
func optional(v any, field string) (*template, error) {
	if v == nil {
		return nil, nil
	}
	return compileTemplate(v, field)
}

func loadChoice(s *asl.Choice, all states) (*choice, error) {
	c := &choice{rules: make([]rule, len(s.Choices))}
	for i, r := range s.Choices {
		where := fmt.Sprintf("Choices[%d]/", i)
		condition, err := compileTemplate(r.Condition, where+"Condition")
		if err != nil {
			return nil, err
		}
		e, err := loadExit(where, r.Assign, r.Output, r.Next, all)
		if err != nil {
			return nil, err
		}
		c.rules[i] = rule{condition: condition, exit: e}
	}
	if s.Default == "" {
		return c, nil
	}
	e, err := loadExit("", s.Assign, s.Output, s.Default, all)
	c.otherwise = &e
	return c, err
}

func loadWait(s *asl.Wait, all states) (*wait, error) {
	w := &wait{}
	var err error
	if w.seconds, err = optional(s.Seconds, "Seconds"); err != nil {
		return nil, err
	}
	if w.timestamp, err = optional(s.Timestamp, "Timestamp"); err != nil {
		return nil, err
	}
	w.exit, err = loadExit("", s.Assign, s.Output, s.Next, all)
	return w, err
}

func loadFail(s *asl.Fail) (*failing, error) {
	e := &failing{}
	var err error
	if e.name, err = optional(s.Error, "Error"); err != nil {
		return nil, err
	}
	e.cause, err = optional(s.Cause, "Cause")
	return e, err
}
