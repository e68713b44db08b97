package httpconnector_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/fault"
)

// received is a part as net/http's own reader, which is not ours, sees it.
type received struct{ Name, Filename, ContentType, Content string }

func TestMultipart(t *testing.T) {
	tests := map[string]struct {
		body map[string]any
		want []received
	}{
		"OKScalars": {map[string]any{"a": "x", "n": json.Number("1.50"), "t": true, "none": nil}, []received{{"a", "", "", "x"}, {"n", "", "", "1.50"}, {"t", "", "", "true"}}},
		"OKFile": {map[string]any{"f": map[string]any{"filename": "a.bin", "content_type": "image/png", "content_base64": "AP8="}}, []received{
			{"f", "a.bin", "image/png", "\x00\xff"},
		}},
		"OKFileWithoutType": {map[string]any{"f": map[string]any{"filename": "a.bin", "content_base64": "_w"}}, []received{{"f", "a.bin", "application/octet-stream", "\xff"}}},
		"OKTextWithType":    {map[string]any{"meta": map[string]any{"text": `{"a":1}`, "content_type": "application/json"}}, []received{{"meta", "", "application/json", `{"a":1}`}}},
		"OKList":            {map[string]any{"f": []any{"x", map[string]any{"text": "y"}}}, []received{{"f", "", "", "x"}, {"f", "", "", "y"}}},
		"OKNameCannotBreakOut": {map[string]any{"a\"\r\nX: 1": map[string]any{"filename": "\"; name=\"b\r\n\r\n", "text": "v"}}, []received{
			{"a%22%0D%0AX: 1", "%22; name=%22b%0D%0A%0D%0A", "application/octet-stream", "v"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, map[string]any{"method": "POST", "body_type": "multipart", "body": tt.body, "headers": map[string]any{"Content-Type": "multipart/form-data"}}, func(_ http.ResponseWriter, r *http.Request) {
				var got []received
				reader, err := r.MultipartReader()
				if err != nil {
					t.Error(err)
					return
				}
				for {
					p, err := reader.NextPart()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						t.Error(err)
						return
					}
					content, err := io.ReadAll(p)
					if err != nil {
						t.Error(err)
					}
					got = append(got, received{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(content)})
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMultipartIsTheSameAgain: services compare the bytes that come with one idempotency key.
func TestMultipartIsTheSameAgain(t *testing.T) {
	var bodies []string
	for range 2 {
		_, err := run(t, map[string]any{"method": "POST", "body_type": "multipart", "body": map[string]any{"b": "2", "a": "1", "c": "3"}}, func(_ http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			bodies = append(bodies, r.Header.Get("Content-Type")+string(b))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(bodies) != 2 || bodies[0] != bodies[1] {
		t.Errorf("bodies = %q", bodies)
	}
}

func TestMultipartIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		body    any
		pointer string
		words   string
	}{
		"ErrText":          {"a=1", "/body", "object of its fields"},
		"ErrNoContent":     {map[string]any{"f": map[string]any{"filename": "a"}}, "/body/f", "no content"},
		"ErrTwoContents":   {map[string]any{"f": map[string]any{"text": "a", "content_base64": ""}}, "/body/f", "two"},
		"ErrBase64":        {map[string]any{"f": map[string]any{"content_base64": "*"}}, "/body/f", "not base64"},
		"ErrUnknownMember": {map[string]any{"a/b": map[string]any{"path": "/etc/passwd"}}, "/body/a~1b", "path"},
		"ErrMemberNumber":  {map[string]any{"f": map[string]any{"text": json.Number("1")}}, "/body/f", "text"},
		"ErrContentType":   {map[string]any{"f": map[string]any{"text": "a", "content_type": "a/b\r\nX: 1"}}, "/body/f", "content_type"},
		"ErrNestedList":    {map[string]any{"f": []any{[]any{"a"}}}, "/body/f", "list in a list"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, map[string]any{"method": "POST", "body_type": "multipart", "body": tt.body}, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != fault.InvalidInput || f.Hint == "" || len(f.Fields) != 1 || f.Fields[0].Pointer != tt.pointer || !strings.Contains(f.Message, tt.words) {
				t.Errorf("error = %+v, want %q at %s", err, tt.words, tt.pointer)
			}
		})
	}
}
