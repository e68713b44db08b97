package stepfn_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"

	"switchboard/internal/fault"
	"switchboard/internal/stepfn"
	"switchboard/internal/workflow"
)

// interceptor stands between a deployer and AWS: one call goes wrong, before it has
// got there or after.
type interceptor struct {
	next  sfn.HTTPClient
	at    int  // the call that goes wrong, from 1; 0 for none
	after bool // it is carried out, and only its answer is lost
	code  string
	calls int
}

func (i *interceptor) Do(req *http.Request) (*http.Response, error) {
	i.calls++
	if i.calls != i.at {
		return i.next.Do(req)
	}
	if i.after {
		res, err := i.next.Do(req)
		if err != nil {
			return nil, err
		}
		res.Body.Close()
	}
	return respond(req, refusal{code: i.code}), nil
}

// doer is an HTTP client that is a function.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

// version makes one whose definition nobody else has.
func version(workflowID string, number int) workflow.Version {
	return workflow.Version{Account: "acc_1", Workflow: workflowID, Number: number, Definition: json.RawMessage(fmt.Sprintf(
		`{"QueryLanguage":"JSONata","StartAt":"s","States":{"s":{"Type":"Succeed","Output":{"version":%d}}}}`, number))}
}

// later is after the time in which a version without alias may be somebody's who is
// deploying right now.
func later() time.Time { return time.Now().Add(2 * time.Hour) }

func deploy(t *testing.T, client *sfn.Client, v workflow.Version, serving int) error {
	t.Helper()
	d := stepfn.NewDeployer(stepfn.DeployConfig{
		Client: client, Machines: here, Role: role, Keep: 1, Now: later, Tags: map[string]string{"stage": "test"},
	})
	return d.Deploy(t.Context(), workflow.Workflow{ID: v.Workflow, Account: v.Account, Published: serving}, v)
}

