package infra_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/infra/sam"
	"switchboard/internal/lambdahost"
)

const (
	leadingKeys    = "dynamodb:LeadingKeys"
	credentialType = "kms:EncryptionContext:credential_type"
	recordKeys     = "RECORD#*"
	usageKeys      = "USAGE#*"
	webhookSecret  = "webhook_secret"
)

func allows(s sam.Statement, action string) bool {
	return s.Effect == "Allow" && slices.Contains(s.Actions, action)
}

// allowing gives the statements of a role that allow an action.
func allowing(template *sam.Template, role, action string) []sam.Statement {
	return slices.DeleteFunc(template.Role(role), func(s sam.Statement) bool { return !allows(s, action) })
}

// keyARNs are the keys that credentials may be sealed under, on their conditions.
var keyARNs = []string{"${Key.Arn}", "${SecondKey.Arn}"}

// TestKeys: whoever may use one of the keys may use the other, too, in the same way: so
// the one can take the place of the other with everything open meanwhile. What seals
// is never what is not there.
func TestKeys(t *testing.T) {
	template := deployment(t)
	for id, statements := range template.Policies() {
		for _, s := range statements {
			if slices.ContainsFunc(s.Actions, func(action string) bool { return strings.HasPrefix(action, "kms:") }) &&
				template.Resources[id].Type != "AWS::KMS::Key" && !slices.Equal(s.Resources, keyARNs) {
				t.Errorf("%s, %s: on %v, want both keys", id, s.Sid, s.Resources)
			}
		}
	}
	first, second := template.Resources["Key"], template.Resources["SecondKey"]
	if diff := cmp.Diff(first.Properties, second.Properties); diff != "" {
		t.Errorf("the first key (-) and the second one (+) differ:\n%s", diff)
	}
	sets := func(keys string) map[string]bool {
		met := map[string]bool{}
		for name, condition := range template.Conditions {
			met[name] = holds(t, template, condition, keys)
		}
		return met
	}
	for keys, want := range map[string][3]bool{ // the first is there, the second is there, the second seals
		"first": {true, false, false}, "first-second": {true, true, false}, "second-first": {true, true, true}, "second": {false, true, true},
	} {
		met := sets(keys)
		if got := [3]bool{met[first.Condition], met[second.Condition], met["SecondSeals"]}; got != want || met["IsReplacingKey"] != (want[0] && want[1]) {
			t.Errorf("Keys=%s: %v, replacing %t; want %v", keys, got, met["IsReplacingKey"], want)
		}
	}
	for name, id := range functions(t, template) {
		environment, _ := template.Resources[id].Properties["Environment"].(map[string]any)
		variables, _ := environment["Variables"].(map[string]any)
		seals := map[string]any{"Fn::If": []any{"SecondSeals", getARN("SecondKey"), getARN("Key")}}
		if diff := cmp.Diff(any(seals), variables[lambdahost.KMSKey]); variables[lambdahost.KMSKey] != nil && diff != "" {
			t.Errorf("%s seals (-want +got):\n%s", name, diff)
		}
		others := map[string]any{"Fn::If": []any{"SecondSeals", getARN("Key"), getARN("SecondKey")}}
		other := map[string]any{"Fn::If": []any{"IsReplacingKey", others, ""}}
		opens := len(allowing(template, id+"Role", "kms:Decrypt")) > 0
		if got := variables[lambdahost.OtherKMSKey]; (got != nil) != opens || opens && !cmp.Equal(any(other), got) {
			t.Errorf("%s may open: %t, and has the other key %v", name, opens, got)
		}
	}
}

func getARN(id string) map[string]any { return map[string]any{"Fn::GetAtt": []any{id, "Arn"}} }

// holds evaluates a condition on the parameter Keys. Those on other parameters are false.
func holds(t *testing.T, template *sam.Template, condition any, keys string) bool {
	t.Helper()
	m, _ := condition.(map[string]any)
	is := func(part any) bool { return holds(t, template, part, keys) }
	for function, value := range m {
		parts, _ := value.([]any)
		switch function {
		case "Condition":
			name, _ := value.(string)
			return is(template.Conditions[name])
		case "Fn::Not":
			return !is(parts[0])
		case "Fn::And":
			return !slices.ContainsFunc(parts, func(part any) bool { return !is(part) })
		case "Fn::Or":
			return slices.ContainsFunc(parts, is)
		case "Fn::Equals":
			return cmp.Equal(parts[0], any(map[string]any{"Ref": "Keys"})) && parts[1] == keys
		}
	}
	return false
}

