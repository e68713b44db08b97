package compile

import (
	"fmt"
	"strings"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/spelling"
	"switchboard/internal/workflow"
)

// Texts about the nodes that wait for others: approvals and workflows.

func approvalTooLong(v *vertex) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeInvalidApproval, Message: "The webhook's caller waits for the output, so nobody can be asked for an approval meanwhile.",
		Hint: `Set respond to "immediately" on the trigger.`, Node: v.id, Pointer: v.pointer,
	}
}

func approvalOutlivesExecution(v *vertex, seconds, limit int64) Diagnostic {
	return Diagnostic{
		Severity: warning, Code: CodeInvalidApproval,
		Message: fmt.Sprintf("People have %s to answer, but the execution ends after %s.", duration(seconds), duration(limit)),
		Hint:    "Give the workflow a longer timeout_seconds, or none, or the approval a shorter one.", Node: v.id, Pointer: v.pointer + "/config/timeout_seconds",
	}
}

func waitOutlivesExecution(v *vertex, seconds, limit int64) Diagnostic {
	return Diagnostic{
		Severity: warning, Code: schema.CodeValue,
		Message: fmt.Sprintf("It waits for %s, but the execution ends after %s.", duration(seconds), duration(limit)),
		Hint:    "Give the workflow a longer timeout_seconds, or none, or wait for less.", Node: v.id, Pointer: v.pointer + "/config/seconds",
	}
}

func retryOutlivesExecution(v *vertex, seconds, limit int64) Diagnostic {
	return Diagnostic{
		Severity: warning, Code: schema.CodeValue,
		Message: fmt.Sprintf("It is tried again after %s, but the execution ends after %s.", duration(seconds), duration(limit)),
		Hint:    "Give the workflow a longer timeout_seconds, or none, or try again sooner.", Node: v.id, Pointer: v.pointer + "/retry/interval_seconds",
	}
}

func duration(seconds int64) string { return (time.Duration(seconds) * time.Second).String() }

func unknownNotifyMember(v *vertex, at, name, hint string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: schema.CodeUnknown, Message: fmt.Sprintf("notify has no member %q.", name), Hint: hint,
		Node: v.id, Pointer: at + "/" + schema.Escape(name),
	}
}

func notifyNeedsAction(v *vertex, at, given string, known []string) Diagnostic {
	d := Diagnostic{
		Severity: severe, Code: CodeUnknownAction, Message: fmt.Sprintf("There is no action %q.", given), Node: v.id, Pointer: at + "/action",
		Hint: spelling.Hint(given, known, "The actions are"),
	}
	if given == "" {
		d.Code, d.Message = schema.CodeMissing, "notify does not say by which action."
		d.Hint = `For example {"action": "slack.post_message", "credential": "cred_...", "config": {"channel": "#orders", "text": "Please look: {{approval.url}}"}}.`
	}
	return d
}

func notifyNeedsCredential(v *vertex, at string, con connector.Connector) Diagnostic {
	d := missingCredential(v, con)
	d.Pointer = at + "/credential"
	return d
}

func aboutCallee(v *vertex, at, code, message, hint string) Diagnostic {
	return Diagnostic{Severity: severe, Code: code, Message: message, Hint: hint, Node: v.id, Pointer: at}
}

func calleeIsVariable(v *vertex, at string) Diagnostic {
	return aboutCallee(v, at, CodeInvalidWorkflow, "Which workflow is run has to be known beforehand: it cannot be a variable.",
		"Name a workflow by its id; to choose between several, use a switch.")
}

func unknownCallee(v *vertex, at, id string) Diagnostic {
	return aboutCallee(v, at, CodeUnknownWorkflow, fmt.Sprintf("There is no workflow %q in this account.", id), "Choose one of the agent's workflows.")
}

func calleeOfOtherAgent(v *vertex, at, name string) Diagnostic {
	return aboutCallee(v, at, CodeInvalidWorkflow, fmt.Sprintf("The workflow %q belongs to another agent.", name), "Choose one of this agent's workflows.")
}

func calleeNotPublished(v *vertex, at, name string) Diagnostic {
	return aboutCallee(v, at, CodeInvalidWorkflow, fmt.Sprintf("The workflow %q is not published, so it cannot run.", name), "Publish it first.")
}

func calleeNotManual(v *vertex, at string, callee workflow.Callee) Diagnostic {
	return aboutCallee(v, at, CodeInvalidWorkflow,
		fmt.Sprintf("The workflow %q starts by its %s trigger; only one with a manual trigger can be run by another.", callee.Name, callee.Trigger),
		"Give it a manual trigger and publish it, or move what both do into a workflow that has one.")
}

func calleeRecursion(v *vertex, at string, names []string) Diagnostic {
	return aboutCallee(v, at, CodeRecursion, "The workflows run each other without an end: "+strings.Join(names, " → ")+".",
		"Choose a workflow that does not lead back here. To repeat something, use a loop.")
}

// calleeInputProblems says what of the input does not fit.
func calleeInputProblems(v *vertex, name string, err error) Diagnostics {
	var ds Diagnostics
	for _, f := range fault.Of(err).Fields {
		ds = append(ds, aboutCallee(v, v.pointer+"/config/input"+f.Pointer, schema.CodeValue,
			fmt.Sprintf("The input does not fit what the workflow %q asks for: %s.", name, f.Message), "See input_schema of its trigger."))
	}
	return ds
}
