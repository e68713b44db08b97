package dynamo

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/audit"
	"switchboard/internal/execution"
	"switchboard/internal/page"
	"switchboard/internal/task"
)

// An account's audit has one chain for what people and programs do, and some for what
// running executions do, so that these do not wait for each other: who adds to a chain
// has to be first behind its end. An execution keeps to one of them.
const (
	peoplesChain    = "0"
	executionChains = 16
)

// chainFor is the chain of what goes with a change: programs start executions as often
// as they like, and credentials are sealed anew many at once.
func chainFor(e audit.Entry) string {
	switch e.Action {
	case audit.StartExecution, audit.ReplayExecution, audit.RedriveExecution, audit.StopExecution, audit.ResealCredential:
		return chainOf(e.Resource)
	default:
		return peoplesChain
	}
}

func chainOf(id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return "x" + strconv.Itoa(int(h.Sum32()%executionChains))
}

// chains are all that an account has.
func chains() []string {
	all := []string{peoplesChain}
	for n := range executionChains {
		all = append(all, "x"+strconv.Itoa(n))
	}
	return all
}

type entryItem struct {
	Account   string       `dynamodbav:"account"`
	Chain     string       `dynamodbav:"chain"`
	Sequence  int64        `dynamodbav:"sequence"`
	At        time.Time    `dynamodbav:"at"`
	Actor     string       `dynamodbav:"actor"`
	Action    audit.Action `dynamodbav:"action"`
	Resource  string       `dynamodbav:"resource"`
	Agent     string       `dynamodbav:"agent,omitempty"`
	Execution string       `dynamodbav:"execution,omitempty"`
	Node      string       `dynamodbav:"node,omitempty"`
	Iteration string       `dynamodbav:"iteration,omitempty"`
	Reason    string       `dynamodbav:"reason,omitempty"`
	Count     int64        `dynamodbav:"count,omitempty"`
	PrevHash  string       `dynamodbav:"prev_hash,omitempty"`
	Hash      string       `dynamodbav:"hash"`
}

type indexedEntry struct {
	entryItem
	indexed
}

// chainAttempts is how often an entry is tried to be put behind a chain's end.
const chainAttempts = 20

// chained makes a transaction that leaves entries behind. Each is put where no entry
// is yet, behind the last one that was read: if somebody else was faster, the whole is
// tried again. There is no item that holds the end: it is found by the order of keys.
func (s *Store) chained(ctx context.Context, chain string, entries []audit.Entry, writes []write) error {
	for n := 0; ; n++ {
		behind, err := s.behindEnd(ctx, chain, entries)
		if err != nil {
			return err
		}
		if err = s.transactAll(ctx, slices.Concat(writes, behind)); err != errChainMoved { //nolint:errorlint // it is never wrapped
			return err
		}
		if n == chainAttempts-1 {
			return tooManyAtOnce()
		}
		if err := pause(ctx, min(n, 4)); err != nil {
			return err
		}
	}
}

// behindEnd gives entries their places in a chain.
func (s *Store) behindEnd(ctx context.Context, chain string, entries []audit.Entry) ([]write, error) {
	account := entries[0].Account
	last, err := s.chainEnd(ctx, account, chain)
	if err != nil {
		return nil, err
	}
	var writes []write
	for _, e := range entries {
		e.Chain = chain
		if e.At.IsZero() {
			e.At = s.now()
		}
		last = e.After(last)
		writes = append(writes, write{
			key: auditKey(account, chain, last.Sequence),
			put: indexedEntry{entryItem(last), indexed{
				List: auditList(account), StatusList: auditOf(account, last.Resource),
				Started: startedSort(last.At, chain, fmt.Sprintf("%012d", last.Sequence)),
			}},
			when: notExists, fails: otherwise(errChainMoved),
		})
	}
	return writes, nil
}

// chainEnd reads the last entry of a chain; the zero one where there is none.
func (s *Store) chainEnd(ctx context.Context, account, chain string) (audit.Entry, error) {
	items, _, err := s.read(ctx, listing{partition: auditKey(account, chain, 0).partition, newestFirst: true}, "", 1)
	if err != nil || len(items) == 0 {
		return audit.Entry{}, err
	}
	var v entryItem
	err = unmarshal(items[0], &v)
	return audit.Entry(v), err
}

// Note implements audit.Repository.
func (s *Store) Note(ctx context.Context) error {
	return doing(s.transact(ctx), "writing to the audit")
}

