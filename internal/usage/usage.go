// Package usage counts what an account uses, by day: executions, runs of action nodes,
// and calls by connector. Counting takes no part in the work: it happens in memory, and
// is written now and then. What a crash takes of it is what was counted since.
package usage

import (
	"context"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/fault"
)

// Calls are those of a connector.
type Calls struct {
	Calls  int64 `json:"calls" doc:"Attempts in which the service was called"`
	Errors int64 `json:"errors" doc:"Attempts that failed, those included that came to no call"`
}

// Counts are what was used in some time.
type Counts struct {
	Executions int64            `json:"executions" doc:"Executions that ended"`
	Failed     int64            `json:"failed" doc:"How many of them did not succeed"`
	NodeRuns   int64            `json:"node_runs" doc:"Runs of action nodes, several attempts of one counted once; logic nodes are not counted"`
	Connectors map[string]Calls `json:"connectors" nullable:"false" doc:"By connector"`
}

// Add adds others.
func (c *Counts) Add(more Counts) {
	c.Executions += more.Executions
	c.Failed += more.Failed
	c.NodeRuns += more.NodeRuns
	for name, calls := range more.Connectors {
		if c.Connectors == nil {
			c.Connectors = map[string]Calls{}
		}
		was := c.Connectors[name]
		c.Connectors[name] = Calls{Calls: was.Calls + calls.Calls, Errors: was.Errors + calls.Errors}
	}
}

// None says whether nothing was counted.
func (c Counts) None() bool {
	return c.Executions == 0 && c.Failed == 0 && c.NodeRuns == 0 && len(c.Connectors) == 0
}

// Day is what was used on a day, in UTC.
type Day struct {
	Day string // 2006-01-02
	Counts
}

// DayOf names the day of a time.
func DayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Repository keeps what was counted. Errors are faults.
type Repository interface {
	// AddUsage adds to a day of an account.
	AddUsage(ctx context.Context, account, day string, c Counts) error
	// UsageDays lists an account's days from one to another, both included; days without
	// any use are not in it.
	UsageDays(ctx context.Context, account, from, to string) ([]Day, error)
}

// MaxDays is how many days can be asked for at once.
const MaxDays = 400

// Service shows what an account used.
type Service struct {
	Repository Repository
	// Flush writes what was counted and is not written yet; nil where that is not here.
	Flush func(ctx context.Context) error
	Now   func() time.Time
}

// Usage gives the days from one to another, both included. Without them it is the last
// 30 days.
func (s *Service) Usage(ctx context.Context, p account.Principal, from, to string) (days []Day, first, last string, err error) {
	end, err := s.day("/query/to", to, s.Now().UTC())
	if err != nil {
		return nil, "", "", err
	}
	begin, err := s.day("/query/from", from, end.AddDate(0, 0, -29))
	if err != nil {
		return nil, "", "", err
	}
	switch {
	case begin.After(end):
		return nil, "", "", fault.New(fault.ValidationFailed, "The request is not valid.").At("/query/from", "is later than to")
	case begin.AddDate(0, 0, MaxDays).Before(end):
		return nil, "", "", fault.New(fault.ValidationFailed, "The request is not valid.").At("/query/from", "is more than 400 days before to")
	}
	if s.Flush != nil {
		if err := s.Flush(ctx); err != nil {
			return nil, "", "", err
		}
	}
	days, err = s.Repository.UsageDays(ctx, p.Account, DayOf(begin), DayOf(end))
	return days, DayOf(begin), DayOf(end), err
}

func (s *Service) day(pointer, text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fault.New(fault.ValidationFailed, "The request is not valid.").At(pointer, "must be a day such as 2026-02-28")
	}
	return t, nil
}