// deployed is what an operator finds of a workflow: what each alias runs, how many
// versions there are, what the machine itself says, and its tags.
func deployed(t *testing.T, client *sfn.Client, workflowID string) map[string]any {
	t.Helper()
	arn := aws.String("arn:aws:states:eu-central-1:123456789012:stateMachine:sb-acc_1-" + workflowID)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]any{}
	definition := func(arn *string) string {
		m, err := client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: arn})
		must(err)
		return aws.ToString(m.Definition) + aws.ToString(m.RoleArn)
	}
	found["machine"] = definition(arn)
	tags, err := client.ListTagsForResource(t.Context(), &sfn.ListTagsForResourceInput{ResourceArn: arn})
	must(err)
	for _, tag := range tags.Tags {
		found["tag "+aws.ToString(tag.Key)] = strings.ReplaceAll(aws.ToString(tag.Value), workflowID, "ID")
	}
	for in := (&sfn.ListStateMachineAliasesInput{StateMachineArn: arn}); ; {
		out, err := client.ListStateMachineAliases(t.Context(), in)
		must(err)
		for _, a := range out.StateMachineAliases {
			d, err := client.DescribeStateMachineAlias(t.Context(), &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: a.StateMachineAliasArn})
			must(err)
			name := aws.ToString(a.StateMachineAliasArn)
			found["alias "+name[strings.LastIndexByte(name, ':')+1:]] = definition(d.RoutingConfiguration[0].StateMachineVersionArn)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	versions := 0
	for in := (&sfn.ListStateMachineVersionsInput{StateMachineArn: arn}); ; {
		out, err := client.ListStateMachineVersions(t.Context(), in)
		must(err)
		versions += len(out.StateMachineVersions)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	found["versions"] = versions
	return found
}

func TestDeploy(t *testing.T) {
	t.Run("Fake", func(t *testing.T) { testDeploy(t, newControl(), "http://sfn.test") })
	t.Run("Moto", func(t *testing.T) { testDeploy(t, http.DefaultClient, startMoto(t)) })
}

func testDeploy(t *testing.T, next sfn.HTTPClient, address string) {
	plain := newClient(address, func(o *sfn.Options) { o.HTTPClient = next })
	// three publishes three versions one after another, and has one call of the last
	// of them, or of the first, go wrong.
	three := func(t *testing.T, id string, broken int, i *interceptor) (calls int) {
		t.Helper()
		for number := 1; number <= 3; number++ {
			client := plain
			if number == broken {
				i.next = next
				client = newClient(address, func(o *sfn.Options) { o.HTTPClient = i })
			}
			err := deploy(t, client, version(id, number), number-1)
			if number == broken {
				calls = i.calls
				if i.at > 0 && err == nil && i.code != "ThrottlingException" && i.code != "ConflictException" {
					t.Fatalf("call %d went wrong, and nobody noticed", i.at)
				}
				if err != nil {
					wantServing(t, plain, id, number-1)
					err = deploy(t, plain, version(id, number), number-1)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return calls
	}

	calls := map[int]int{1: three(t, "wf_first", 1, &interceptor{}), 3: three(t, "wf_third", 3, &interceptor{})}
	want := deployed(t, plain, "wf_third")
	t.Run("OK", func(t *testing.T) {
		v2, v3 := version("wf_third", 2), version("wf_third", 3)
		expected := map[string]any{
			"machine": string(v3.Definition) + role, "versions": 2,
			"alias " + aliasOf(v2): string(v2.Definition) + role, "alias " + aliasOf(v3): string(v3.Definition) + role,
			"tag switchboard:account": "acc_1", "tag switchboard:workflow": "ID", "tag stage": "test",
		}
		if diff := cmp.Diff(expected, want); diff != "" {
			t.Errorf("deployed (-want +got):\n%s", diff)
		}
	})

	for _, broken := range []int{1, 3} {
		for at := 1; at <= calls[broken]; at++ {
			for _, after := range []bool{false, true} {
				name := fmt.Sprintf("Version%d/Call%d/after=%v", broken, at, after)
				t.Run("Repairs/"+name, func(t *testing.T) {
					id := fmt.Sprintf("wf_%d_%d_%v", broken, at, after)
					three(t, id, broken, &interceptor{at: at, after: after, code: "AccessDeniedException"})
					if diff := cmp.Diff(want, deployed(t, plain, id)); diff != "" {
						t.Errorf("after a repair, other than undisturbed (-want +got):\n%s", diff)
					}
				})
			}
			for _, code := range []string{"ThrottlingException", "ConflictException"} {
				t.Run(fmt.Sprintf("Rides%s/Version%d/Call%d", code, broken, at), func(t *testing.T) {
					id := fmt.Sprintf("wf_%d_%d_%s", broken, at, code)
					three(t, id, broken, &interceptor{at: at, code: code})
					if diff := cmp.Diff(want, deployed(t, plain, id)); diff != "" {
						t.Errorf("other than undisturbed (-want +got):\n%s", diff)
					}
				})
			}
		}
	}

	t.Run("Trials", func(t *testing.T) {
		// They leave the versions alone, and the oldest of them go.
		for number := 1; number <= 2; number++ {
			if err := deploy(t, plain, version("wf_trials", number), number-1); err != nil {
				t.Fatal(err)
			}
		}
		expected := map[string]bool{}
		for n := range 12 {
			v := version("wf_trials", workflow.FirstTrial+n)
			if err := deploy(t, plain, v, 2); err != nil {
				t.Fatal(err)
			}
			if n >= 2 {
				expected["alias "+aliasOf(v)] = true
			}
		}
		expected["alias "+aliasOf(version("wf_trials", 2))] = true
		got := map[string]bool{}
		for name := range deployed(t, plain, "wf_trials") {
			if strings.HasPrefix(name, "alias ") {
				got[name] = true
			}
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("aliases (-want +got):\n%s", diff)
		}
	})

	t.Run("AtOnce", func(t *testing.T) {
		if next == http.DefaultClient {
			t.Skip("moto takes two creations with one name for the same, whatever their definitions")
		}
		// Two people publish different drafts as the same version. The store will take
		// one of them; whichever it is, its alias runs its definition.
		var both sync.WaitGroup
		drafts := []workflow.Version{version("wf_race", 1), version("wf_race", 1)}
		drafts[1].Definition = version("wf_race", 2).Definition
		errs := make([]error, len(drafts))
		for i := range drafts {
			both.Go(func() { errs[i] = deploy(t, plain, drafts[i], 0) })
		}
		both.Wait()
		found := deployed(t, plain, "wf_race")
		for i, v := range drafts {
			if errs[i] != nil {
				t.Errorf("draft %d: %v", i, errs[i])
			}
			if got := found["alias "+aliasOf(v)]; got != string(v.Definition)+role {
				t.Errorf("draft %d would run %v", i, got)
			}
		}
	})

	t.Run("PublishesAgainWhatIsTidiedAway", func(t *testing.T) {
		if next == http.DefaultClient {
			t.Skip("moto gives the deleted version when its definition is published again")
		}
		v := version("wf_tidied", 1)
		tidied := 0
		client := newClient(address, func(o *sfn.Options) {
			o.HTTPClient = doer(func(req *http.Request) (*http.Response, error) {
				if tidied == 0 && strings.HasSuffix(req.Header.Get("X-Amz-Target"), ".CreateStateMachineAlias") {
					tidied++
					_, err := plain.DeleteStateMachineVersion(t.Context(), &sfn.DeleteStateMachineVersionInput{
						StateMachineVersionArn: aws.String("arn:aws:states:eu-central-1:123456789012:stateMachine:sb-acc_1-wf_tidied:1"),
					})
					if err != nil {
						t.Error(err)
					}
				}
				return next.Do(req)
			})
		})
		if err := deploy(t, client, v, 0); err != nil {
			t.Fatal(err)
		}
		if tidied == 0 {
			t.Error("nothing was tidied away")
		}
		wantServing(t, plain, "wf_tidied", 1)
	})

	t.Run("DeploysAnOldVersionAgain", func(t *testing.T) {
		three(t, "wf_back", 0, nil)
		if err := deploy(t, plain, version("wf_back", 1), 3); err != nil {
			t.Fatal(err)
		}
		wantServing(t, plain, "wf_back", 1)
		wantServing(t, plain, "wf_back", 3)
	})

	t.Run("Delete", func(t *testing.T) {
		three(t, "wf_gone", 0, nil)
		d := stepfn.NewDeployer(stepfn.DeployConfig{Client: plain, Machines: here, Role: role, Now: later})
		for range 2 { // the second time there is nothing
			if err := d.Delete(t.Context(), workflow.Workflow{Account: "acc_1", ID: "wf_gone"}); err != nil {
				t.Fatal(err)
			}
		}
		_, err := plain.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{
			StateMachineArn: aws.String("arn:aws:states:eu-central-1:123456789012:stateMachine:sb-acc_1-wf_gone"),
		})
		if err == nil {
			t.Error("the state machine is still there")
		}
	})
}

// wantServing asserts that executions of a version can be started, and run it.
func wantServing(t *testing.T, client *sfn.Client, id string, number int) {
	t.Helper()
	if number == 0 {
		return
	}
	v := version(id, number)
	if got := deployed(t, client, id)["alias "+aliasOf(v)]; got != string(v.Definition)+role {
		t.Errorf("version %d would run %v", number, got)
	}
}

func aliasOf(v workflow.Version) string {
	return fmt.Sprintf("v%d-%x", v.Number, sha256.Sum256(v.Definition))[:len(fmt.Sprintf("v%d-", v.Number))+12]
}

func TestDeployRefuses(t *testing.T) {
	for name, v := range map[string]workflow.Version{
		"ErrAccount":  {Account: "a b", Workflow: "wf_1"},
		"ErrNobody":   {Workflow: "wf_1"},
		"ErrTooLong":  {Account: strings.Repeat("a", 80), Workflow: "wf_1"},
		"ErrWorkflow": {Account: "acc_1", Workflow: "wf-1"},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient("http://sfn.test", func(o *sfn.Options) { o.HTTPClient = answers{} })
			if err := deploy(t, client, v, 0); !fault.Is(err, fault.Internal) || fault.Of(err).Hint == "" {
				t.Errorf("err = %v, want an internal fault with a hint", err)
			}
		})
	}
	for code, want := range map[string]fault.Code{
		"ThrottlingException": fault.Unavailable, "ConflictException": fault.Conflict, "StateMachineDeleting": fault.Conflict,
		"StateMachineLimitExceeded": fault.Unavailable, "InvalidDefinition": fault.Internal, "AccessDeniedException": fault.Internal,
	} {
		t.Run("Err"+code, func(t *testing.T) {
			calls := 0
			client := newClient("http://sfn.test", func(o *sfn.Options) {
				o.HTTPClient = answers{"UpdateStateMachine": func(map[string]any) any { calls++; return refusal{code: code} }}
			})
			err := deploy(t, client, version("wf_1", 1), 0)
			if f := fault.Of(err); f.Code != want || f.Hint == "" || strings.Contains(f.Message+f.Hint, "said by") {
				t.Errorf("err = %v (hint %q), want %s with a hint", err, f.Hint, want)
			}
			if again := calls > 1; again != (code == "ThrottlingException" || code == "ConflictException") {
				t.Errorf("%d calls", calls)
			}
		})
	}
}
