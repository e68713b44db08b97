package task

import (
	"context"
	"log/slog"
)

// taskLog says in every line for which task it was written. It does so when there is a
// line: a logger made With these attributes formats them at once, which is more than the
// rest of the work for a task that writes none.
type taskLog struct {
	slog.Handler
	task *Task
}

// Handle implements slog.Handler.
func (l taskLog) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	r.AddAttrs(l.attributes()...)
	return l.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (l taskLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return taskLog{l.Handler.WithAttrs(attrs), l.task}
}

// WithGroup implements slog.Handler. The task is no part of the group.
func (l taskLog) WithGroup(name string) slog.Handler {
	return l.Handler.WithAttrs(l.attributes()).WithGroup(name)
}

func (l taskLog) attributes() []slog.Attr {
	attrs := []slog.Attr{slog.String("account", l.task.Account), slog.String("execution", l.task.Execution), slog.String("node", l.task.Node)}
	if l.task.Iteration != "" {
		attrs = append(attrs, slog.String("iteration", l.task.Iteration))
	}
	if l.task.Request != "" {
		attrs = append(attrs, slog.String("request_id", l.task.Request))
	}
	return attrs
}
