package workflow

import (
	"context"
	"fmt"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/quota"
)

// Room refuses so many more workflows where the account would have more than it may. It
// is for who asks beforehand: what holds is the limit with which each is created.
func (s *Service) Room(ctx context.Context, account string, more int) error {
	limit := s.Quotas.Of(account, quota.Workflows)
	if limit == 0 {
		return nil
	}
	n, err := s.Repository.CountWorkflows(ctx, account, limit)
	if err != nil {
		return fmt.Errorf("counting workflows: %w", err)
	}
	if n+more <= limit {
		return nil
	}
	return tooMany(limit, n)
}

func tooMany(limit, n int) *fault.Error {
	f := fault.New(fault.TooManyRequests, "The account may have %d workflows, and has %d.", limit, n).
		WithHint("Delete those that are not needed, or ask whoever runs Switchboard for a higher quota %s.", quota.Workflows.Name)
	f.RetryAfter = time.Minute
	return f
}

// runsLookedAt is how many of a schedule's runs are looked at for the time between them.
const runsLookedAt = 200

// checkSpacing refuses a schedule that runs more often than the account may have it.
// That it is no more than once a minute is a rule of schedules themselves.
func (s *Service) checkSpacing(account string, v Version) error {
	least := time.Duration(s.Quotas.Of(account, quota.ScheduleSeconds)) * time.Second
	if least <= time.Minute {
		return nil
	}
	runs, err := s.NextRuns(v, runsLookedAt)
	if err != nil {
		return err
	}
	for i := 1; i < len(runs); i++ {
		if between := runs[i].Sub(runs[i-1]); between < least {
			return invalid(Diagnostics{{
				Severity: Error, Code: "schedule_too_close", Pointer: "/trigger/config",
				Message: fmt.Sprintf("The schedule runs twice within %s; the account's schedules need %s between two runs.", between, least),
				Hint:    "Let it run less often.",
			}})
		}
	}
	return nil
}