// TestConnectorsFences: a connector opens, and reads, secrets of its own types only.
func TestConnectorsFences(t *testing.T) {
	template := deployment(t)
	for _, con := range connectors(t) {
		t.Run(con.Name, func(t *testing.T) {
			role := sam.ConnectorID(con.Name) + "Role"
			var types []string
			keys := []string{recordKeys, usageKeys}
			for _, own := range con.CredentialTypes {
				types = append(types, own.Name)
				keys = append(keys, own.Name+"#*")
			}
			slices.Sort(types)
			for _, action := range []string{"kms:Decrypt", "kms:GenerateDataKey"} {
				statements := allowing(template, role, action)
				for _, s := range statements {
					got := slices.Sorted(slices.Values(s.Conditions["StringEquals"][credentialType]))
					if diff := cmp.Diff(types, got); diff != "" || !slices.Equal(s.Resources, keyARNs) {
						t.Errorf("%s on %v is fenced to the types %v, want %v", action, s.Resources, got, types)
					}
				}
				if len(types) > 0 && len(statements) != 1 {
					t.Errorf("%d statements allow it %s, want one", len(statements), action)
				}
			}
			for _, s := range template.Role(role) {
				for _, action := range s.Actions {
					if strings.HasPrefix(action, "dynamodb:") {
						checkKeys(t, s, keys)
					}
				}
			}
		})
	}
}

