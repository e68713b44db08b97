package lambdahost

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"switchboard/internal/fault"
)

// The settings of functions: environment variables, which template.yaml sets. A
// function reads those that it needs when it starts, and refuses to start without.
const (
	// Table is the name of the DynamoDB table.
	Table = "SWITCHBOARD_TABLE"
	// KMSKey is the ARN of the key that data keys are made under.
	KMSKey = "SWITCHBOARD_KMS_KEY"
	// OtherKMSKey is the ARN of another key, whose data keys open, too: while the key is
	// being replaced. It may be missing.
	OtherKMSKey = "SWITCHBOARD_KMS_OTHER_KEY"
	// StateMachinePrefix is the ARN that those of all state machines begin with, up to
	// the first part of their names: arn:aws:states:<region>:<account>:stateMachine:<prefix>.
	// A workflow's machine is called <prefix>-<account>-<workflow>.
	StateMachinePrefix = "SWITCHBOARD_STATE_MACHINE_PREFIX"
	// StateMachineRole is the ARN of the role that state machines run under.
	StateMachineRole = "SWITCHBOARD_STATE_MACHINE_ROLE"
	// StateMachineLogGroup is the ARN of the log group of state machines, with :* at its
	// end as Step Functions wants it.
	StateMachineLogGroup = "SWITCHBOARD_STATE_MACHINE_LOG_GROUP"
	// ConnectorPrefix is what the names or ARNs of connectors' functions begin with; the
	// connector's name, such as slack, follows.
	ConnectorPrefix = "SWITCHBOARD_CONNECTOR_PREFIX"
	// ApprovalsFunction is the ARN of the function that asks people.
	ApprovalsFunction = "SWITCHBOARD_APPROVALS_FUNCTION"
	// ChildrenFunction is the ARN of the function that runs workflows for others.
	ChildrenFunction = "SWITCHBOARD_CHILDREN_FUNCTION"
	// ScheduleGroup is the name of the EventBridge Scheduler group of schedule triggers.
	ScheduleGroup = "SWITCHBOARD_SCHEDULE_GROUP"
	// ScheduleRole is the ARN of the role that schedules invoke the triggers function with.
	ScheduleRole = "SWITCHBOARD_SCHEDULE_ROLE"
	// TriggersFunction is the ARN of the function that schedules and events start.
	TriggersFunction = "SWITCHBOARD_TRIGGERS_FUNCTION"
	// DeadLetters is the ARN of the queue for schedules and events that could not be
	// delivered.
	DeadLetters = "SWITCHBOARD_DEAD_LETTERS"
	// EventBus is the name of the EventBridge bus of the accounts' events.
	EventBus = "SWITCHBOARD_EVENT_BUS"
	// PublicURL is what the URLs of webhooks start with: where the HTTP API is reached.
	PublicURL = "SWITCHBOARD_PUBLIC_URL"
	// Issuer and Audience are those of the tokens by which people log in.
	Issuer   = "SWITCHBOARD_JWT_ISSUER"
	Audience = "SWITCHBOARD_JWT_AUDIENCE"
	// SignInScope is what the console asks the issuer for, with spaces between.
	SignInScope = "SWITCHBOARD_SIGN_IN_SCOPE"
	// TokenOrigin is where the issuer's token endpoint is, such as
	// https://sign-in.example.com. It may be missing: then it is where the issuer is.
	TokenOrigin = "SWITCHBOARD_TOKEN_ORIGIN"
	// AllowNet lists networks that connectors may reach although they are not public,
	// with commas between them. It may be missing.
	AllowNet = "SWITCHBOARD_ALLOW_NET"
	// Quotas is what one account may take, as package quota reads it. It may be missing.
	Quotas = "SWITCHBOARD_QUOTAS"
	// UpstreamPrefix begins the setting that sends a connector's calls elsewhere, such as
	// SWITCHBOARD_UPSTREAM_SLACK. It may be missing.
	UpstreamPrefix = "SWITCHBOARD_UPSTREAM_"
)

// Setting reads a setting that has to be there. Without it the function does not
// start; all that are missing are told at once, so the wiring goes on with "".
func (h *Host) Setting(name string) string {
	value := h.Optional(name)
	if value == "" && !slices.Contains(h.missing, name) {
		h.missing = append(h.missing, name)
	}
	return value
}

// Optional reads a setting that may be missing.
func (h *Host) Optional(name string) string {
	value, _ := h.lookup(name)
	return strings.TrimSpace(value)
}

func (h *Host) missingSettings() error {
	if len(h.missing) == 0 {
		return nil
	}
	slices.Sort(h.missing)
	return fault.New(fault.Internal, "The function cannot start: these environment variables are not set: %s.", strings.Join(h.missing, ", ")).
		WithHint("template.yaml sets them; deploy it as it is, or set them by hand.")
}

// Upstream reads where calls of a connector go instead of its service; nil where
// they go to the service.
func (h *Host) Upstream(connector string) (*url.URL, error) {
	name := UpstreamPrefix + strings.ToUpper(connector)
	value := h.Optional(name)
	if value == "" {
		return nil, nil
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("reading settings: %w",
			fault.New(fault.Internal, "%s is not a URL.", name).WithHint("Give it as https://sandbox.example.com, or do not set it."))
	}
	return u, nil
}

// AllowedNets reads the networks that connectors may reach besides public ones.
func (h *Host) AllowedNets() ([]netip.Prefix, error) {
	var nets []netip.Prefix
	for text := range strings.SplitSeq(h.Optional(AllowNet), ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		net, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("reading settings: %w",
				fault.New(fault.Internal, "%s holds %q, which is no network.", AllowNet, text).WithHint("Give networks such as 10.0.0.0/8, with commas between them."))
		}
		nets = append(nets, net.Masked())
	}
	return nets, nil
}
