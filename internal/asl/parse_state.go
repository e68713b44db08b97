package asl

import (
	"encoding/json"
	"maps"
	"slices"
)

func (p *parser) machine(v any, pointer string) *Machine {
	o := p.within(v, pointer)
	m := &Machine{
		Comment:        o.text("Comment"),
		QueryLanguage:  o.text("QueryLanguage"),
		StartAt:        o.requiredText("StartAt"),
		TimeoutSeconds: o.integerOrZero("TimeoutSeconds"),
	}
	if config, ok := o.take("ProcessorConfig"); ok {
		c := p.within(config, o.at("ProcessorConfig"))
		m.ProcessorConfig = &ProcessorConfig{Mode: c.requiredText("Mode")}
		c.done()
	}
	states := p.within(o.required("States"), o.at("States"))
	m.States = make(map[string]State, len(states.fields))
	for _, name := range slices.Sorted(maps.Keys(states.fields)) {
		m.States[name] = p.state(states.fields[name], states.at(name))
	}
	o.done()
	return m
}

func (p *parser) state(v any, pointer string) State {
	o := p.within(v, pointer)
	defer o.done()
	switch t := o.requiredText("Type"); t {
	case "Task":
		return o.task()
	case "Choice":
		return o.choice()
	case "Pass":
		return &Pass{Comment: o.text("Comment"), Assign: o.assign(), Output: o.value("Output"), Next: o.text("Next"), End: o.end()}
	case "Parallel":
		return o.parallel()
	case "Map":
		return o.mapping()
	case "Wait":
		return o.wait()
	case "Succeed":
		return &Succeed{Comment: o.text("Comment"), Output: o.value("Output")}
	case "Fail":
		return &Fail{
			Comment: o.text("Comment"),
			Error:   scalar[string](o, "Error", "must be a text or an expression"),
			Cause:   scalar[string](o, "Cause", "must be a text or an expression"),
		}
	default:
		o.refuse(o.at("Type"), "is not one of the types of state that are used here")
		return &Pass{}
	}
}

func (p *part) task() *Task {
	return &Task{
		Comment:        p.text("Comment"),
		Resource:       p.requiredText("Resource"),
		Arguments:      p.value("Arguments"),
		TimeoutSeconds: scalar[json.Number](p, "TimeoutSeconds", "must be a number or an expression"),
		Retry:          p.retry(),
		Catch:          p.catch(),
		Assign:         p.assign(),
		Output:         p.value("Output"),
		Next:           p.text("Next"),
		End:            p.end(),
	}
}

func (p *part) choice() *Choice {
	c := &Choice{Comment: p.text("Comment"), Default: p.text("Default"), Assign: p.assign(), Output: p.value("Output")}
	p.require("Choices")
	p.list("Choices", func(v any, pointer string) {
		o := p.within(v, pointer)
		condition, ok := o.value("Condition").(Expr)
		if !ok {
			o.refuse(o.at("Condition"), "must be an expression")
		}
		c.Choices = append(c.Choices, Rule{Condition: condition, Assign: o.assign(), Output: o.value("Output"), Next: o.requiredText("Next")})
		o.done()
	})
	return c
}

func (p *part) parallel() *Parallel {
	s := &Parallel{
		Comment:   p.text("Comment"),
		Arguments: p.value("Arguments"),
		Retry:     p.retry(),
		Catch:     p.catch(),
		Assign:    p.assign(),
		Output:    p.value("Output"),
		Next:      p.text("Next"),
		End:       p.end(),
	}
	p.require("Branches")
	p.list("Branches", func(v any, pointer string) {
		s.Branches = append(s.Branches, p.machine(v, pointer))
	})
	return s
}

func (p *part) mapping() *Map {
	p.require("Items")
	return &Map{
		Comment:        p.text("Comment"),
		Items:          scalar[[]any](p, "Items", "must be a list or an expression"),
		ItemSelector:   p.value("ItemSelector"),
		MaxConcurrency: scalar[json.Number](p, "MaxConcurrency", "must be a number or an expression"),
		ItemProcessor:  p.machine(p.required("ItemProcessor"), p.at("ItemProcessor")),
		Retry:          p.retry(),
		Catch:          p.catch(),
		Assign:         p.assign(),
		Output:         p.value("Output"),
		Next:           p.text("Next"),
		End:            p.end(),
	}
}

func (p *part) wait() *Wait {
	return &Wait{
		Comment:   p.text("Comment"),
		Seconds:   scalar[json.Number](p, "Seconds", "must be a number or an expression"),
		Timestamp: scalar[string](p, "Timestamp", "must be a text or an expression"),
		Assign:    p.assign(),
		Output:    p.value("Output"),
		Next:      p.text("Next"),
		End:       p.end(),
	}
}

func (p *part) retry() (list []Retrier) {
	p.list("Retry", func(v any, pointer string) {
		o := p.within(v, pointer)
		list = append(list, Retrier{
			ErrorEquals:     o.texts("ErrorEquals"),
			IntervalSeconds: o.integerOrZero("IntervalSeconds"),
			MaxAttempts:     o.integer("MaxAttempts", true),
			BackoffRate:     o.float("BackoffRate"),
			MaxDelaySeconds: o.integerOrZero("MaxDelaySeconds"),
			JitterStrategy:  o.text("JitterStrategy"),
		})
		o.done()
	})
	return list
}

func (p *part) catch() (list []Catcher) {
	p.list("Catch", func(v any, pointer string) {
		o := p.within(v, pointer)
		list = append(list, Catcher{
			ErrorEquals: o.texts("ErrorEquals"),
			Assign:      o.assign(),
			Output:      o.value("Output"),
			Next:        o.requiredText("Next"),
		})
		o.done()
	})
	return list
}