// readings are the actions of DynamoDB that change no item.
var readings = []string{"dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}

// TestConnectorsWrites: a connector changes secrets of those of its types only with
// which it gets tokens, and makes and removes none. A connector without OAuth changes
// no secret at all, whatever it may write besides.
func TestConnectorsWrites(t *testing.T) {
	template := deployment(t)
	secrets := map[string]bool{}
	for _, con := range connectors(t) {
		for _, own := range con.CredentialTypes {
			secrets[own.Name] = true
		}
	}
	granting := 0
	for _, con := range connectors(t) {
		var want, got []string
		for _, own := range con.CredentialTypes {
			if own.OAuth != nil {
				want = append(want, "dynamodb:UpdateItem "+own.Name)
			}
		}
		for _, s := range template.Role(sam.ConnectorID(con.Name) + "Role") {
			for _, action := range s.Actions {
				if s.Effect != "Allow" || !strings.HasPrefix(action, "dynamodb:") || slices.Contains(readings, action) {
					continue
				}
				for name := range secrets {
					if leadsTo(s, name+"#acc_1#cred_1") {
						got = append(got, action+" "+name)
					}
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		granting += len(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: what it does with secrets besides reading (-), and what its role allows (+):\n%s", con.Name, diff)
		}
	}
	if granting == 0 {
		t.Error("no connector has OAuth: the test looks at nothing")
	}
}

// leadsTo says whether a statement allows what it does on a partition: one of the
// patterns of its fence fits, or it has none.
func leadsTo(s sam.Statement, partition string) bool {
	patterns := s.Conditions["ForAllValues:StringLike"][leadingKeys]
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool {
		expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		return regexp.MustCompile("^" + expression + "$").MatchString(partition)
	})
}

// checkKeys looks that a statement leads to items of these partitions only.
func checkKeys(t *testing.T, s sam.Statement, keys []string) {
	t.Helper()
	got := s.Conditions["ForAllValues:StringLike"][leadingKeys]
	if len(got) == 0 || !slices.Equal(s.Conditions["Null"][leadingKeys], []string{"false"}) {
		t.Errorf("%s: no fence around the items: %v", s.Sid, s.Conditions)
	}
	for _, key := range got {
		if !slices.Contains(keys, key) {
			t.Errorf("%s: leads to items %s, want some of %v", s.Sid, key, keys)
		}
	}
}

// TestHooksFences: the function that everybody can call opens the secrets of webhooks,
// and reads no other secrets.
func TestHooksFences(t *testing.T) {
	template := deployment(t)
	opening := allowing(template, "HooksRole", "kms:Decrypt")
	if len(opening) != 1 || !slices.Equal(opening[0].Conditions["StringEquals"][credentialType], []string{webhookSecret}) {
		t.Errorf("hooks may open %v", opening)
	}
	for _, s := range template.Role("HooksRole") {
		if !slices.ContainsFunc(s.Actions, func(action string) bool { return strings.HasPrefix(action, "dynamodb:") }) {
			continue
		}
		keys := s.Conditions["ForAllValues:StringLike"][leadingKeys]
		if len(keys) == 0 || !slices.Equal(s.Conditions["Null"][leadingKeys], []string{"false"}) {
			t.Errorf("%s: no fence around the items", s.Sid)
		}
		for _, key := range keys {
			// internal/dynamo: only the keys of secrets begin with a lower-case letter.
			if key[0] >= 'A' && key[0] <= 'Z' && strings.HasSuffix(key, "#*") || key == webhookSecret+"#*" {
				continue
			}
			t.Errorf("%s: leads to items %s", s.Sid, key)
		}
	}
}

// TestKeyPolicy: the key may be used by those roles that IAM allows it to, whoever else
// has the permission.
func TestKeyPolicy(t *testing.T) {
	template := deployment(t)
	roles := map[string]map[string]bool{"kms:Decrypt": {}, "kms:GenerateDataKey": {}}
	for _, id := range template.OfType("AWS::IAM::Role") {
		for action := range roles {
			if len(allowing(template, id, action)) > 0 {
				name := strings.TrimPrefix(sam.Text(template.Resources[id].Properties["RoleName"]), "${Prefix}-${AWS::Region}-")
				if strings.HasPrefix(name, "connector-") {
					name = "connector-*"
				}
				roles[action][name] = true
			}
		}
	}
	for _, s := range sam.Policy(template.Resources["Key"].Properties["KeyPolicy"]) { // the second one's is the same, see TestKeys
		for _, action := range s.Actions {
			switch action {
			case "kms:Decrypt", "kms:GenerateDataKey":
				var keyKnows []string
				for _, arn := range s.Conditions["ArnLike"]["aws:PrincipalArn"] {
					keyKnows = append(keyKnows, strings.TrimPrefix(arn, "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Prefix}-${AWS::Region}-"))
				}
				slices.Sort(keyKnows)
				if diff := cmp.Diff(slices.Sorted(maps.Keys(roles[action])), keyKnows); diff != "" {
					t.Errorf("%s: roles allow it to (-), and the key's policy to (+):\n%s", action, diff)
				}
				if !slices.Equal(s.Conditions["Null"][credentialType], []string{"false"}) {
					t.Errorf("%s: the key may be used without a credential type", action)
				}
			case "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:CreateGrant", "kms:GenerateDataKeyWithoutPlaintext":
				t.Errorf("the key's policy allows %s, by which its fences could be gone around", action)
			}
		}
	}
}

// opens is who may open what, besides the connectors.
var opens = map[string][]string{
	"ApprovalsRole":  {"approval"}, // the links of approvals, which are sealed like credentials
	"ExecutionsRole": {"approval"},
	"HooksRole":      {webhookSecret},
}

// TestWhoOpens: the functions of the API open no credential, but hooks the secrets that
// requests are signed with.
func TestWhoOpens(t *testing.T) {
	template := deployment(t)
	for _, id := range template.OfType("AWS::IAM::Role") {
		if strings.HasSuffix(id, "ConnectorRole") {
			continue // see TestConnectorsFences
		}
		var types []string
		for _, s := range allowing(template, id, "kms:Decrypt") {
			types = append(types, s.Conditions["StringEquals"][credentialType]...)
			if len(s.Conditions["StringEquals"][credentialType]) == 0 {
				types = append(types, "everything")
			}
		}
		if !slices.Equal(types, opens[id]) {
			t.Errorf("%s opens %v, want %v", id, types, opens[id])
		}
	}
}

// TestStateMachinesCallConnectorsOnly: what a workflow can call does not depend on
// what its definition says.
func TestStateMachinesCallConnectorsOnly(t *testing.T) {
	template := deployment(t)
	const function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${Prefix}-"
	want := []string{function + "approvals:live", function + "children:live"}
	for _, con := range connectors(t) {
		want = append(want, function+"connector-"+con.Name)
	}
	var got []string
	for _, s := range template.Role("StateMachineRole") {
		for _, action := range s.Actions {
			switch service, _, _ := strings.Cut(action, ":"); {
			case action == "lambda:InvokeFunction":
				got = append(got, s.Resources...)
			case service != "logs" && service != "xray":
				t.Errorf("state machines may %s", action)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("state machines should call (-), and may call (+):\n%s", diff)
	}
}

// TestStateMachinesTrace: state machines are deployed with tracing, which takes all of these.
//
// Source: Step Functions developer guide, "IAM policies for AWS X-Ray".
func TestStateMachinesTrace(t *testing.T) {
	template := deployment(t)
	for _, action := range []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"} {
		if len(allowing(template, "StateMachineRole", action)) == 0 {
			t.Errorf("state machines may not %s", action)
		}
	}
}

// TestManagedPolicyFits: the list of connectors is one managed policy, which has at
// most 6144 characters without spaces.
//
// Source: IAM user guide, "IAM and AWS STS quotas".
func TestManagedPolicyFits(t *testing.T) {
	const most, longest = 6144, len("arn:aws-us-gov:lambda:ap-southeast-1:123456789012:function:sbprd-connector-") + len(`"",`)
	size := 100
	for _, con := range connectors(t) {
		size += longest + len(con.Name)
	}
	if size > most {
		t.Errorf("InvokeConnectors has about %d characters, and IAM takes %d: cut the list in two", size, most)
	}
	t.Logf("InvokeConnectors: about %d of %d characters", size, most)
}
