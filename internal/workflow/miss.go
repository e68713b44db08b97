package workflow

import (
	"context"
	"fmt"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/fault"
)

// Miss is the starts that a trigger has not made, and will not: those of one workflow,
// for one reason.
type Miss struct {
	Account  string
	Workflow string
	Trigger  string // TriggerSchedule or TriggerEvent
	Reason   MissReason
	Due      time.Time // when the last of them should have been
	Event    string    // the last one's id; "" of a schedule

	// What the store sets: when the first and the last of them was given up, and how
	// many there are.
	First, Last time.Time
	Count       int64
}

// MissReason is why a trigger did not start its workflow.
type MissReason string

// The reasons.
const (
	MissSuperseded MissReason = "superseded" // it was refused until the next run of the schedule was due
	MissExpired    MissReason = "expired"    // it was refused for as long as it is tried
	MissFailed     MissReason = "failed"
)

const (
	// MissesKept is how long a miss is shown after its last start: who looks once a week
	// sees it. That a later start went well does not make up for what was missed.
	MissesKept = 7 * 24 * time.Hour
	// mostMissed is how many are shown.
	mostMissed = 100
)

// Misses stores what was missed. Errors are faults.
type Misses interface {
	// AddMiss counts one more start to those of the same workflow and reason.
	AddMiss(ctx context.Context, m Miss) error
	// Misses lists an account's whose last start was within MissesKept, by when that was,
	// the latest first.
	Misses(ctx context.Context, account string) ([]Miss, error)
}

// Missed is a miss, and what the workflow is called.
type Missed struct {
	Miss
	Name, Agent string
}

// Missed lists what the triggers of the account's workflows have missed lately, the
// latest first, up to 100. What was deleted is nobody's concern any more.
func (s *Service) Missed(ctx context.Context, p account.Principal) ([]Missed, error) {
	misses, err := s.Misses.Misses(ctx, p.Account)
	if err != nil {
		return nil, fmt.Errorf("reading what was missed: %w", err)
	}
	var found []Missed
	for _, m := range misses[:min(len(misses), mostMissed)] {
		w, err := s.Repository.Workflow(ctx, p.Account, m.Workflow)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading workflow: %w", err)
		}
		found = append(found, Missed{m, w.Name, w.Agent})
	}
	return found, nil
}
