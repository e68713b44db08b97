package asl

import "strconv"

// What Step Functions writes into the history of a Standard execution, of which it
// takes MaxHistoryEvents:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html.
const (
	stateEvents     = 2 // entered and exited
	taskEvents      = 3 // scheduled, started and succeeded
	tokenEvents     = 1 // submitted, besides
	groupEvents     = 2 // of a Parallel or Map: started and succeeded
	iterationEvents = 2 // started and succeeded
	executionEvents = 2 // started and succeeded
)

// HistoryEvents is the most events that an execution of the machine has in which no
// task is tried again. Of what is chosen between, the longest way counts. items says
// for how many items a Map runs.
func HistoryEvents(m *Machine, items func(*Map) int) int {
	return executionEvents + eventsWithin(m, items)
}

// IterationEvents is the same for one item of a Map.
func IterationEvents(m *Map, items func(*Map) int) int {
	return iterationEvents + eventsWithin(m.ItemProcessor, items)
}

func eventsWithin(m *Machine, items func(*Map) int) int {
	longest := map[string]int{}
	var from func(name string) int
	from = func(name string) int {
		s, ok := m.States[name]
		if !ok {
			return 0
		}
		if n, ok := longest[name]; ok {
			return n
		}
		longest[name] = 0 // a machine that leads back to itself has no longest way
		behind := 0
		for _, next := range nextOf(s) {
			behind = max(behind, from(next))
		}
		longest[name] = eventsOf(s, items) + behind
		return longest[name]
	}
	return from(m.StartAt)
}

func eventsOf(s State, items func(*Map) int) int {
	n := stateEvents
	switch s := s.(type) {
	case *Task:
		n += taskEvents
		if s.WaitsForToken() {
			n += tokenEvents
		}
	case *Parallel:
		n += groupEvents
		for _, branch := range s.Branches {
			n += eventsWithin(branch, items)
		}
	case *Map:
		n += groupEvents + items(s)*IterationEvents(s, items)
	}
	return n
}

// nextOf names the states to which one may lead.
func nextOf(s State) []string {
	var names []string
	caught := func(catch []Catcher) {
		for _, c := range catch {
			names = append(names, c.Next)
		}
	}
	switch s := s.(type) {
	case *Task:
		names = append(names, s.Next)
		caught(s.Catch)
	case *Choice:
		names = append(names, s.Default)
		for _, r := range s.Choices {
			names = append(names, r.Next)
		}
	case *Pass:
		names = append(names, s.Next)
	case *Parallel:
		names = append(names, s.Next)
		caught(s.Catch)
	case *Map:
		names = append(names, s.Next)
		caught(s.Catch)
	case *Wait:
		names = append(names, s.Next)
	}
	return names
}

// Counts is how many events Step Functions has for one of ours. Those of a Parallel
// itself are not among them, as no event of ours says what a state is.
func (e Event) Counts() int {
	switch e.Kind {
	case TaskScheduled:
		return 2 // scheduled and started
	case MapStarted:
		items, _ := strconv.Atoi(string(e.Input))
		return groupEvents + iterationEvents*items
	case RetryScheduled, WaitStarted:
		return 0
	default:
		return 1
	}
}
