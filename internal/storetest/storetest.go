// Package storetest says in tests what the repository interfaces promise, so that
// every implementation keeps the same promises: what runs on the embedded store
// runs on DynamoDB. It looks at the stores only through the interfaces.
//
// Ids in these tests grow with the age of things, as those of package id do; an
// implementation may list by id or by time.
package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/agent"
	"switchboard/internal/apikey"
	"switchboard/internal/approval"
	"switchboard/internal/asl"
	"switchboard/internal/audit"
	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/member"
	"switchboard/internal/oauth"
	"switchboard/internal/page"
	"switchboard/internal/task"
	"switchboard/internal/usage"
	"switchboard/internal/value"
	"switchboard/internal/vault"
	"switchboard/internal/workflow"
)

// Stores is one set of repositories on the same data.
type Stores struct {
	Agents      agent.Repository
	Credentials credential.Repository
	Workflows   workflow.Repository
	Executions  execution.Repository
	Records     task.Records
	Approvals   approval.Repository
	Pending     oauth.Repository
	APIKeys     apikey.Repository
	Members     member.Repository
	Audit       audit.Repository
	Counts      audit.Counter
	Usage       usage.Repository
	Misses      workflow.Misses
	// Advance moves the clock of the stores; where it is nil, nothing is tested that
	// takes 30 days.
	Advance func(time.Duration)
}

// Run tests the stores that open gives: empty ones, each time it is called. What
// has to be closed, open closes in t.Cleanup.
func Run(t *testing.T, open func(t testing.TB) Stores) {
	suites := []struct {
		name string
		run  func(*testing.T, func(testing.TB) Stores)
	}{
		{"Agents", testAgents},
		{"Credentials", testCredentials},
		{"Links", testLinks},
		{"Conditions", testConditions},
		{"Grants", testGrants},
		{"Pending", testPending},
		{"Workflows", testWorkflows},
		{"Versions", testVersions},
		{"Executions", testExecutions},
		{"Awaited", testAwaited},
		{"History", testHistory},
		{"Records", testRecords},
		{"Approvals", testApprovals},
		{"Values", testValues},
		{"APIKeys", testAPIKeys},
		{"Members", testMembers},
		{"Audit", testAudit},
		{"Counts", testCounts},
		{"Renewals", testRenewals},
		{"Openings", testOpenings},
		{"AwaitedOpenings", testAwaitedOpenings},
		{"Usage", testUsage},
		{"Misses", testMisses},
		{"Paging", testPaging},
		{"Tenants", testTenants},
		{"Concurrency", testConcurrency},
		{"Context", testContext},
	}
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) { s.run(t, open) })
	}
}

const (
	account = "acc_1"
	// stranger is another account; the first one's name is the beginning of its name,
	// to find stores that compare keys by prefix only.
	stranger = "acc_12"
)

// epoch is when everything in the tests begins. It has digits down to the
// nanosecond, which must not get lost.
var epoch = time.Date(2026, 2, 3, 4, 5, 6, 789_012_345, time.UTC)

// at is n minutes later.
func at(n int) time.Time { return epoch.Add(time.Duration(n) * time.Minute) }

// idOf is the n-th id of a kind.
func idOf(prefix string, n int) string { return fmt.Sprintf("%s_%04d", prefix, n) }

func anAgent(n int) agent.Agent {
	return agent.Agent{
		ID: idOf("agt", n), Account: account, Name: fmt.Sprintf("Agent %d", n), Description: "Sorts <mail> & more: äöü",
		CreatedAt: at(n), UpdatedAt: at(n),
	}
}

func aCredential(n int) credential.Credential {
	return credential.Credential{
		ID: idOf("cred", n), Account: account, Type: "slack_bot_token", Name: fmt.Sprintf("Slack %d", n), Hint: "4f2a",
		CreatedAt: at(n), UpdatedAt: at(n), VerifiedAt: at(n + 1), Revision: 1,
	}
}

// aSealed differs from one n to the next, and holds bytes that are no text.
func aSealed(n int) vault.Sealed {
	return vault.Sealed{
		Format: 1, WrappedKey: []byte{0, 0xff, byte(n)}, Nonce: []byte{byte(n), 0, 0xfe}, Ciphertext: []byte{0x80, byte(n), 0}, KeyID: fmt.Sprint("key ", n),
	}
}

func aWorkflow(n int) workflow.Workflow {
	return workflow.Workflow{
		ID: idOf("wf", n), Account: account, Agent: idOf("agt", 1), Name: fmt.Sprintf("Workflow %d", n), Trigger: "webhook",
		Document: asGiven(n), Revision: 1, CreatedAt: at(n), UpdatedAt: at(n),
	}
}

// asGiven is a document whose spaces, order and characters must come back as they are.
func asGiven(n int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf("{ \"b\": \"<%d> & \\u00e4 ü\",\n\t\"a\" : 1.0 }", n))
}

