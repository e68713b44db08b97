package execution

import "switchboard/internal/fault"

// errorInterrupted is the name of the error of an Awaited execution that a crash of
// the process has cut off.
const errorInterrupted = "Execution.Interrupted"

// Interrupted is how an Awaited execution ends that a crash has cut off: its caller
// has gone with the process, and what it did last may not be on disk.
func Interrupted() *Error {
	return &Error{
		Name:    errorInterrupted,
		Message: "Switchboard was cut off while the caller waited for the output.",
		Hint:    "Look at the services: the last steps may have been done without being shown here. To run the workflow again, repeat the request.",
	}
}

// checkRedrivable refuses what cannot go on without the risk of doing something twice.
func checkRedrivable(x Execution) error {
	if x.Error == nil || x.Error.Name != errorInterrupted {
		return nil
	}
	return fault.New(fault.Conflict, "The execution was cut off while its caller waited; what it had done by then is not known to the last step, so it cannot go on.").
		WithHint("Look at the services, and repeat the request to run the workflow again.")
}
