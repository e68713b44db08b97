package curl_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	httpconnector "switchboard/internal/connector/http"
	"switchboard/internal/connector/http/curl"
	"switchboard/internal/fault"
	"switchboard/internal/template"
)

// fits fails the test where the config does not fit the connector, or fills something in.
func fits(t testing.TB, got curl.Import) {
	t.Helper()
	con := httpconnector.New()
	node := curl.NodeType
	action, ok := con.Action(strings.TrimPrefix(node, con.Name+"."))
	if !ok {
		t.Fatalf("there is no node type %s", curl.NodeType)
	}
	value, problems := template.ParseValue(got.Config)
	if len(problems) > 0 || len(value.Refs()) > 0 {
		t.Fatalf("the config holds templates: %v %v", problems, value.Refs())
	}
	rendered, err := value.Render(template.Vars{}, func(string) template.Target { return template.TargetText })
	if err != nil {
		t.Fatal(err)
	}
	config, ok := rendered.(map[string]any)
	if !ok {
		t.Fatal("the config is no object")
	}
	if _, problems := action.Input.Decode(config); len(problems) > 0 {
		t.Fatalf("the config %v does not fit the connector: %+v", got.Config, problems)
	}
	if got.Credential == nil {
		return
	}
	credentialType, ok := con.CredentialType(got.Credential.Type)
	if !ok {
		t.Fatalf("the connector takes no credential of type %s", got.Credential.Type)
	}
	for name := range got.Credential.Data {
		if _, ok := credentialType.Fields.Lookup(name); !ok {
			t.Errorf("%s has no field %s", credentialType.Name, name)
		}
	}
}

