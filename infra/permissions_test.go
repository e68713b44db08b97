package infra_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/infra/reach"
	"switchboard/infra/sam"
)

// services are those of AWS that code may call: the name of the client's package, and IAM's.
var services = map[string]string{
	"dynamodb": "dynamodb", "kms": "kms", "sfn": "states", "scheduler": "scheduler", "eventbridge": "events", "lambda": "lambda",
}

// actions are operations whose permission has another name, or none of its own.
//
// Sources: Service Authorization Reference, "Actions, resources, and condition keys
// for AWS Lambda"; DynamoDB developer guide, "Using IAM with DynamoDB transactions".
var actions = map[string]string{
	"lambda:Invoke":               "lambda:InvokeFunction",
	"dynamodb:TransactWriteItems": "", // those of the writes in it, see parts
}

// parts are parts of requests that take a permission of their own.
//
// Sources: DynamoDB developer guide, "Using IAM with DynamoDB transactions"; Step
// Functions developer guide, "Creating granular IAM permissions for versions and
// aliases" and "Tagging state machines"; EventBridge Scheduler user guide, "Identity
// and access management"; IAM user guide, "Grant a user permissions to pass a role".
var parts = map[string]string{
	"dynamodb.TransactWriteItem.ConditionCheck": "dynamodb:ConditionCheckItem",
	"dynamodb.TransactWriteItem.Delete":         "dynamodb:DeleteItem",
	"dynamodb.TransactWriteItem.Put":            "dynamodb:PutItem",
	"dynamodb.TransactWriteItem.Update":         "dynamodb:UpdateItem",
	"sfn.CreateStateMachineInput.Publish":       "states:PublishStateMachineVersion",
	"sfn.UpdateStateMachineInput.Publish":       "states:PublishStateMachineVersion",
	"sfn.CreateStateMachineInput.Tags":          "states:TagResource",
	"sfn.CreateStateMachineInput.RoleArn":       "iam:PassRole",
	"sfn.UpdateStateMachineInput.RoleArn":       "iam:PassRole",
	"scheduler/types.Target.RoleArn":            "iam:PassRole",
	"eventbridge/types.Target.RoleArn":          "iam:PassRole",
	"eventbridge.PutRuleInput.RoleArn":          "iam:PassRole",
	"eventbridge.PutRuleInput.Tags":             "events:TagResource",
}

// platform is what Lambda itself does with a function's role, whatever the code does.
//
// Sources: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs",
// "Visualize Lambda function invocations using AWS X-Ray", "Giving Lambda functions
// access to resources in an Amazon VPC", "Capturing records of Lambda asynchronous
// invocations".
var platform = map[string]func(sam.Resource) bool{
	"logs:CreateLogStream":           always,
	"logs:PutLogEvents":              always,
	"xray:PutTraceSegments":          always,
	"xray:PutTelemetryRecords":       always,
	"sqs:SendMessage":                func(r sam.Resource) bool { return r.Properties["EventInvokeConfig"] != nil },
	"ec2:AssignPrivateIpAddresses":   inVPC,
	"ec2:CreateNetworkInterface":     inVPC,
	"ec2:DeleteNetworkInterface":     inVPC,
	"ec2:DescribeNetworkInterfaces":  inVPC,
	"ec2:DescribeSubnets":            inVPC,
	"ec2:UnassignPrivateIpAddresses": inVPC,
}

func always(sam.Resource) bool  { return true }
func inVPC(r sam.Resource) bool { return r.Properties["VpcConfig"] != nil }

// load reads the module's code, once for all tests.
var load = sync.OnceValues(func() (*reach.Programs, error) {
	return reach.Load(root, "switchboard", "./functions/...", "./internal/...")
})

func program(t testing.TB) *reach.Programs {
	t.Helper()
	programs, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return programs
}

// clients are where the clients of AWS's services are: the SDK's, and ours.
var clients = regexp.MustCompile(`^(github\.com/aws/aws-sdk-go-v2/service|switchboard/internal/awsapi)/`)

var clientCall = regexp.MustCompile(`^\(\*(?:github\.com/aws/aws-sdk-go-v2/service|switchboard/internal/awsapi)/(\w+)\.Client\)\.([A-Z]\w+)$`)

// used lists the permissions that a function's code needs.
func used(t testing.TB, r reach.Reached) []string {
	t.Helper()
	found := map[string]bool{}
	for call := range r.Functions {
		m := clientCall.FindStringSubmatch(call)
		if m == nil || m[2] == "Options" {
			continue
		}
		service, known := services[m[1]]
		if !known {
			t.Errorf("%s: say in services what IAM calls this service", call)
		}
		action := service + ":" + m[2]
		if other, ok := actions[action]; ok {
			action = other
		}
		found[action] = true
	}
	for field := range r.Fields {
		if action, ok := parts[clients.ReplaceAllString(field, "")]; ok {
			found[action] = true
		}
	}
	delete(found, "")
	return slices.Sorted(maps.Keys(found))
}

