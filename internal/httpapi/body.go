package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"switchboard/internal/fault"
)

const (
	// maxBody is the largest body that most routes take.
	maxBody = 256 << 10
	// maxDocumentBody is that of workflow documents. Package workflow has the last word.
	maxDocumentBody = 2 << 20
	// bodyTimeout is how long a body may take to arrive.
	bodyTimeout = 20 * time.Second
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
		conn := http.NewResponseController(w)
		// Where there is no connection, as in Lambda, the body is there already.
		_ = conn.SetReadDeadline(time.Now().Add(bodyTimeout))
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err != nil {
			// The deadline stays: net/http waits for the rest of a body before it sends an answer.
			w.Header().Set("Connection", "close")
			writeProblem(w, r, unread(err, limit))
			return
		}
		_ = conn.SetReadDeadline(time.Time{})
		r.Body = io.NopCloser(bytes.NewReader(body))
		next(ctx)
	}
}

func unread(err error, limit int64) *fault.Error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.PayloadTooLarge, "The body has more than %d bytes.", limit)
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
