package bolt

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"switchboard/internal/audit"
	"switchboard/internal/page"
)

// auditChain is the one chain that an account has here: all writes pass through one
// goroutine, which knows each chain's end, so adding to it waits for nobody.
const auditChain = "0"

func auditKey(account string, sequence int64) []byte {
	return binary.BigEndian.AppendUint64(prefix(account), uint64(sequence))
}

func auditByKey(e audit.Entry, kind, id string) []byte {
	return binary.BigEndian.AppendUint64(prefix(e.Account, kind, id), uint64(e.Sequence))
}

// auditListing is where the entries of one list stand.
func auditListing(account string, f audit.Filter) listing {
	switch {
	case f.Resource != "":
		return listing{name: "audit", in: auditByBucket, below: prefix(account, "resource", f.Resource), newestFirst: true}
	case f.Actor != "":
		return listing{name: "audit", in: auditByBucket, below: prefix(account, "actor", f.Actor), newestFirst: true}
	default:
		return listing{name: "audit", in: auditBucket, below: prefix(account), newestFirst: true}
	}
}

// chain stages a write's entries behind those of before. It comes when nothing else
// can go wrong with the write.
func (s *Store) chain(c *change) error {
	for _, e := range c.entries {
		last, known := s.chainEnds[e.Account]
		if !known {
			var err error
			if last, err = chainEnd(c.tx, e.Account); err != nil {
				return err
			}
		}
		e.Chain = auditChain
		if e.At.IsZero() {
			e.At = s.now()
		}
		e = e.After(last)
		value, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encoding an entry of the audit: %w", err)
		}
		c.put(auditBucket, auditKey(e.Account, e.Sequence), value)
		c.mark(auditByBucket, auditByKey(e, "resource", e.Resource))
		c.mark(auditByBucket, auditByKey(e, "actor", e.Actor))
		if len(s.chainEnds) >= maxChainEnds {
			clear(s.chainEnds)
		}
		s.chainEnds[e.Account] = e
	}
	return nil
}

// maxChainEnds is of how many accounts the end of the chain is remembered.
const maxChainEnds = 10_000

// chainEnd reads the last entry of an account's chain; the zero one where there is none.
func chainEnd(tx *bbolt.Tx, account string) (e audit.Entry, err error) {
	_, value := auditListing(account, audit.Filter{}).start(auditBucket.of(tx).Cursor(), nil)
	key := prefix(account)
	if value == nil {
		return e, nil
	}
	if e, err = unpackEntry(value); err != nil || string(prefix(e.Account)) != string(key) {
		return audit.Entry{}, err // else it is another account's
	}
	return e, nil
}

func unpackEntry(value []byte) (e audit.Entry, err error) {
	if err = json.Unmarshal(value, &e); err != nil {
		err = fmt.Errorf("decoding an entry of the audit: %w", err)
	}
	return e, err
}

// Note implements audit.Repository.
func (s *Store) Note(ctx context.Context) error {
	entries := audit.From(ctx)
	err := s.do(audit.Without(ctx), 0, func(c *change) error {
		c.entries = append(c.entries, entries...)
		return nil
	})
	return doing(err, "writing to the audit")
}

// Audit implements audit.Repository.
func (s *Store) Audit(ctx context.Context, account string, f audit.Filter, q page.Query) (p page.Of[audit.Entry], err error) {
	if err := s.settle(ctx); err != nil {
		return p, doing(err, "listing the audit")
	}
	l := auditListing(account, f)
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		p, err = pageOf(tx, l, q, func(sequence, value []byte) (audit.Entry, bool, error) {
			if l.in != auditBucket {
				value = auditBucket.of(tx).Get(append(prefix(account), sequence...))
			}
			e, err := unpackEntry(value)
			return e, f.Passes(e), err
		})
		return err
	})
	return p, doing(err, "listing the audit")
}

// AuditChains implements audit.Repository.
func (s *Store) AuditChains(ctx context.Context, account string, after audit.Place, read func(audit.Entry) error) error {
	if err := s.settle(ctx); err != nil {
		return doing(err, "reading the audit")
	}
	var from, last []byte
	if after.Chain == auditChain {
		from = auditKey(account, after.Sequence)[len(prefix(account)):]
	}
	for done := false; !done; {
		// In parts, so that a slow reader does not keep freed pages from being used again.
		var entries []audit.Entry
		err := s.view(ctx, func(tx *bbolt.Tx) error {
			p, err := pageOf(tx, listing{name: "audit", in: auditBucket, below: prefix(account), from: from}, page.Query{Limit: page.MaxLimit, Cursor: string(last)},
				func(_, value []byte) (audit.Entry, bool, error) {
					e, err := unpackEntry(value)
					return e, true, err
				})
			entries, last, done = p.Items, []byte(p.Next), p.Next == ""
			return err
		})
		if err != nil {
			return doing(err, "reading the audit")
		}
		for _, e := range entries {
			if err := read(e); err != nil {
				return err
			}
		}
	}
	return nil
}
