// Package workflow holds workflows: their documents, drafts and published versions.
package workflow

import (
	"context"
	"encoding/json"
	"time"

	"switchboard/internal/page"
	"switchboard/internal/value"
)

// Workflow is a draft and what is published of it.
type Workflow struct {
	ID        string
	Account   string
	Agent     string
	Name      string          // the document's
	Trigger   string          // the document's trigger type
	Document  json.RawMessage // the draft, as it was given
	Revision  int64           // counts changes of the draft; its etag
	Published int             // the version that serves, 0 for none
	Latest    int             // the highest version ever published
	// HookSecret is the last part of the webhook's URL: unguessable, the same in all
	// versions. Made when a webhook trigger is first published.
	HookSecret string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// FirstTrial is the number from which on versions are trials: drafts that were made
// ready to run, and never serve. A draft's trial has its revision added to this, so a
// draft has one, and numbers of publications have no gaps.
const FirstTrial = 1 << 30

// Version is a published state of a workflow, or a draft that is tried; it never changes.
type Version struct {
	Account     string
	Workflow    string
	Number      int
	Document    json.RawMessage
	Definition  json.RawMessage // Amazon States Language, exactly what is deployed
	SourceMap   json.RawMessage // from states to nodes, see compile
	Credentials []string        // ids that its nodes and trigger name
	Express     bool            // the caller of its webhook waits for the output
	Input       *value.Plan     // of the trigger's data, see Compiled; nil where data that is too large is refused
	PublishedAt time.Time
	PublishedBy string
}

// Trial says whether the version is a draft that is tried.
func (v Version) Trial() bool { return v.Number >= FirstTrial }

// Repository stores workflows and versions. A thing of another account is not
// found. Errors are faults: NotFound; Conflict and PreconditionFailed where named;
// anything else is Internal, Unavailable or StorageFull.
type Repository interface {
	// CreateWorkflow stores a new draft. NotFound if the agent is not there; TooManyRequests
	// if the account has limit workflows, or more, already: 0 is no limit. Of those that
	// come at the same moment, no more are stored than there is room for.
	CreateWorkflow(ctx context.Context, w Workflow, limit int) error
	Workflow(ctx context.Context, account, id string) (Workflow, error)
	// Workflows lists an agent's workflows, oldest first; all of the account's if agent is "".
	Workflows(ctx context.Context, account, agent string, q page.Query) (page.Of[Workflow], error)
	// CountWorkflows counts the account's workflows, up to a limit.
	CountWorkflows(ctx context.Context, account string, limit int) (int, error)
	// UpdateWorkflow replaces the draft (Name, Trigger, Document, UpdatedAt) and counts
	// Revision up. PreconditionFailed if w.Revision is not the stored one.
	UpdateWorkflow(ctx context.Context, w Workflow) error
	// DeleteWorkflow removes the draft, its versions and its hook. Its executions stay.
	DeleteWorkflow(ctx context.Context, account, id string) error

	// Publish stores the version and makes it the one that serves, at once. The number
	// must be Latest+1, else Conflict. hookSecret is set if it is not "".
	Publish(ctx context.Context, v Version, hookSecret string) error
	// Serve makes an earlier version serve, or none (0).
	Serve(ctx context.Context, account, id string, version int) error
	// PutTrial stores a trial; one that is there stays as it is. NotFound if the
	// workflow is not there.
	PutTrial(ctx context.Context, v Version) error
	// Version reads a version, or a trial.
	Version(ctx context.Context, account, id string, number int) (Version, error)
	// Versions lists what was published of a workflow, newest first.
	Versions(ctx context.Context, account, id string, q page.Query) (page.Of[Version], error)
	// ByHook finds the workflow of a webhook's URL. NotFound for any other secret.
	ByHook(ctx context.Context, hookSecret string) (Workflow, error)
}
