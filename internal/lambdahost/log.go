package lambdahost

import (
	"context"
	"io"
	"log/slog"
)

// newLog writes JSON lines as Lambda's own: it reads level and timestamp when a
// function's log has a level set.
func newLog(out io.Writer, function, version string) *slog.Logger {
	lines := slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelInfo, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			a.Key = "timestamp"
		}
		return a
	}})
	return slog.New(lineHandler{lines.WithAttrs([]slog.Attr{slog.String("function", function), slog.String("version", version)})})
}

// lineHandler adds what is known of the invocation to every line of it.
type lineHandler struct{ slog.Handler }

// Handle writes a line.
func (h lineHandler) Handle(ctx context.Context, r slog.Record) error {
	if i := invocationOf(ctx); i != nil {
		i.describe(&r)
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs and WithGroup keep the type.
func (h lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lineHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h lineHandler) WithGroup(name string) slog.Handler {
	return lineHandler{h.Handler.WithGroup(name)}
}
