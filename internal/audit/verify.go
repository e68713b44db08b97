package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Broken is the first entry of a chain that does not fit.
type Broken struct {
	Entry Entry
	Row   int // of all entries that were given, from 1
	Why   string
}

func (b *Broken) Error() string {
	return fmt.Sprintf("row %d (chain %q, sequence %d, %s of %s at %s): %s", b.Row, b.Entry.Chain, b.Entry.Sequence,
		b.Entry.Action, b.Entry.Resource, b.Entry.At.Format("2006-01-02T15:04:05Z07:00"), b.Why)
}

// Verifier holds entries to their chains. They may come from several, mixed, but each
// chain in its order and from its beginning.
type Verifier struct {
	Rows int
	last map[[2]string]Entry // by account and chain
}

// Next takes an entry. It is a Broken where that does not fit what came before.
func (v *Verifier) Next(e Entry) error {
	v.Rows++
	if v.last == nil {
		v.last = map[[2]string]Entry{}
	}
	chain := [2]string{e.Account, e.Chain}
	last := v.last[chain]
	broken := func(format string, args ...any) error {
		return &Broken{Entry: e, Row: v.Rows, Why: fmt.Sprintf(format, args...)}
	}
	switch {
	case e.Hash != e.sum():
		return broken("it was changed: its hash is not that of what it says")
	case e.Sequence != last.Sequence+1:
		return broken("entries are missing or out of order: %d comes after %d", e.Sequence, last.Sequence)
	case e.PrevHash != last.Hash:
		return broken("the entry before it was replaced: it follows %q, not %q", short(e.PrevHash), short(last.Hash))
	case e.At.Before(last.At):
		return broken("it is older than the entry before it")
	}
	v.last[chain] = e
	return nil
}

func short(hash string) string { return hash[:min(len(hash), 12)] }

// Ends gives the last entry of every chain.
func (v *Verifier) Ends() []Entry {
	var ends []Entry
	for _, e := range v.last {
		ends = append(ends, e)
	}
	return ends
}

// VerifyLines verifies an export: entries as JSON, one a line. Members that an entry has
// not got, or has twice, or that are spelled in another case, are no part of what was
// exported.
func VerifyLines(r io.Reader) (*Verifier, error) {
	v := &Verifier{}
	lines := jsontext.NewDecoder(r)
	for {
		line, err := lines.ReadValue()
		if errors.Is(err, io.EOF) {
			return v, nil
		}
		var e Entry
		if err == nil {
			e, err = read(line)
		}
		if err != nil {
			return v, &Broken{Entry: e, Row: v.Rows + 1, Why: "it is no entry: " + err.Error()}
		}
		if err := v.Next(e); err != nil {
			return v, err
		}
	}
}

// read reads an entry, and nothing besides: what it says is all that the line has.
func read(line jsontext.Value) (e Entry, err error) {
	if err := json.Unmarshal(line, &e); err != nil {
		return e, err //nolint:wrapcheck // Broken says of what
	}
	said, err := json.Marshal(e)
	if err != nil {
		return e, err //nolint:wrapcheck // the same
	}
	given, known := line.Clone(), jsontext.Value(said)
	if err := errors.Join(given.Canonicalize(), known.Canonicalize()); err != nil {
		return e, err
	}
	if !bytes.Equal(given, known) {
		return e, errors.New("it has members that an entry has not got, or spelled in another way")
	}
	return e, nil
}
