package httpconnector_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	httpconnector "switchboard/internal/connector/http"
	"switchboard/internal/fault"
	"switchboard/internal/template"
)

// run sends a request whose url is the path of a server with this handler.
func run(t *testing.T, config map[string]any, handler http.HandlerFunc) (connector.Output, error) {
	t.Helper()
	return runAs(t, "", nil, config, handler)
}

func runAs(t *testing.T, credentialType string, data, config map[string]any, handler http.HandlerFunc) (connector.Output, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	full := map[string]any{"url": server.URL + "/path"}
	for name, value := range config {
		full[name] = value
	}
	con := httpconnector.New()
	call, redactor := connectortest.Call(t, con, connectortest.Setup{Action: "request", Config: full, CredentialType: credentialType, Data: data})
	out, err := action(t).Run(t.Context(), call)
	if out == nil {
		return nil, err
	}
	return redactor.Value(map[string]any(out)).(map[string]any), err
}

func action(t *testing.T) connector.Action {
	t.Helper()
	a, ok := httpconnector.New().Action("request")
	if !ok {
		t.Fatal("there is no action request")
	}
	return a
}

func TestBody(t *testing.T) {
	tests := map[string]struct {
		config      map[string]any
		contentType string
		body        string
	}{
		"None":           {map[string]any{}, "", ""},
		"JSONIsDefault":  {map[string]any{"body": map[string]any{"a": "<&>", "n": json.Number("12345678901234567890")}}, "application/json", `{"a":"<&>","n":12345678901234567890}`},
		"JSONText":       {map[string]any{"body": ` {"a": [1, 2]} `}, "application/json", `{"a": [1, 2]}`},
		"JSONList":       {map[string]any{"body": []any{json.Number("1"), nil, true}}, "application/json", `[1,null,true]`},
		"JSONFalse":      {map[string]any{"body": false}, "application/json", `false`},
		"Form":           {map[string]any{"body_type": "form", "body": map[string]any{"a": "1&2", "n": json.Number("1.50"), "l": []any{"x", true, nil}, "z": nil}}, "application/x-www-form-urlencoded", "a=1%262&l=x&l=true&n=1.50"},
		"Text":           {map[string]any{"body_type": "text", "body": "a < b\nc"}, "text/plain; charset=utf-8", "a < b\nc"},
		"TextOfNumber":   {map[string]any{"body_type": "text", "body": json.Number("1.50")}, "text/plain; charset=utf-8", "1.50"},
		"TextOfObject":   {map[string]any{"body_type": "text", "body": map[string]any{"a": "<"}}, "text/plain; charset=utf-8", `{"a":"<"}`},
		"TypeNone":       {map[string]any{"body_type": "none", "body": "ignored"}, "", ""},
		"OwnContentType": {map[string]any{"body_type": "text", "body": "<a/>", "headers": map[string]any{"content-type": "application/xml"}}, "application/xml", "<a/>"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.config["method"] = "POST"
			_, err := run(t, tt.config, func(_ http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				if string(b) != tt.body || r.Header.Get("Content-Type") != tt.contentType {
					t.Errorf("body = %q as %q, want %q as %q", b, r.Header.Get("Content-Type"), tt.body, tt.contentType)
				}
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	tests := map[string]struct {
		contentType, body string
		want              map[string]any // body and body_encoding
	}{
		"JSON":           {"application/json; charset=utf-8", `{"id": 9007199254740993}`, map[string]any{"body": map[string]any{"id": json.Number("9007199254740993")}}},
		"JSONWithSuffix": {"application/hal+json", `[1]`, map[string]any{"body": []any{json.Number("1")}}},
		"JSONUnlabelled": {"", `{"a":1}`, map[string]any{"body": map[string]any{"a": json.Number("1")}}},
		"JSONNull":       {"application/json", `null`, map[string]any{"body": nil}},
		"JSONWithBOM":    {"application/json", "\ufeff{}", map[string]any{"body": map[string]any{}}},
		"NotReallyJSON":  {"application/json", `<html>`, map[string]any{"body": "<html>"}},
		"TwoJSON":        {"application/json", `{} {}`, map[string]any{"body": "{} {}"}},
		"Text":           {"text/plain", "hällo", map[string]any{"body": "hällo"}},
		"Latin1":         {"text/plain; charset=ISO-8859-1", "h\xe4llo", map[string]any{"body": "hällo"}},
		"Empty":          {"application/json", "", map[string]any{"body": ""}},
		"Binary":         {"application/octet-stream", "\x00\xff", map[string]any{"body": "AP8=", "body_encoding": "base64"}},
		"BadUTF8":        {"text/plain", "\xff\xfe", map[string]any{"body": "//4=", "body_encoding": "base64"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, err := run(t, nil, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{tt.contentType}
				if tt.contentType == "" {
					w.Header()["Content-Type"] = nil // net/http would guess
				}
				_, _ = io.WriteString(w, tt.body)
			})
			if err != nil {
				t.Fatal(err)
			}
			delete(out, "status")
			delete(out, "headers")
			if diff := cmp.Diff(tt.want, map[string]any(out)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnswerHeaders(t *testing.T) {
	out, err := run(t, map[string]any{"method": "HEAD"}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Vary"] = []string{"Accept", "Origin"}
		w.Header()["Set-Cookie"] = []string{"a=1; Expires=Fri, 02 Jan 2026 03:04:05 GMT", "b=2"}
		w.Header().Set("X-Total-Count", "12")
		w.Header()["Date"] = nil
		w.Header().Set("Content-Length", "500") // of the body that a GET would get
	})
	if err != nil {
		t.Fatal(err)
	}
	want := connector.Output{"status": 200, "body": "", "headers": map[string]any{
		"vary": "Accept, Origin", "x-total-count": "12", "content-length": "500",
		"set-cookie": "a=1; Expires=Fri, 02 Jan 2026 03:04:05 GMT\nb=2",
	}}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
}

func TestExpectedStatus(t *testing.T) {
	tests := map[string]struct {
		expect any
		status int
		ok     bool
	}{
		"OKDefault":     {nil, 204, true},
		"OKOne":         {json.Number("404"), 404, true},
		"OKText":        {"200,404", 404, true},
		"OKList":        {[]any{"200", json.Number("418")}, 418, true},
		"OKClass":       {"4XX", 422, true},
		"OKRange":       {"200 - 204, 300-399", 304, true},
		"OKRefusal":     {"2xx, 5xx", 503, true},
		"ErrDefault":    {nil, 304, false},
		"ErrOther":      {"201", 200, false},
		"ErrNotInClass": {"2xx", 404, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config := map[string]any{}
			if tt.expect != nil {
				config["expect_status"] = tt.expect
			}
			out, err := run(t, config, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(tt.status) })
			if tt.ok {
				if err != nil || out["status"] != tt.status {
					t.Errorf("status = %v, error = %v", out["status"], err)
				}
				return
			}
			if err == nil {
				t.Error("it succeeded")
			}
		})
	}
	t.Run("ErrFormat", func(t *testing.T) {
		for _, text := range []string{"200;404", "2x", "600", "ok", "200-", "20x", ","} {
			if _, problems := action(t).Input.Decode(map[string]any{"url": "https://example.com", "expect_status": text}); len(problems) == 0 {
				t.Errorf("%q is taken for a status", text)
			}
		}
	})
}

func TestUnexpectedStatus(t *testing.T) {
	tests := map[string]struct {
		status  int
		body    string
		config  map[string]any
		code    fault.Code
		message string
		hint    string
	}{
		"Teapot":        {418, "short and stout", nil, fault.UnexpectedStatus, "127.0.0.1 answered 418 I'm a teapot: short and stout", "2xx"},
		"JSONNoWords":   {400, `{"code": 17}`, nil, fault.InvalidInput, `127.0.0.1 answered 400 Bad Request: {"code": 17}`, ""},
		"JSONWords":     {401, `{"error": {"message": "Key expired."}}`, nil, fault.AuthFailed, "127.0.0.1 answered 401 Unauthorized: Key expired.", ""},
		"Page":          {502, "<html>nginx</html>", nil, fault.ServiceUnavailable, "127.0.0.1 answered 502 Bad Gateway.", ""},
		"OtherSuccess":  {200, "", map[string]any{"expect_status": "201"}, fault.UnexpectedStatus, "127.0.0.1 answered 200 OK.", "takes 201 for a success"},
		"ExpectedOther": {404, "", map[string]any{"expect_status": "200, 410"}, fault.ServiceNotFound, "127.0.0.1 answered 404 Not Found.", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, tt.config, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != tt.code || f.Message != tt.message || !strings.Contains(f.Hint, tt.hint) {
				t.Errorf("fault = %+v, want %s: %s (hint with %q)", f, tt.code, tt.message, tt.hint)
			}
		})
	}
}

func TestInputIsRefused(t *testing.T) {
	long := map[string]struct {
		config  map[string]any
		pointer string
	}{
		"ErrScheme":          {map[string]any{"url": "ftp://example.com/x"}, "/url"},
		"ErrNoScheme":        {map[string]any{"url": "example.com/x"}, "/url"},
		"ErrNoHost":          {map[string]any{"url": "https:///x"}, "/url"},
		"ErrUserInfo":        {map[string]any{"url": "https://ada:hunter22@example.com/"}, "/url"},
		"ErrControl":         {map[string]any{"url": "https://example.com/\r\nX: y"}, "/url"},
		"ErrHeaderName":      {map[string]any{"headers": map[string]any{"X Y": "1"}}, "/headers/X Y"},
		"ErrHeaderNameColon": {map[string]any{"headers": map[string]any{"X:": "1"}}, "/headers/X:"},
		"ErrHeaderLine":      {map[string]any{"headers": map[string]any{"X-A": "1\r\nX-B: 2"}}, "/headers/X-A"},
		"ErrHeaderNUL":       {map[string]any{"headers": map[string]any{"X-A": "1\x00"}}, "/headers/X-A"},
		"ErrHost":            {map[string]any{"headers": map[string]any{"host": "internal.example"}}, "/headers/host"},
		"ErrLength":          {map[string]any{"headers": map[string]any{"Content-Length": 5}}, "/headers/Content-Length"},
		"ErrTransfer":        {map[string]any{"headers": map[string]any{"transfer-encoding": "chunked"}}, "/headers/transfer-encoding"},
		"ErrJSON":            {map[string]any{"method": "POST", "body": `{"a": 1,}`}, "/body"},
		"ErrFormText":        {map[string]any{"method": "POST", "body_type": "form", "body": "a=1"}, "/body"},
		"ErrFormNested":      {map[string]any{"method": "POST", "body_type": "form", "body": map[string]any{"a": map[string]any{}}}, "/body"},
	}
	for name, tt := range long {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, tt.config, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != fault.InvalidInput || f.Unsettled || len(f.Fields) != 1 || f.Fields[0].Pointer != tt.pointer {
				t.Errorf("error = %+v, want %s at %s", err, fault.InvalidInput, tt.pointer)
			}
			if strings.Contains(err.Error(), "hunter22") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	const canary = "canary+7Qx9/Zt5kL=="
	tests := map[string]struct {
		credentialType string
		data           map[string]any
		check          func(*http.Request) bool
	}{
		"Bearer": {"http_bearer", map[string]any{"token": canary}, func(r *http.Request) bool {
			return r.Header.Get("Authorization") == "Bearer "+canary
		}},
		"Basic": {"http_basic", map[string]any{"username": "ada", "password": canary}, func(r *http.Request) bool {
			user, password, ok := r.BasicAuth()
			return ok && user == "ada" && password == canary
		}},
		"BasicWithoutPassword": {"http_basic", map[string]any{"username": "ada"}, func(r *http.Request) bool {
			user, password, ok := r.BasicAuth()
			return ok && user == "ada" && password == ""
		}},
		"Header": {"http_header", map[string]any{"name": "x-api-key", "value": "Key " + canary}, func(r *http.Request) bool {
			return r.Header.Get("X-Api-Key") == "Key "+canary
		}},
		"Query": {"http_query", map[string]any{"name": "api key", "value": canary}, func(r *http.Request) bool {
			return r.URL.Query().Get("api key") == canary && r.URL.Query().Get("q") == "1"
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, err := runAs(t, tt.credentialType, tt.data, map[string]any{"query": map[string]any{"q": 1}}, func(w http.ResponseWriter, r *http.Request) {
				if !tt.check(r) {
					t.Errorf("the credential did not arrive: %s %v", r.URL, r.Header)
				}
				_, _ = io.WriteString(w, r.Header.Get("Authorization")+" "+r.Header.Get("X-Api-Key")+" "+r.RequestURI)
			})
			if err != nil {
				t.Fatal(err)
			}
			body, ok := out["body"].(string)
			basic := base64.StdEncoding.EncodeToString([]byte("ada:" + canary))
			if !ok || strings.Contains(body, "7Qx9") || strings.Contains(body, basic) {
				t.Errorf("body = %v; what the service repeats has to be hidden", out["body"])
			}
		})
	}
}

func TestCredentialConflicts(t *testing.T) {
	tests := map[string]struct {
		credentialType string
		data, headers  map[string]any
	}{
		"ErrTwoAuthorizations": {"http_bearer", map[string]any{"token": "t-0123456789"}, map[string]any{"authorization": "Bearer mine"}},
		"ErrTwoKeys":           {"http_header", map[string]any{"name": "X-Key", "value": "t-0123456789"}, map[string]any{"x-key": "mine"}},
		"ErrKeyIsHost":         {"http_header", map[string]any{"name": "Host", "value": "t-0123456789"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config := map[string]any{}
			if tt.headers != nil {
				config["headers"] = tt.headers
			}
			_, err := runAs(t, tt.credentialType, tt.data, config, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
			if !fault.Is(err, fault.InvalidInput) {
				t.Errorf("error = %v, want %s", err, fault.InvalidInput)
			}
		})
	}
}

func TestCredentialFields(t *testing.T) {
	types := httpconnector.New()
	tests := map[string]struct {
		credentialType string
		data           map[string]any
	}{
		"ErrTokenWithSpace":   {"http_bearer", map[string]any{"token": "Bearer abc"}},
		"ErrTokenWithLine":    {"http_bearer", map[string]any{"token": "abc\n"}},
		"ErrUserWithColon":    {"http_basic", map[string]any{"username": "a:b"}},
		"ErrHeaderWithColon":  {"http_header", map[string]any{"name": "X-Key:", "value": "v"}},
		"ErrHeaderWithBreaks": {"http_header", map[string]any{"name": "X-Key", "value": "v\r\nX-Admin: 1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ct, ok := types.CredentialType(tt.credentialType)
			if !ok {
				t.Fatal("there is no such type")
			}
			if _, problems := ct.Fields.Decode(tt.data); len(problems) == 0 {
				t.Error("it was taken")
			}
		})
	}
}

func TestRepeatable(t *testing.T) {
	for name, tt := range map[string]struct {
		config map[string]any
		want   bool
	}{
		"Get":               {map[string]any{}, true},
		"Put":               {map[string]any{"method": "PUT"}, true},
		"Delete":            {map[string]any{"method": "DELETE"}, true},
		"Post":              {map[string]any{"method": "POST"}, false},
		"Patch":             {map[string]any{"method": "PATCH"}, false},
		"PostWithKey":       {map[string]any{"method": "POST", "headers": map[string]any{"idempotency-key": "o-1"}}, true},
		"PostWithEmptyKey":  {map[string]any{"method": "POST", "headers": map[string]any{"Idempotency-Key": ""}}, false},
		"PostWithOtherName": {map[string]any{"method": "POST", "headers": map[string]any{"X-Key": "o-1"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			tt.config["url"] = "https://example.com"
			in, problems := action(t).Input.Decode(tt.config)
			if len(problems) != 0 {
				t.Fatal(problems)
			}
			if got := action(t).Repeatable(in); got != tt.want {
				t.Errorf("repeatable = %t, want %t", got, tt.want)
			}
		})
	}
}

func TestBodyTarget(t *testing.T) {
	field, ok := action(t).Input.Lookup("body")
	if !ok {
		t.Fatal("there is no field body")
	}
	for name, tt := range map[string]struct {
		config map[string]any
		want   template.Target
	}{
		"JSONText":   {map[string]any{"body": `{"a": "{{x}}"}`}, template.TargetJSON},
		"JSONNamed":  {map[string]any{"body": `{"a": "{{x}}"}`, "body_type": "json"}, template.TargetJSON},
		"JSONObject": {map[string]any{"body": map[string]any{"a": "{{x}}"}}, template.TargetText},
		"Text":       {map[string]any{"body": "{{x}}", "body_type": "text"}, template.TargetText},
		"Form":       {map[string]any{"body": map[string]any{"a": "{{x}}"}, "body_type": "form"}, template.TargetText},
	} {
		t.Run(name, func(t *testing.T) {
			if got := field.Target(tt.config); got != tt.want {
				t.Errorf("target = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestQueryOfAddressIsKept(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RequestURI }))
	t.Cleanup(server.Close)
	_, err := run(t, map[string]any{
		"url":   server.URL + "/a%2Fb?z=1&a=%20&a=2#part",
		"query": map[string]any{"n": json.Number("1.50"), "on": true, "none": nil, "q": "ü&"},
	}, func(http.ResponseWriter, *http.Request) {})
	if err != nil {
		t.Fatal(err)
	}
	if want := "/a%2Fb?z=1&a=%20&a=2&n=1.50&on=true&q=%C3%BC%26"; got != want {
		t.Errorf("target = %s, want %s", got, want)
	}
}
