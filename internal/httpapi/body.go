package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/semaphore"

	"switchboard/internal/execution"
	"switchboard/internal/fault"
)

const (
	// maxBody is the largest body that most routes take.
	maxBody = 256 << 10
	// maxDocumentBody is that of workflow documents. Package workflow has the last word.
	maxDocumentBody = 2 << 20
	// maxInputBody is that of what starts an execution. Package execution has the last word.
	maxInputBody = execution.MaxInputBytes + maxBody
	// bodyTimeout is how long a body may take to arrive.
	bodyTimeout = 20 * time.Second
	// What bodies of more than maxBody may have together, in bytes: while they arrive,
	// and while they are dealt with. Taken apart, JSON needs up to a hundred times its
	// length of memory.
	maxArriving = 64 << 20
	maxDealt    = 8 << 20
)

// They bound the memory of the process.
var (
	arriving = semaphore.NewWeighted(maxArriving)
	dealt    = semaphore.NewWeighted(maxDealt)
)

func limitOf(op huma.Operation) int64 {
	if op.MaxBodyBytes > 0 {
		return op.MaxBodyBytes
	}
	return maxBody
}

// bodyWithin reads the body, up to a limit and within a time. The deadline is lifted
// once the body is there: net/http takes it for the end of the client, and would cut
// off a handler that waits for something.
func bodyWithin(limit int64) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if ctx.Operation().RequestBody == nil {
			next(ctx)
			return
		}
		r, w := humago.Unwrap(ctx)
		admit, _ := ctx.Context().Value(admissionKey{}).(admission)
		body, release, err := readBody(w, r, limit, admit)
		defer release()
		if err != nil {
			// The deadline stays: net/http waits for the rest of a body before it sends an answer.
			w.Header().Set("Connection", "close")
			writeProblem(w, r, unread(err, limit))
			return
		}
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		r.Body = io.NopCloser(bytes.NewReader(body))
		next(huma.WithValue(ctx, bodyKey{}, release))
	}
}

type (
	// bodyKey is where a request's context has what lets go of its body.
	bodyKey struct{}
	// admissionKey is where it has what has a say before a large body is read.
	admissionKey struct{}
	admission    func(context.Context) error
)

// readBody reads a body. One that is large waits until there is room for it, which it
// takes until it is released.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, admit admission) (body []byte, release func(), err error) {
	// Where there is no connection, as in Lambda, the body is there already.
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(bodyTimeout))
	from := http.MaxBytesReader(w, r.Body, limit)
	body, err = io.ReadAll(io.LimitReader(from, maxBody))
	if err != nil || len(body) < maxBody {
		return body, func() {}, err
	}
	if admit != nil {
		if err := admit(r.Context()); err != nil {
			return nil, func() {}, err
		}
	}
	rest, err := readRest(r, from, min(limit, maxArriving))
	if err != nil {
		return nil, func() {}, err
	}
	body = append(body, rest...)
	free, err := room(r.Context(), dealt, min(int64(len(body)), maxDealt))
	return body, func() {
		r.Body = http.NoBody
		free()
	}, err
}

func readRest(r *http.Request, from io.Reader, size int64) ([]byte, error) {
	if r.ContentLength >= 0 {
		size = min(size, r.ContentLength)
	}
	release, err := room(r.Context(), arriving, size)
	if err != nil {
		return nil, err
	}
	defer release()
	return io.ReadAll(from)
}

// room takes room, for which it waits as long as for a body.
func room(ctx context.Context, of *semaphore.Weighted, size int64) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, bodyTimeout)
	defer cancel()
	if err := of.Acquire(ctx, size); err != nil {
		return func() {}, errNoRoom
	}
	return sync.OnceFunc(func() { of.Release(size) }), nil
}

var errNoRoom = errors.New("there is no room for another large body")

func unread(err error, limit int64) *fault.Error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.PayloadTooLarge, "The body has more than %d bytes.", limit)
	}
	if errors.Is(err, errNoRoom) {
		f := fault.New(fault.Unavailable, "Too many large requests come at the same time.").WithHint("Try again in a moment.")
		f.RetryAfter = time.Second
		return f
	}
	if refused, ok := errors.AsType[*fault.Error](err); ok {
		return refused
	}
	return fault.New(fault.BadRequest, "The body did not arrive whole and in time.").Because(err)
}

// jsonOnly refuses bodies of another media type. A body without one is taken for JSON.
func jsonOnly(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	given := r.Header.Get("Content-Type")
	mediaType, _, err := mime.ParseMediaType(given)
	isJSON := err == nil && (mediaType == mediaJSON || strings.HasSuffix(mediaType, "+json"))
	if given != "" && !isJSON {
		writeProblem(w, r, fault.New(fault.UnsupportedMediaType, "The body has to be JSON.").
			WithHint("Send the header Content-Type: application/json."))
		return
	}
	r.Header.Set("Content-Type", mediaJSON) // huma knows it by no other spelling
	next(ctx)
}

// unmarshal reads a body. It is strict where encoding/json is not: a name counts in
// its case and once. Its errors quote no values.
func unmarshal(data []byte, v any) error {
	if d, ok := v.(*document); ok {
		*d = bytes.Clone(data) // package workflow reads it, and names every place in the text
		return nil
	}
	err := json.Unmarshal(data, v, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fmt.Errorf("%q is there twice", syntax.JSONPointer.LastToken())
		}
		return fmt.Errorf("there is a mistake at byte %d", syntax.ByteOffset)
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		if errors.Is(err, json.ErrUnknownName) {
			return fmt.Errorf("%q is not known here: names count in their case", semantic.JSONPointer.LastToken())
		}
		return fmt.Errorf("the value at %q does not fit", semantic.JSONPointer)
	}
	return errors.New("does not fit")
}
