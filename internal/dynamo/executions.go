package dynamo

import (
	"context"
	"encoding/json"
	"time"

	"switchboard/internal/execution"
	"switchboard/internal/fault"
)

type executionFields struct {
	ID             string            `dynamodbav:"id"`
	Account        string            `dynamodbav:"account"`
	Agent          string            `dynamodbav:"agent"`
	Workflow       string            `dynamodbav:"workflow"`
	Version        int               `dynamodbav:"version"`
	Published      time.Time         `dynamodbav:"published_at"`
	Status         execution.Status  `dynamodbav:"status"`
	StartedAt      time.Time         `dynamodbav:"started_at"`
	StoppedAt      time.Time         `dynamodbav:"stopped_at"`
	StartedBy      string            `dynamodbav:"started_by"`
	Trigger        string            `dynamodbav:"trigger"`
	ReplayOf       string            `dynamodbav:"replay_of,omitempty"`
	ReplayFrom     string            `dynamodbav:"replay_from,omitempty"`
	IdempotencyKey string            `dynamodbav:"idempotency_key"`
	Express        bool              `dynamodbav:"express"`
	Awaited        bool              `dynamodbav:"-"` // every write is stored when it returns
	Opened         string            `dynamodbav:"opened,omitempty"`
	Parent         *execution.Parent `dynamodbav:"parent,omitempty"`
	Input          json.RawMessage   `dynamodbav:"-"`
	Output         json.RawMessage   `dynamodbav:"-"`
	Error          *execution.Error  `dynamodbav:"error"`
}

type executionItem struct {
	executionFields
	InputBody  body  `dynamodbav:"input"`
	OutputBody body  `dynamodbav:"output"`
	History    int   `dynamodbav:"history"` // how many items its history has been given
	Expires    int64 `dynamodbav:"expires,omitempty"`
	// Audited is up to when the audit has what was opened for it.
	Audited time.Time `dynamodbav:"audited"`
	indexed
}

// indexed is what puts an item into the indexes, and out of them where it is empty.
type indexed struct {
	List       string `dynamodbav:"list,omitempty"`
	StatusList string `dynamodbav:"status_list,omitempty"`
	Started    string `dynamodbav:"started,omitempty"`
}

func (x *executionItem) bodies() []part {
	input := part{x.InputBody, inputChunks(x.Account, x.ID), []*[]byte{(*[]byte)(&x.Input)}}
	if x.Status == execution.Running {
		return []part{input}
	}
	return []part{input, {x.OutputBody, outputChunks(x.Account, x.ID), []*[]byte{(*[]byte)(&x.Output)}}}
}

// started is an item that stands for a key with which an execution was started.
type startedItem struct {
	Execution string `dynamodbav:"execution"`
	Expires   int64  `dynamodbav:"expires"`
}

func noExecution(id string) *fault.Error { return fault.NotFoundf("There is no execution %s.", id) }

// StartExecution implements execution.Repository. What is stored is running,
// whatever x says of its end.
func (s *Store) StartExecution(ctx context.Context, x execution.Execution) (stored execution.Execution, created bool, err error) {
	x.Status, x.StoppedAt, x.Output, x.Error = execution.Running, time.Time{}, nil, nil
	gone := "" // an execution that had the key, but is no longer there
	err = again(ctx, func() error {
		var earlier startedItem
		err := s.start(ctx, x, gone, &earlier)
		if err == nil {
			stored, created = x, true
		}
		if err != errMoved { //nolint:errorlint // it is never wrapped
			return err
		}
		stored, err = s.execution(ctx, x.Account, earlier.Execution)
		if fault.Is(err, fault.NotFound) {
			gone = earlier.Execution
			return errMoved
		}
		return err
	})
	if err != nil {
		return execution.Execution{}, false, doing(err, "starting execution %s", x.ID)
	}
	return stored, created, nil
}

// StartedWith implements execution.Repository.
func (s *Store) StartedWith(ctx context.Context, account, workflow, sent string) (execution.Execution, error) {
	x, err := s.startedWith(ctx, account, workflow, sent)
	return x, doing(err, "looking for an earlier start of workflow %s", workflow)
}

func (s *Store) startedWith(ctx context.Context, account, workflow, sent string) (execution.Execution, error) {
	var earlier startedItem
	i, err := s.get(ctx, idempotencyKey(account, workflow, sent), "", nil)
	if err == nil && i != nil {
		err = unmarshal(i, &earlier)
	}
	if err != nil {
		return execution.Execution{}, err
	}
	if earlier.Execution == "" || s.over(earlier.Expires) {
		return execution.Execution{}, fault.NotFoundf("No execution of workflow %s was started with this key.", workflow)
	}
	return s.execution(ctx, account, earlier.Execution)
}

