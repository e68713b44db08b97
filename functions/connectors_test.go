package functions_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"switchboard/internal/catalog"
	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/lambdahost"
	"switchboard/internal/task"
)

var update = flag.Bool("update", false, "write the mains and the events of connectors")

// unlike are the connectors' actions without an event, and why; by connector and action.
var unlike = map[string]string{
	"jira/transition_issue": "it looks up the issue's transitions first",
	"notion/query_database": "it looks up the database first",
	"mqtt/subscribe_once":   "nobody publishes while it waits",
}

// otherwise are examples that stand alone where the first does not.
var otherwise = map[string]int{"notion/create_page": 1}

// credentials are data of types whose fields do not say enough to make some up.
var credentials = map[string]map[string]any{
	"mqtt":            {"broker_url": "mqtt://broker.example.com"},
	"slack_bot_token": {"token": slackToken},
	"smtp":            {"host": "mail.example.com", "port": 25, "security": "none", "from": "alerts@example.com"},
	"telegram_bot":    {"token": "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_"},
	"teams_webhook":   {"url": "https://prod-1.westeurope.logic.azure.com/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"},
}

func offered(t *testing.T) []connector.Connector {
	t.Helper()
	c, err := catalog.New()
	if err != nil {
		t.Fatal(err)
	}
	return c.All()
}

// exampleOf is the action's example that its event is made of; false where it has none.
func exampleOf(con connector.Connector, a connector.Action) (connector.Example, bool) {
	name := con.Name + "/" + a.Name
	return a.Examples[otherwise[name]], unlike[name] == ""
}

// eventFor is the task that a state machine sends for an example.
func eventFor(con connector.Connector, a connector.Action, e connector.Example) ([]byte, error) {
	t := task.Task{
		Account: exampleAccount, Agent: exampleAgent, Workflow: "wf_example", Version: 1, Execution: "exe_" + con.Name, Node: a.Name,
		Action: a.Name, Config: e.Config, TimeoutSeconds: 10, Variables: map[string]any{},
	}
	if len(con.CredentialTypes) > 0 {
		name := con.CredentialTypes[0].Name
		t.Credential = &task.Credential{ID: "cred_example_" + name, Type: name}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(t)
	return b.Bytes(), err
}

// TestConnectorsAreComplete: every connector of the catalog has its function, and
// events that are made of its examples.
func TestConnectorsAreComplete(t *testing.T) {
	for _, con := range offered(t) {
		checkFile(t, filepath.Join("connectors", con.Name, "main.go"), mainOf(t, con))
		for _, a := range con.Actions {
			e, ok := exampleOf(con, a)
			if !ok {
				continue
			}
			event, err := eventFor(con, a, e)
			if err != nil {
				t.Fatal(err)
			}
			checkFile(t, filepath.Join(eventsFolder, "connectors", con.Name, a.Name+".json"), event)
		}
	}
	for _, function := range names(t) {
		if name, ok := strings.CutPrefix(function, "connectors/"); ok && !isOffered(t, name) {
			t.Errorf("functions/%s is for no connector of the catalog", function)
		}
	}
}

func isOffered(t *testing.T, name string) bool {
	t.Helper()
	for _, con := range offered(t) {
		if con.Name == name {
			return true
		}
	}
	return false
}

// checkFile holds a file that is made to what it is made from.
func checkFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text, err := os.ReadFile(path); err != nil || !bytes.Equal(text, content) {
		t.Errorf("%s is not up to date (%v); go test ./functions -run Complete -update writes it", path, err)
	}
}

// mainOf is the main of a connector's function. A connector's package may be called
// otherwise than its folder.
func mainOf(t *testing.T, con connector.Connector) []byte {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "internal", "connector", con.Name, con.Name+".go"), nil, parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, `// Command %[1]s is the Lambda function of the connector %[2]s.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/%[1]s"
)

func main() { connectors.Run(%[3]s.New()) }
`, con.Name, con.Title, file.Name.Name)
}

