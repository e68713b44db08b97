package curl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector/connectortest"
	httpconnector "switchboard/internal/connector/http"
	"switchboard/internal/connector/http/curl"
	"switchboard/internal/fault"
	"switchboard/internal/template"
)

// request is what a service can tell requests apart by.
type request struct {
	Method, Path string
	Query        url.Values
	Header       map[string]string
	Body         any
}

// compared are headers whose values both clients leave to the command.
var compared = []string{"Accept", "X-A", "X-Empty", "Referer", "User-Agent", "Range"}

func readRequest(t *testing.T, r *http.Request) request {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	got := request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Header: map[string]string{}, Body: string(body)}
	for _, name := range compared {
		value := r.Header.Get(name)
		if value != "" && value != "*/*" && !strings.HasPrefix(value, "curl/") && !strings.HasPrefix(value, "Switchboard/") {
			got.Header[name] = value
		}
	}
	media, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if len(body) > 0 && media != "multipart/form-data" {
		got.Header["Content-Type"] = media
	}
	switch media {
	case "application/json":
		var value any
		if err := json.Unmarshal(body, &value); err == nil {
			got.Body = value
		}
	case "application/x-www-form-urlencoded":
		if values, err := url.ParseQuery(string(body)); err == nil {
			got.Body = values
		}
	case "multipart/form-data":
		got.Body = readParts(t, multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	}
	return got
}

func readParts(t *testing.T, reader *multipart.Reader) []string {
	t.Helper()
	var parts []string
	for {
		p, err := reader.NextPart()
		if err != nil {
			slices.Sort(parts) // ours come by name
			return parts
		}
		content, err := io.ReadAll(p)
		if err != nil {
			t.Error(err)
		}
		parts = append(parts, strings.Join([]string{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(content)}, " | "))
	}
}

// TestAsCurlItself runs commands with curl, and then what they were imported as
// with the connector: a service must not see a difference.
func TestAsCurlItself(t *testing.T) {
	program, err := exec.LookPath("curl")
	if err != nil {
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatal(err)
		}
		t.Skip("curl is not installed")
	}
	commands := map[string]string{
		"Get":           `curl URL/a/b?c=d`,
		"Delete":        `curl -sX DELETE URL/a`,
		"Put":           `curl -X PUT -d a=1 URL/a`,
		"Head":          `curl -I URL/a`,
		"GetWithBody":   `curl -X GET -d a=1 URL/a`,
		"Headers":       `curl -H 'X-A: b' -H 'Accept: text/csv' URL/a`,
		"HeaderRemoved": `curl -H 'Accept:' URL/a`,
		"AgentReferer":  `curl -A me/1 -e http://ref.example URL/a`,
		"Range":         `curl -r 0-99 URL/a`,
		"Form":          `curl -d 'a=1&b=x%20y' -d a=2 URL/a`,
		"FormPlus":      `curl -d 'a=1+2%2B3' URL/a`,
		"FormEmpty":     `curl -d 'a=' URL/a`,
		"NoForm":        `curl -d 'just text' URL/a`,
		"NoFormPercent": `curl -d 'a=100%' URL/a`,
		"Encode":        `curl --data-urlencode 'a=ü&= +' --data-urlencode 'b c=d' --data-urlencode '=x&y' URL/a`,
		"EncodeGet":     `curl -G --data-urlencode 'q=a b&c' -d n=1 'URL/a?z=1'`,
		"GetTwice":      `curl -G -d a=1 -d a=2 -d b URL/a`,
		"JSON":          `curl --json '{"a": [1, 2.50, null, "ü{{x}}"]}' URL/a`,
		"JSONTwice":     `curl --json '{"a":' --json '1}' URL/a`,
		"JSONHeader":    `curl -H 'Content-Type: application/json' -d '"text"' URL/a`,
		"JSONNull":      `curl -H 'Content-Type: application/json' -d 'null' URL/a`,
		"JSONBroken":    `curl -H 'Content-Type: application/json' -d '{"a":' URL/a`,
		"Raw":           `curl -H 'Content-Type: text/plain' --data-raw '@a' URL/a`,
		"Binary":        `curl -H 'Content-Type: text/plain' --data-binary $'a\nb\t\x41' URL/a`,
		"Multipart":     `curl -F a=1 -F 'b="x;type=y"' -F 'c={"d":1};type=application/json' -F 'e=x;filename=f.txt;type=text/csv' URL/a`,
		"FormString":    `curl --form-string 'a=@b;type=c' --form-string 'a=<d' URL/a`,
		"Quotes":        `curl -H "X-A: a\"b\\c'd\$e" URL/a`,
		"Escapes":       `curl -H X-A:\ a\ b\'c URL/a`,
		"PathEscapes":   `curl 'URL/a%2Fb/c+d;e?e=f%26g&h=%20+'`,
		"Fragment":      `curl 'URL/a#b'`,
		"URLOption":     `curl --url URL/a`,
		"DoubleDash":    `curl -- URL/a`,
		"Upload":        `curl -X PUT -H 'Content-Type: application/json' -d '{}' URL/a`,
	}
	for name, command := range commands {
		t.Run(name, func(t *testing.T) {
			var requests []request
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { requests = append(requests, readRequest(t, r)) }))
			t.Cleanup(server.Close)
			command := strings.ReplaceAll(command, "URL", server.URL)
			shell := exec.CommandContext(t.Context(), "bash", "-c", strings.Replace(command, "curl ", program+" --noproxy '*' -gsS ", 1))
			if output, err := shell.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			imported, err := curl.Read(command)
			if err != nil {
				t.Fatal(fault.Of(err).Fields)
			}
			send(t.Context(), t, imported)
			if len(requests) != 2 {
				t.Fatalf("%d requests came", len(requests))
			}
			if diff := cmp.Diff(requests[0], requests[1]); diff != "" {
				t.Errorf("the import %v sends something else than curl (-curl +import):\n%s", imported.Config, diff)
			}
		})
	}
}

// send runs the node that a command was imported as.
func send(ctx context.Context, t *testing.T, imported curl.Import) {
	t.Helper()
	value, problems := template.ParseValue(maps.Clone(imported.Config))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	config, err := value.Render(template.Vars{}, func(string) template.Target { return template.TargetText })
	if err != nil {
		t.Fatal(err)
	}
	con := httpconnector.New()
	action, _ := con.Action("request")
	call, _ := connectortest.Call(t, con, connectortest.Setup{Action: "request", Config: config.(map[string]any)})
	if _, err := action.Run(ctx, call); err != nil {
		t.Fatal(err)
	}
}