// start stores a new execution. It is errMoved, and tells the earlier one, if the key
// was used before, by another than gone.
func (s *Store) start(ctx context.Context, x execution.Execution, gone string, earlier *startedItem) error {
	v := executionItem{executionFields: executionFields(x)}
	var chunks []write
	var err error
	if v.InputBody, chunks, err = newBody(inputChunks(x.Account, x.ID), inlineSlim, 0, x.Input); err != nil {
		return err
	}
	sort := startedSort(x.StartedAt, x.ID)
	v.indexed = indexed{workflowList(x.Account, x.Workflow, ""), workflowList(x.Account, x.Workflow, x.Status), sort}
	var writes []write
	if x.IdempotencyKey != "" {
		now := s.now()
		writes = append(writes, write{
			key: idempotencyKey(x.Account, x.Workflow, x.IdempotencyKey), put: startedItem{x.ID, now.Add(kept).Unix()},
			when:   notExists + " OR #expires <= :now OR #execution = :gone",
			values: values{":now": now.Unix(), ":gone": gone},
			fails: func(there item) error {
				if err := unmarshal(there, earlier); err != nil {
					return err
				}
				return errMoved
			},
		})
	}
	writes = append(writes,
		write{key: executionKey(x.Account, x.ID), put: v, when: notExists, fails: otherwise(taken(x.ID))},
		write{
			key: listingKey(x.Account, x.ID),
			put: indexed{accountList(x.Account, ""), accountList(x.Account, x.Status), sort},
		},
		write{key: runningKey(x.Account, x.ID), put: runningEntry(v.executionFields)})
	return s.transact(ctx, append(writes, chunks...)...)
}

// runningEntry is indexed while an execution runs.
func runningEntry(x executionFields) indexed {
	return indexed{List: runningList(shardOf(x.ID)), Started: startedSort(x.StartedAt, x.Account, x.ID)}
}

// Execution implements execution.Repository.
func (s *Store) Execution(ctx context.Context, account, id string) (execution.Execution, error) {
	x, err := s.execution(ctx, account, id)
	return x, doing(err, "reading execution %s", id)
}

func (s *Store) execution(ctx context.Context, account, id string) (x execution.Execution, err error) {
	err = again(ctx, func() error {
		v, err := s.executionHead(ctx, account, id)
		if err != nil {
			return err
		}
		err = fill(ctx, s, &v)
		x = execution.Execution(v.executionFields)
		return err
	})
	return x, err
}

// executionHead reads an execution without its input and output.
func (s *Store) executionHead(ctx context.Context, account, id string) (v executionItem, err error) {
	i, err := s.get(ctx, executionKey(account, id), "", nil)
	if err != nil {
		return v, err
	}
	if i != nil {
		if err := unmarshal(i, &v); err != nil {
			return v, err
		}
	}
	if i == nil || s.over(v.Expires) {
		return v, noExecution(id)
	}
	return v, nil
}

// KeepExecution implements execution.Repository: an Awaited execution is stored like
// all others from its start on.
func (s *Store) KeepExecution(ctx context.Context, account, id string) error {
	_, err := s.Execution(ctx, account, id)
	return err
}

// FinishExecution implements execution.Repository.
func (s *Store) FinishExecution(ctx context.Context, x execution.Execution) error {
	if x.Status == execution.Running || x.Status == "" {
		return doing(fault.New(fault.Internal, "An execution cannot end as %q.", x.Status), "finishing execution %s", x.ID)
	}
	err := again(ctx, func() error {
		v, err := s.executionHead(ctx, x.Account, x.ID)
		if err != nil {
			return err
		}
		return s.finish(ctx, v, x)
	})
	return doing(err, "finishing execution %s", x.ID)
}

// finish ends an execution that was v. From here on everything of it has a time
// from which it is gone.
func (s *Store) finish(ctx context.Context, v executionItem, x execution.Execution) error {
	ended := fault.New(fault.AlreadyEnded, "The execution %s has already ended.", x.ID)
	if v.Status != execution.Running {
		return ended
	}
	expires := s.now().Add(s.retention).Unix()
	output, chunks, err := newBody(outputChunks(x.Account, x.ID), inlineSlim, expires, x.Output)
	if err != nil {
		return err
	}
	writes := []write{
		{
			key: executionKey(x.Account, x.ID),
			update: "SET #status = :status, #stopped_at = :stopped_at, #error = :error, #output = :output, " +
				"#status_list = :list, #expires = :expires",
			values: values{
				":status": x.Status, ":stopped_at": x.StoppedAt, ":error": x.Error, ":output": output, ":expires": expires,
				":list": workflowList(x.Account, v.Workflow, x.Status), ":running": execution.Running,
			},
			when: exists + " AND #status = :running", fails: ifMissing(noExecution(x.ID), ended),
		},
		{
			key: listingKey(x.Account, x.ID), update: "SET #status_list = :list, #expires = :expires",
			values: values{":list": accountList(x.Account, x.Status), ":expires": expires},
		},
		{key: runningKey(x.Account, x.ID), remove: true},
	}
	for _, k := range v.InputBody.keys(inputChunks(x.Account, x.ID)) {
		writes = append(writes, write{key: k, update: "SET #expires = :expires", values: values{":expires": expires}})
	}
	if err := s.transactOpened(ctx, v, append(writes, chunks...)); err != nil {
		return err
	}
	// That the history could not be told is no reason to fail: it has a later time.
	if err := s.keepHistory(ctx, v, expires); err != nil {
		s.log.WarnContext(ctx, "a history will be kept longer than its execution", "execution", v.ID, "error", err)
	}
	if err := s.keepValues(ctx, v.Account, v.ID, expires); err != nil {
		s.log.WarnContext(ctx, "values will be kept longer than their execution", "execution", v.ID, "error", err)
	}
	return nil
}