func aVersion(number int) workflow.Version {
	inputs := []*value.Plan{nil, {}, {Reads: []string{"/body/a"}, Carries: []string{"/body", "/headers"}, Room: 100 << 10}}
	return workflow.Version{
		Account: account, Workflow: idOf("wf", 1), Number: number, Document: asGiven(number),
		Definition: json.RawMessage(fmt.Sprintf(`{"Comment": "{%% $a < %d & true %%}"}`, number)),
		SourceMap:  json.RawMessage(`{"States": { } }`), Credentials: []string{"cred_2", "cred_1"},
		Express: number%2 == 1, Input: inputs[number%len(inputs)], PublishedAt: at(number), PublishedBy: "owner",
	}
}

func anExecution(n int) execution.Execution {
	return execution.Execution{
		ID: idOf("exe", n), Account: account, Agent: idOf("agt", 1), Workflow: idOf("wf", 1), Version: 3, Published: at(0),
		Status: execution.Running, StartedAt: at(n), StartedBy: "key:k1", Trigger: "manual", Input: asGiven(n),
		Parent: &execution.Parent{Execution: "exe_parent", Node: "call", Iteration: "0.1", Depth: 2, TaskToken: "task #1"},
	}
}

func ended(x execution.Execution, status execution.Status) execution.Execution {
	x.Status, x.StoppedAt, x.Output = status, x.StartedAt.Add(time.Second), json.RawMessage(`{"ok": true}`)
	if status == execution.Failed {
		x.Output = nil
		x.Error = &execution.Error{Name: "Connector.AuthFailed", Message: "No <entry>.", Hint: "Renew it.", Node: "notify"}
	}
	return x
}

func anEvent(n int) asl.Event {
	return asl.Event{
		Kind: asl.TaskSucceeded, At: at(n), Frame: "/3.1", Step: n, State: "Notify", Attempt: 2, Input: asGiven(n),
		Output: json.RawMessage(`{ "x":"<" }`), Assigned: json.RawMessage(`{"v": [1, "&"]}`), Error: "E", Cause: "C", Until: at(n + 1), Next: "End",
	}
}

func aKey(node string) task.Key {
	return task.Key{Account: account, Execution: idOf("exe", 1), Node: node, Iteration: "0.12"}
}

func aRecord(state task.RecordState) task.Record {
	return task.Record{State: state, Input: asGiven(1), StartedAt: at(1)}
}

// must ends the test where preparing it fails.
func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatalf("preparing: %v", err)
		}
	}
}

func start(t testing.TB, s Stores, x execution.Execution) {
	t.Helper()
	_, created, err := s.Executions.StartExecution(t.Context(), x)
	if err != nil || !created {
		t.Fatalf("starting %s: created %v, %v", x.ID, created, err)
	}
}

func publish(t testing.TB, s Stores, v workflow.Version, hookSecret string) {
	t.Helper()
	must(t, s.Workflows.Publish(t.Context(), v, hookSecret))
}

// wholeBytes compares bytes at once. Looked at one by one, as cmp does, the 16 MiB of
// the largest value take minutes under the race detector.
var wholeBytes = cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) })

// want checks that reading gave exactly this.
func want[T any](t testing.TB, wanted, got T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("error: %v", err)
		return
	}
	if diff := cmp.Diff(wanted, got, wholeBytes); diff != "" {
		t.Errorf("stored and read differ (-want +got):\n%s", diff)
	}
}

// wantFault checks for an error of this code, with a message for the user.
func wantFault(t testing.TB, code fault.Code, err error) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Errorf("error %v, want a fault %s", err, code)
		return
	}
	if f.Code != code || f.Message == "" {
		t.Errorf("fault %s with message %q, want %s with one", f.Code, f.Message, code)
	}
}

// all walks a list to its end in pages of a size. It checks what pages promise.
func all[T any](t testing.TB, size int, list func(page.Query) (page.Of[T], error)) []T {
	t.Helper()
	var items []T
	for q := (page.Query{Limit: size}); ; {
		p, err := list(q)
		if err != nil {
			t.Errorf("listing in pages of %d: %v", size, err)
			return items
		}
		items = append(items, p.Items...)
		if p.Next == "" {
			return items
		}
		if len(p.Items) != q.Size() {
			t.Errorf("a page that is not the last has %d items, not %d", len(p.Items), q.Size())
			return items
		}
		q.Cursor = p.Next
	}
}

// testContext asks for everything with a context that is over: nothing may be
// stored, and the answer is the one for which clients try again.
func testContext(t *testing.T, open func(testing.TB) Stores) {
	s := open(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, startErr := s.Executions.StartExecution(over, anExecution(1))
	_, _, beginErr := s.Records.Begin(over, aKey("a"), aRecord(task.Begun))
	_, readErr := s.Agents.Agent(over, account, idOf("agt", 1))
	for name, err := range map[string]error{
		"CreateAgent":    s.Agents.CreateAgent(over, anAgent(1)),
		"Agent":          readErr,
		"StartExecution": startErr,
		"Begin":          beginErr,
	} {
		t.Run("Err"+name, func(t *testing.T) {
			if f := fault.Of(err); f == nil || f.Code != fault.Unavailable {
				t.Errorf("error %v, want %s", err, fault.Unavailable)
			}
		})
	}
	if _, err := s.Agents.Agent(t.Context(), account, idOf("agt", 1)); !fault.Is(err, fault.NotFound) {
		t.Errorf("the agent was stored: %v", err)
	}
}