// Audit implements audit.Repository. A list by actor is the account's without the others.
func (s *Store) Audit(ctx context.Context, account string, f audit.Filter, q page.Query) (page.Of[audit.Entry], error) {
	l := listing{name: "audit", index: listIndex, newestFirst: true, partition: auditList(account), filtered: f.Actor != ""}
	if f.Resource != "" {
		l.index, l.partition = statusIndex, auditOf(account, f.Resource)
	}
	p, err := pageOf(ctx, s, l, q, func(ctx context.Context, found []item) ([]*audit.Entry, error) {
		keys := make([]key, len(found))
		for n, i := range found {
			keys[n] = key{textOf(i, partitionAttribute), textOf(i, sortAttribute)}
		}
		items, err := s.getAll(ctx, keys)
		if err != nil {
			return nil, err
		}
		entries := make([]*audit.Entry, len(keys))
		for n, k := range keys {
			v := &entryItem{}
			if err := unmarshal(items[k], v); err != nil {
				return nil, err
			}
			if e := (*audit.Entry)(v); f.Passes(*e) {
				entries[n] = e
			}
		}
		return entries, nil
	})
	return p, doing(err, "listing the audit")
}

// AuditChains implements audit.Repository.
func (s *Store) AuditChains(ctx context.Context, account string, after audit.Place, each func(audit.Entry) error) error {
	all := chains()
	for _, chain := range all[max(0, slices.Index(all, after.Chain)):] {
		l := listing{partition: auditKey(account, chain, 0).partition}
		if chain == after.Chain {
			l.from = auditKey(account, chain, after.Sequence).sort
		}
		err := s.all(ctx, l, func(i item) error {
			var v entryItem
			if err := unmarshal(i, &v); err != nil {
				return err
			}
			return each(audit.Entry(v))
		})
		if err != nil {
			return fmt.Errorf("reading the audit: %w", err)
		}
	}
	return nil
}

// openedAtOnce is how many openings go into one transaction, beside what else it writes.
const openedAtOnce = 60

// transactOpened makes the last change of an execution, whose first write is to the
// execution's own item, and tells the audit what was opened for it. The tasks have
// written that down with their records, in a write that was to be made anyway, and an
// execution keeps to one chain: so no task waits for another. What is more than goes
// into one transaction goes before it.
func (s *Store) transactOpened(ctx context.Context, x executionItem, writes []write) error {
	entries, err := s.opened(ctx, x)
	if err != nil {
		return err
	}
	for seen := x.Audited; len(entries) > openedAtOnce; entries = entries[openedAtOnce:] {
		head := write{key: writes[0].key, update: "SET #audited = :audited", when: exists, fails: moved}.noting(entries[openedAtOnce-1].At, seen)
		if err := s.chained(ctx, chainOf(x.ID), entries[:openedAtOnce], []write{head}); err != nil {
			return err
		}
		seen = entries[openedAtOnce-1].At
		x.Audited = seen
	}
	if len(entries) == 0 {
		return s.transactAll(ctx, writes)
	}
	last := entries[len(entries)-1].At
	writes[0].update = strings.Replace(writes[0].update, "SET ", "SET #audited = :audited, ", 1)
	writes[0] = writes[0].noting(last, x.Audited)
	return s.chained(ctx, chainOf(x.ID), entries, writes)
}

// noting sets up to when the audit has what was opened, unless somebody else did.
func (w write) noting(until, seen time.Time) write {
	bound := values{":audited": until, ":seen": seen}
	maps.Copy(bound, w.values)
	w.values = bound
	w.when += " AND (attribute_not_exists(#audited) OR #audited = :seen)"
	return w
}

// opened gives what was opened for an execution since the audit was last told, oldest
// first.
func (s *Store) opened(ctx context.Context, x executionItem) ([]audit.Entry, error) {
	entries := execution.Execution(x.executionFields).Opening()
	k := task.Key{Account: x.Account, Execution: x.ID}
	l := listing{partition: recordKey(k).partition, only: "#node, #iteration, #openings"}
	err := s.all(ctx, l, func(i item) error {
		var v recordItem
		if err := unmarshal(i, &v); err != nil {
			return err
		}
		k.Node, k.Iteration = v.Node, v.Iteration
		for _, o := range v.Openings {
			entries = append(entries, o.Entry(k))
		}
		return nil
	})
	entries = slices.DeleteFunc(entries, func(e audit.Entry) bool { return !e.At.After(x.Audited) })
	slices.SortStableFunc(entries, func(a, b audit.Entry) int { return a.At.Compare(b.At) })
	return entries, err
}
