package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/event"
	"switchboard/internal/id"
)

// Events serves the account's event bus.
type Events struct {
	Bus    event.Bus
	Counts Counts // tells who puts events
}

// Counts is the part of audit.Counter by which is counted.
type Counts interface {
	Count(ctx context.Context, e audit.Entry) error
}

// Mount adds the route.
func (e Events) Mount(api huma.API) {
	register(api, huma.Operation{
		OperationID: "put-event", Method: http.MethodPost, Path: "/v1/events", DefaultStatus: http.StatusAccepted, Tags: []string{"Events"},
		Summary:     "Put an event on the account's bus",
		Description: "Starts every published workflow whose event trigger fits. The executions named in the answer are on disk. A start that a quota refuses for now is made later, for a day at most; on AWS it is tried for some minutes, and then left to the operator. An event that is put again with the same Idempotency-Key, as after an answer that was lost, is the same event: what it has started is not started again. The audit has who put events of which source, and how often.",
	}, e.put)
}

type eventRequest struct {
	Key  string `header:"Idempotency-Key" maxLength:"255" doc:"A second event with the same key is the first one: it starts only what that has not started"`
	Body struct {
		Source     string `json:"source" minLength:"1" maxLength:"256" doc:"Where it comes from" example:"shop"`
		DetailType string `json:"detail_type" minLength:"1" maxLength:"128" doc:"What kind of event it is" example:"order.created"`
		Detail     object `json:"detail" doc:"An object that tells more"`
	}
}

type eventView struct {
	ID         string   `json:"id" doc:"The event's id" example:"evt_0198f2c4a1b27d3e8f90123456789abc"`
	Executions []string `json:"executions" nullable:"false" doc:"What it started; empty where that happens later"`
}

// eventIDOf is the id of an event: executions are started once for it.
func eventIDOf(p account.Principal, key string) (string, error) {
	if key != "" {
		return id.Derived(id.Event, "", p.Account, key), nil
	}
	return id.New(id.Event)
}

func (e Events) put(ctx context.Context, p account.Principal, in *eventRequest) (*shown[eventView], error) {
	detail, err := in.Body.Detail.members()
	if err != nil {
		return nil, err
	}
	eventID, err := eventIDOf(p, in.Key)
	if err != nil {
		return nil, err
	}
	started, err := e.Bus.Put(ctx, p, event.Event{
		ID: eventID, Source: in.Body.Source, DetailType: in.Body.DetailType, Detail: detail, Time: time.Now(),
	})
	if err != nil {
		return nil, err
	}
	// It is done, whether that can be counted or not.
	counted := audit.Entry{Account: p.Account, Actor: p.Actor, Action: audit.PutEvent, Resource: in.Body.Source}
	if err := e.Counts.Count(context.WithoutCancel(ctx), counted); err != nil {
		traceOf(ctx).failure = fmt.Errorf("counting an event: %w", err)
	}
	return show(eventView{ID: eventID, Executions: list(started)}), nil
}
