package eventbridge

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"switchboard/internal/account"
	"switchboard/internal/awscall"
	"switchboard/internal/event"
	"switchboard/internal/fault"
)

// PutEventsAPI is the call that putting events needs; *eventbridge.Client has it.
type PutEventsAPI interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Bus puts events on the deployment's event bus, each for one account.
type Bus struct {
	client PutEventsAPI
	bus    string
}

var _ event.Bus = (*Bus)(nil)

// NewBus returns the bus with this name or ARN.
func NewBus(client PutEventsAPI, bus string) *Bus { return &Bus{client, bus} }

// maxEvent is how large an event may be, in bytes, as EventBridge counts them.
const maxEvent = 256 << 10

// entryPause is before the first new attempt for an entry that was refused for now; it
// doubles.
const entryPause = 100 * time.Millisecond

// Put hands the event to EventBridge, and returns no executions: they start a moment
// later. An event that is put again after a lost answer starts nothing twice, for what
// it starts is named by its id.
func (b *Bus) Put(ctx context.Context, p account.Principal, e event.Event) (executions []string, err error) {
	detail, err := encode(e.Detail)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(e.Source, "aws.") {
		return nil, fault.New(fault.ValidationFailed, "The event is not valid.").
			At("/source", "must not begin with aws., which only AWS itself may use")
	}
	entry := types.PutEventsRequestEntry{
		EventBusName: &b.bus, Source: &e.Source, DetailType: &e.DetailType, Detail: &detail, Time: aws.Time(e.Time.UTC()),
		Resources: []string{accountResource + p.Account, eventResource + e.ID},
	}
	if size := sizeOf(entry); size > maxEvent {
		return nil, fault.New(fault.PayloadTooLarge, "The event has %d bytes; at most %d are allowed.", size, maxEvent).
			WithHint("Store large data elsewhere and send a reference to it.")
	}
	if err := b.put(ctx, entry); err != nil {
		return nil, fmt.Errorf("putting an event: %w", faultOf(err, "EventBridge"))
	}
	return nil, nil
}

// put tries an entry again that was refused for now: PutEvents answers well then, so
// the SDK's retryer does not.
func (b *Bus) put(ctx context.Context, entry types.PutEventsRequestEntry) error {
	for attempt := 1; ; attempt++ {
		out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{entry}})
		if err != nil {
			return err
		}
		if out.FailedEntryCount == 0 || len(out.Entries) == 0 {
			return nil
		}
		refused := refusal(out.Entries[0].ErrorCode, out.Entries[0].ErrorMessage)
		switch awscall.Code(refused) {
		case "ThrottlingException", "InternalFailure", "InternalException":
		default:
			return refused
		}
		if attempt == awscall.MaxAttempts {
			// InternalFailure is not in the SDK's tables, but passes as throttling does.
			return refusal(aws.String("ThrottlingException"), out.Entries[0].ErrorMessage)
		}
		if err := awscall.Pause(ctx, entryPause<<attempt); err != nil {
			return err
		}
	}
}

// sizeOf counts as EventBridge does: 14 bytes for the time, and the texts in UTF-8.
//
// Source: EventBridge user guide, "Calculating Amazon EventBridge event entry size".
func sizeOf(e types.PutEventsRequestEntry) int {
	size := 14 + len(*e.Source) + len(*e.DetailType) + len(*e.Detail)
	for _, r := range e.Resources {
		size += len(r)
	}
	return size
}