func TestRead(t *testing.T) {
	const u = "https://api.example.com/v1/orders"
	type config = map[string]any
	tests := map[string]struct {
		command string
		want    config
	}{
		"Get":            {"curl " + u, config{"method": "GET", "url": u}},
		"Prompt":         {"$ curl " + u, config{"method": "GET", "url": u}},
		"Delete":         {"curl -X DELETE " + u, config{"method": "DELETE", "url": u}},
		"AttachedMethod": {"curl -sSLXPUT " + u, config{"method": "PUT", "url": u}},
		"Head":           {"curl -I " + u, config{"method": "HEAD", "url": u}},
		"Headers":        {`curl -H 'Accept: text/csv' --header "X-A: 'b'" ` + u, config{"method": "GET", "url": u, "headers": config{"Accept": "text/csv", "X-A": "'b'"}}},
		"AgentReferer":   {`curl -A 'Me/1' -e https://ref.example ` + u, config{"method": "GET", "url": u, "headers": config{"User-Agent": "Me/1", "Referer": "https://ref.example"}}},
		"JSON": {`curl ` + u + ` -H "Content-Type: application/json" -d '{"id": 9007199254740993, "t": "a {{b}}"}'`,
			config{"method": "POST", "url": u, "body_type": "json", "body": config{"id": json.Number("9007199254740993"), "t": `a \{{b}}`}}},
		"JSONFlag": {`curl --json '[1]' ` + u, config{"method": "POST", "url": u, "headers": config{"Accept": "application/json"}, "body_type": "json", "body": []any{json.Number("1")}}},
		"JSONText": {`curl -H 'content-type: application/json' -d '"a"' ` + u, config{"method": "POST", "url": u, "body_type": "json", "body": `"a"`}},
		"JSONVendor": {`curl -H 'Content-Type: application/vnd.api+json' -d '{}' ` + u,
			config{"method": "POST", "url": u, "headers": config{"Content-Type": "application/vnd.api+json"}, "body_type": "json", "body": config{}}},
		"Form":       {`curl -d a=1 -d 'b=x%20y&a=2' ` + u, config{"method": "POST", "url": u, "body_type": "form", "body": config{"a": []any{"1", "2"}, "b": "x y"}}},
		"FormEncode": {`curl --data-urlencode 'q=a&b=c' --data-urlencode 'r=ü' ` + u, config{"method": "POST", "url": u, "body_type": "form", "body": config{"q": "a&b=c", "r": "ü"}}},
		"Raw":        {`curl --data-raw '@x' -H 'Content-Type: text/csv' ` + u, config{"method": "POST", "url": u, "headers": config{"Content-Type": "text/csv"}, "body_type": "text", "body": "@x"}},
		"NoForm":     {`curl -d hello ` + u, config{"method": "POST", "url": u, "headers": config{"Content-Type": "application/x-www-form-urlencoded"}, "body_type": "text", "body": "hello"}},
		"Get-G":      {`curl -G -d limit=2 --data-urlencode 'q=a b' '` + u + `?z=1'`, config{"method": "GET", "url": u + "?z=1", "query": config{"limit": "2", "q": "a b"}}},
		"Multipart": {`curl -F 'a=1' -F 'f=@/tmp/x.pdf;type=application/pdf' -F 'm={"a":1};type=application/json' --form-string 's=@;type=x' ` + u,
			config{"method": "POST", "url": u, "body_type": "multipart", "body": config{
				"a": "1", "s": "@;type=x", "m": config{"text": `{"a":1}`, "content_type": "application/json"},
				"f": config{"filename": "x.pdf", "content_type": "application/pdf", "content_base64": ""},
			}}},
		"Continuation": {"curl \\\n  -X POST \\\r\n  " + u, config{"method": "POST", "url": u}},
		"ANSIQuotes":   {`curl --data-raw $'it\'s\n\u00e9 {{x}}' -H 'Content-Type: text/plain' ` + u, config{"method": "POST", "url": u, "headers": config{"Content-Type": "text/plain"}, "body_type": "text", "body": "it's\né \\{{x}}"}},
		"Adjacent":     {`curl "https://api.example.com"/v1'/orders'`, config{"method": "GET", "url": u}},
		"Compressed":   {`curl --compressed -H 'Accept-Encoding: gzip' -H ':authority: x' -H 'Content-Length: 3' ` + u, config{"method": "GET", "url": u}},
		"Windows": {"curl -X POST ^\n  -H \"Content-Type: application/json\" ^\r\n  -d \"{\\\"a\\\": \\\"b^^c\\\"}\" " + u,
			config{"method": "POST", "url": u, "body_type": "json", "body": config{"a": "b^c"}}},
		"WindowsChrome": {"curl ^\"" + u + "?a=1^&b=^%^20^\" ^\n  -H ^\"accept: */*^\" ^\n  --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"1 ^& 2^\\^\"^}^\" ^\n  -H ^\"content-type: application/json^\"",
			config{"method": "POST", "url": u + "?a=1&b=%20", "headers": config{"accept": "*/*"}, "body_type": "json", "body": config{"a": "1 & 2"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := curl.Read(tt.command)
			if err != nil {
				t.Fatal(fault.Of(err).Fields)
			}
			if diff := cmp.Diff(tt.want, got.Config); diff != "" {
				t.Error(diff)
			}
			fits(t, got)
		})
	}
}

// canary stands for a secret; it has characters that shells and URLs care about.
const canary = "c4n4ry-S3cr3t.Value~9"

func TestSecretsStayOut(t *testing.T) {
	const u = "https://api.example.com/v1/orders"
	tests := map[string]struct {
		command        string
		credentialType string
		data           map[string]any
	}{
		"Bearer":        {`curl -H "Authorization: Bearer ` + canary + `" ` + u, "http_bearer", nil},
		"BearerFlag":    {`curl --oauth2-bearer ` + canary + ` ` + u, "http_bearer", nil},
		"User":          {`curl -u ` + canary + `: ` + u, "http_basic", nil},
		"UserAttached":  {`curl -u` + canary + `:x ` + u, "http_basic", nil},
		"BasicHeader":   {`curl -H 'authorization: Basic ` + canary + `' ` + u, "http_basic", nil},
		"UserInfo":      {`curl https://ada:` + canary + `@api.example.com/`, "http_basic", nil},
		"OtherScheme":   {`curl -H 'Authorization: Token ` + canary + `' ` + u, "http_header", map[string]any{"name": "Authorization"}},
		"APIKey":        {`curl -H 'X-API-Key: ` + canary + `' ` + u, "http_header", map[string]any{"name": "X-API-Key"}},
		"PrivateToken":  {`curl -H 'PRIVATE-TOKEN: ` + canary + `' ` + u, "http_header", map[string]any{"name": "PRIVATE-TOKEN"}},
		"Cookies":       {`curl -b 'session=` + canary + `' ` + u, "http_header", map[string]any{"name": "Cookie"}},
		"CookieHeader":  {`curl -H 'Cookie: a=` + canary + `' ` + u, "http_header", map[string]any{"name": "Cookie"}},
		"Query":         {`curl '` + u + `?a=1&api_key=` + canary + `'`, "http_query", map[string]any{"name": "api_key"}},
		"QueryOfData":   {`curl -G -d access_token=` + canary + ` ` + u, "http_query", map[string]any{"name": "access_token"}},
		"Several":       {`curl -H 'X-Api-Key: ` + canary + `' -u a:` + canary + ` -b 's=` + canary + `' '` + u + `?token=` + canary + `'`, "http_basic", nil},
		"ProxyUser":     {`curl -U a:` + canary + ` --proxy-header 'X: ` + canary + `' -H 'Proxy-Authorization: Basic ` + canary + `' ` + u, "", nil},
		"ClientCert":    {`curl --cert x.pem:` + canary + ` --pass ` + canary + ` ` + u, "", nil},
		"Windows":       {"curl ^\"" + u + "^\" ^\n -H ^\"Authorization: Bearer " + canary + "^\"", "http_bearer", nil},
		"SecondCommand": {`curl ` + u + ` && curl -u a:` + canary + ` ` + u, "", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := curl.Read(tt.command)
			if err != nil {
				t.Fatal(fault.Of(err).Fields)
			}
			fits(t, got)
			if all := fmt.Sprint(got.Config, got.Warnings, got.Credential); strings.Contains(all, "c4n4ry") {
				t.Errorf("the secret is in the import: %s", all)
			}
			if tt.credentialType == "" {
				if got.Credential != nil {
					t.Errorf("credential = %+v, want none", got.Credential)
				}
				return
			}
			if got.Credential == nil || got.Credential.Type != tt.credentialType {
				t.Fatalf("credential = %+v, want %s", got.Credential, tt.credentialType)
			}
			if diff := cmp.Diff(tt.data, got.Credential.Data); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNoSecretWhereNoneIs(t *testing.T) {
	got, err := curl.Read(`curl -H 'Idempotency-Key: o-1' -H 'X-Request-Id: 7' 'https://api.example.com/?page_token=x&max_tokens=5&author=ada' --json '{"max_tokens": 5}'`)
	if err != nil {
		t.Fatal(err)
	}
	if got.Credential != nil || len(got.Warnings) > 0 {
		t.Errorf("credential = %+v, warnings = %v", got.Credential, got.Warnings)
	}
}

func TestWarnings(t *testing.T) {
	const u = " https://api.example.com/"
	for name, tt := range map[string]struct{ command, words string }{
		"Insecure":      {"curl -k" + u, "certificate"},
		"DataFile":      {"curl -d @body.json" + u, "file"},
		"FormFile":      {"curl -F f=@a.txt" + u, "file"},
		"UploadFile":    {"curl -T a.txt" + u, "file"},
		"HeaderFile":    {"curl -H @h.txt" + u, "headers from a file"},
		"CookieFile":    {"curl -b jar.txt" + u, "cookies from a file"},
		"Variable":      {`curl -H "X-Tenant: $TENANT"` + u, "shell variable"},
		"Pipe":          {"curl" + u + " | jq .", "first curl command"},
		"Several":       {"curl" + u + u, "several addresses"},
		"Next":          {"curl" + u + " --next -d x" + u, "--next"},
		"Proxy":         {"curl -x http://proxy:8080" + u, "--proxy"},
		"Digest":        {"curl --digest -u a:b" + u, "--digest"},
		"NoScheme":      {"curl api.example.com/x", "scheme"},
		"Globs":         {"curl 'https://api.example.com/{a,b}'", "several requests"},
		"LooksLikeJSON": {`curl -d '{"a":1}'` + u, "JSON"},
		"BodySecret":    {`curl -d 'client_secret=x&a=b'` + u, "secret"},
		"HostHeader":    {"curl -H 'Host: b.example'" + u, "Host"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := curl.Read(tt.command)
			if err != nil {
				t.Fatal(fault.Of(err).Fields)
			}
			fits(t, got)
			if all := fmt.Sprint(got.Warnings); !strings.Contains(all, tt.words) {
				t.Errorf("warnings = %s, want %q", all, tt.words)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	for command, want := range map[string]int{"-m 2.5": 3, "--max-time 9999": 600, "-m x": 0, "-m -1": 0, "-m NaN": 0} {
		got, err := curl.Read("curl " + command + " https://api.example.com")
		if err != nil || got.TimeoutSeconds != want {
			t.Errorf("%s: timeout = %d, error = %v, want %d", command, got.TimeoutSeconds, err, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, command := range map[string]string{
		"ErrEmpty":           " \n",
		"ErrNotCurl":         "wget https://" + canary,
		"ErrNoAddress":       "curl -X POST",
		"ErrOpenQuote":       "curl 'https://" + canary,
		"ErrOpenQuoteWin":    "curl ^\"https://a.example^\" ^\n -H \"" + canary,
		"ErrSubstitution":    "curl https://a.example/$(cat " + canary + ")",
		"ErrBackticks":       "curl https://a.example/`cat " + canary + "`",
		"ErrArithmetic":      "curl https://a.example/$((1+1))",
		"ErrScheme":          "curl ftp://" + canary + ".example",
		"ErrNoHost":          "curl https:///" + canary,
		"ErrMethod":          "curl -X " + canary + " https://a.example",
		"ErrUnknownOption":   "curl --" + canary + " https://a.example",
		"ErrUnknownLetter":   "curl -W" + canary + " https://a.example",
		"ErrNoValue":         "curl https://a.example -H",
		"ErrHeader":          "curl -H 'a b: " + canary + "' https://a.example",
		"ErrHeaderLineBreak": "curl -H $'a: b\\nX: " + canary + "' https://a.example",
		"ErrLong":            "curl https://a.example -d " + strings.Repeat("x", curl.MaxCommand),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := curl.Read(command)
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != fault.ValidationFailed || len(f.Fields) != 1 || f.Fields[0].Pointer != "/curl" || f.Fields[0].Message == "" || f.Fields[0].Hint == "" {
				t.Fatalf("import = %+v, error = %+v", got, err)
			}
			if strings.Contains(fmt.Sprintf("%+v %v", f, f.Error()), canary) {
				t.Errorf("the error quotes the command: %+v", f)
			}
		})
	}
}
