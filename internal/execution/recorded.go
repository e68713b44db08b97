package execution

import (
	"slices"

	"switchboard/internal/fault"
	"switchboard/internal/task"
)

// Recorded makes what people see of an execution that has no history, as an Express
// execution on AWS has none: from the records of what its action nodes did. It shows
// those alone, with their fields and outputs; nothing says whether a logic node ran, or
// when a call ended.
func Recorded(x Execution, records map[task.Key]task.Record) []NodeRun {
	v := view{x: x, runs: map[runKey]*NodeRun{}}
	keys := make([]task.Key, 0, len(records))
	open := 0
	for key, r := range records {
		keys = append(keys, key)
		if r.State != task.Done {
			open++
		}
	}
	slices.SortFunc(keys, func(a, b task.Key) int { return records[a].StartedAt.Compare(records[b].StartedAt) })
	for _, key := range keys {
		record := records[key]
		run := v.run(runKey{key.Node, key.Iteration})
		run.StartedAt, run.Input, run.Output = record.StartedAt, record.Input, record.Output
		run.Status = NodeRunning // which all ends where the execution has ended
		switch {
		case record.State == task.Done:
			run.Status = NodeSucceeded
		case record.State == task.Released && x.Status != Running:
			run.Status, run.Error = NodeFailed, &Error{
				Name: string(fault.ConnectorFailed), Message: "The service did not do it.", Node: key.Node,
			}
		case record.Reason != "":
			run.Status, run.Error = NodeFailed, &Error{Name: string(fault.Uncertain), Message: record.Reason, Node: key.Node}
		}
		if open == 1 && x.Status == Failed && x.Error != nil && run.Status != NodeSucceeded {
			// It is the only one that can have failed the execution.
			whole := *x.Error
			whole.Node = key.Node
			run.Status, run.Error = NodeFailed, &whole
		}
	}
	return v.all()
}