// testConnectors has every connector's function run the tasks that are its events,
// against a service that answers as the example says.
func testConnectors(t *testing.T, w *world) {
	sealed := map[string]bool{}
	for _, con := range offered(t) {
		if len(con.CredentialTypes) > 0 && !sealed[con.CredentialTypes[0].Name] {
			credentialType := con.CredentialTypes[0]
			data := credentials[credentialType.Name]
			if data == nil {
				data = connectortest.Data(credentialType)
			}
			w.seal(t, "cred_example_"+credentialType.Name, credentialType.Name, data)
			sealed[credentialType.Name] = true
		}
		t.Run(con.Name, func(t *testing.T) { testConnector(t, w, con) })
	}
}

func testConnector(t *testing.T, w *world, con connector.Connector) {
	// State machines that earlier events started may still call the connector's service.
	service := con.Name + "-alone"
	upstream := w.service.address(service)
	if serve := protocols[con.Name]; serve != nil {
		upstream = serve(t)
	}
	s := w.start(t, "connectors/"+con.Name, map[string]string{lambdahost.UpstreamPrefix + strings.ToUpper(con.Name): upstream})
	for _, a := range con.Actions {
		e, ok := exampleOf(con, a)
		if !ok {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			w.service.answers(service, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range e.Response.Header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(cmp.Or(e.Response.Status, http.StatusOK))
				_, _ = io.WriteString(w, e.Response.Body)
			})
			event := eventNamed(t, "connectors/"+con.Name+"/"+a.Name)
			first := w.run(t, s, event)
			checkOutput(t, first, e.Output)
			calls := len(w.service.called(service))
			if again := w.run(t, s, event); !bytes.Equal(first, again) || len(w.service.called(service)) != calls {
				t.Errorf("the retry gave %s after %d calls, the first time %s after %d", again, len(w.service.called(service)), first, calls)
			}
		})
	}
	checkLog(t, s)
}

func (w *world) run(t *testing.T, s *sandbox, event []byte) []byte {
	t.Helper()
	answer, failed, err := s.invoke(t.Context(), event, patience)
	if err != nil || failed != nil {
		t.Fatalf("failure %+v, %v", failed, err)
	}
	return answer
}

// checkOutput holds an output to the example's. What is made from the call's key, or
// from the time, only has to be there.
func checkOutput(t *testing.T, answer []byte, want map[string]any) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for name, value := range want {
		found, ok := got[name]
		made, _ := value.(string)
		if !ok || !strings.Contains(made, connectortest.Key) && !reflect.DeepEqual(found, value) {
			t.Errorf("%s = %v, want %v", name, found, value)
		}
	}
}

// protocols serve what is not HTTP, and give the address.
var protocols = map[string]func(t *testing.T) string{"smtp": serveMail, "mqtt": serveBroker}

func serveMail(t *testing.T) string {
	t.Helper()
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return mailSession{}, nil }))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }() // it ends when the server is closed
	t.Cleanup(func() { _ = server.Close() })
	return "smtp://" + listener.Addr().String()
}

// mailSession takes every mail.
type mailSession struct{}

func (mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (mailSession) Reset()                               {}
func (mailSession) Logout() error                        { return nil }
func (mailSession) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

func serveBroker(t *testing.T) string {
	t.Helper()
	server := mqtt.New(&mqtt.Options{Logger: slog.New(slog.DiscardHandler)})
	if err := server.AddHook(&openDoor{}, nil); err != nil {
		t.Fatal(err)
	}
	listener := listeners.NewTCP(listeners.Config{ID: "tcp", Address: "127.0.0.1:0"})
	if err := server.AddListener(listener); err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return "mqtt://" + listener.Address()
}

// openDoor lets everybody into a broker.
type openDoor struct{ mqtt.HookBase }

func (openDoor) Provides(hook byte) bool {
	return hook == mqtt.OnConnectAuthenticate || hook == mqtt.OnACLCheck
}
func (openDoor) OnConnectAuthenticate(*mqtt.Client, packets.Packet) bool { return true }
func (openDoor) OnACLCheck(*mqtt.Client, string, bool) bool              { return true }