// TestUsedIsGranted compares, for each function, the actions of AWS that its code can
// reach with those that its role allows. One too few fails as one too many does.
func TestUsedIsGranted(t *testing.T) {
	template, programs := deployment(t), program(t)
	for name, id := range functions(t, template) {
		t.Run(name, func(t *testing.T) {
			reached, err := programs.From("switchboard/functions/" + folder(name))
			if err != nil {
				t.Fatal(err)
			}
			resource := template.Resources[id]
			granted := map[string]bool{}
			for _, s := range template.Role(id + "Role") {
				for _, action := range s.Actions {
					isPlatform := platform[action] != nil
					if s.Effect == "Allow" && !isPlatform {
						granted[action] = true
					}
					if isPlatform && !platform[action](resource) {
						t.Errorf("%sRole allows %s, which Lambda does not need for %s", id, action, id)
					}
				}
			}
			if diff := cmp.Diff(used(t, reached), slices.Sorted(maps.Keys(granted))); diff != "" {
				t.Errorf("the code of %s uses (-), and %sRole allows (+):\n%s", name, id, diff)
			}
		})
	}
}

// wild are the actions that may have the resource *, because AWS knows no resources
// for them, or none that could be named here.
var wild = map[string]string{
	"xray:GetSamplingRules":          "https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html: asked for with *",
	"xray:GetSamplingTargets":        "https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html: asked for with *",
	"xray:PutTelemetryRecords":       "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html: no resource types",
	"xray:PutTraceSegments":          "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html: no resource types",
	"logs:CreateLogDelivery":         "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: log delivery has no resource types",
	"logs:DeleteLogDelivery":         "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: log delivery has no resource types",
	"logs:DescribeLogGroups":         "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: asked for with *",
	"logs:DescribeResourcePolicies":  "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: no resource types",
	"logs:GetLogDelivery":            "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: log delivery has no resource types",
	"logs:ListLogDeliveries":         "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: log delivery has no resource types",
	"logs:PutResourcePolicy":         "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: no resource types",
	"logs:UpdateLogDelivery":         "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: log delivery has no resource types",
	"ec2:AssignPrivateIpAddresses":   "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: of interfaces that do not exist yet; denied to code",
	"ec2:CreateNetworkInterface":     "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: of interfaces that do not exist yet; denied to code",
	"ec2:DeleteNetworkInterface":     "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: of interfaces that do not exist yet; denied to code",
	"ec2:DescribeNetworkInterfaces":  "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html: no resource types; denied to code",
	"ec2:DescribeSubnets":            "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html: no resource types; denied to code",
	"ec2:UnassignPrivateIpAddresses": "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: of interfaces that do not exist yet; denied to code",
}

// named is how resources may be written: a resource of this template, or an ARN of
// this account whose names begin with the deployment's prefix.
var named = regexp.MustCompile(`^\$\{\w+\.Arn\}(/index/\w+)?$|` +
	`^arn:\$\{AWS::Partition\}:\w+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:[\w/{}$:-]*\$\{Prefix\}-[\w:-]*\*?$`)

func TestNoWildcards(t *testing.T) {
	template := deployment(t)
	met := map[string]bool{}
	for id, statements := range template.Policies() {
		for _, s := range statements {
			for _, action := range s.Actions {
				if strings.Contains(action, "*") || action == "" {
					t.Errorf("%s, %s: the action %q", id, s.Sid, action)
				}
				for _, resource := range s.Resources {
					switch {
					case resource == "*" && template.Resources[id].Type == "AWS::KMS::Key":
						// In a key's policy * is the key itself.
					case resource == "*" && wild[action] != "":
						met[action] = true
					case !named.MatchString(resource):
						t.Errorf("%s, %s: %s on %q: name what is meant, or say in wild why AWS does not let us", id, s.Sid, action, resource)
					}
				}
			}
		}
	}
	for action := range wild {
		if !met[action] {
			t.Errorf("wild lists %s, which no policy has", action)
		}
	}
}

// TestDeniedToCode looks that what is allowed with * for Lambda's own sake is denied
// to the code of the function.
func TestDeniedToCode(t *testing.T) {
	var allowed, denied []string
	for _, s := range sam.Policy(deployment(t).Resources["VpcAccess"].Properties["PolicyDocument"]) {
		if s.Effect == "Allow" {
			allowed = append(allowed, s.Actions...)
		} else if len(s.Conditions["ArnLike"]["lambda:SourceFunctionArn"]) == 1 {
			denied = append(denied, s.Actions...)
		}
	}
	if diff := cmp.Diff(allowed, denied); diff != "" || len(denied) == 0 {
		t.Errorf("VpcAccess allows (-), and denies to code (+):\n%s", diff)
	}
}

// TestPassRole: a role is passed by name, and only to the service that it trusts.
func TestPassRole(t *testing.T) {
	template := deployment(t)
	passed := 0
	for _, id := range template.OfType("AWS::IAM::Role") {
		for _, s := range template.Role(id) {
			if !slices.Contains(s.Actions, "iam:PassRole") {
				continue
			}
			passed++
			if len(s.Actions) != 1 || len(s.Resources) != 1 || !strings.HasSuffix(s.Resources[0], "Role.Arn}") {
				t.Errorf("%s, %s: passes %v", id, s.Sid, s.Resources)
				continue
			}
			role := strings.TrimSuffix(strings.TrimPrefix(s.Resources[0], "${"), ".Arn}")
			trust := sam.Policy(template.Resources[role].Properties["AssumeRolePolicyDocument"])
			want := map[string]any{"Service": strings.Join(s.Conditions["StringEquals"]["iam:PassedToService"], " ")}
			if len(trust) != 1 || !cmp.Equal(trust[0].Principal, any(want)) {
				t.Errorf("%s, %s: passes %s to %v, which it does not trust", id, s.Sid, role, want)
			}
		}
	}
	if passed == 0 {
		t.Error("no role is passed: the test looks at nothing")
	}
}
