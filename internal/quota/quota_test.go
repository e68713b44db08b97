package quota_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/quota"
)

func TestParse(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		s, err := quota.Parse("workflows=3, acc_1:workflows=5\n executions_per_minute=0")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			account string
			q       quota.Quota
			want    int
		}{
			{"acc_1", quota.Workflows, 5}, {"acc_12", quota.Workflows, 3}, {"acc_1", quota.ExecutionsPerMinute, 0},
			{"acc_1", quota.PayloadBytes, quota.PayloadBytes.Default},
		} {
			if got := s.Of(c.account, c.q); got != c.want {
				t.Errorf("%s of %s = %d, want %d", c.q.Name, c.account, got, c.want)
			}
		}
	})
	for name, text := range map[string]string{
		"ErrUnknown": "workflow=3", "ErrNotANumber": "workflows=many", "ErrNoNumber": "workflows", "ErrNegative": "workflows=-1",
		"ErrTooHigh": "payload_bytes=999999999", "ErrNoBoundWhereThereIsOne": "payload_bytes=0", "ErrOverflow": "workflows=99999999999999999999",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := quota.Parse(text); !fault.Is(err, fault.ValidationFailed) {
				t.Errorf("err = %v, want it refused", err)
			}
		})
	}
}

// running counts, as a store would, what the test says.
type running struct{ n, asked int }

func (r *running) CountRunning(_ context.Context, _ string, limit int) (int, error) {
	r.asked++
	return min(r.n, limit), nil
}

// starts counts how often the counter behind it is asked.
type starts struct {
	quota.Memory
	asked int
	err   error
}

func (s *starts) TakeStarts(ctx context.Context, account string, minute time.Time, n, limit int) (bool, error) {
	s.asked++
	if s.err != nil {
		return false, s.err
	}
	return s.Memory.TakeStarts(ctx, account, minute, n, limit)
}

func admission(t *testing.T, settings string, s quota.Starts, r quota.Running) *quota.Admission {
	t.Helper()
	parsed, err := quota.Parse(settings)
	if err != nil {
		t.Fatal(err)
	}
	return quota.NewAdmission(quota.Config{Settings: parsed, Starts: s, Running: r, Now: time.Now})
}

// admit tries n times and gives how often it was let in, and the last refusal.
func admit(t *testing.T, a *quota.Admission, account string, n int) (admitted int, refusal *fault.Error) {
	t.Helper()
	for range n {
		done, err := a.Admit(t.Context(), account)
		done()
		switch {
		case err == nil:
			admitted++
		case !fault.Is(err, fault.TooManyRequests):
			t.Fatalf("err = %v, want too_many_requests", err)
		default:
			refusal = fault.Of(err)
		}
	}
	return admitted, refusal
}

func TestStartsPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counter := &starts{}
		// Three processes share the counter.
		var processes []*quota.Admission
		for range 3 {
			processes = append(processes, admission(t, "executions_per_minute=1000", counter, &running{}))
		}
		time.Sleep(20 * time.Second) // into the minute
		total := 0
		var refusal *fault.Error
		for _, p := range processes {
			n, f := admit(t, p, "acc_1", 600)
			total += n
			if f != nil {
				refusal = f
			}
		}
		if total > 1000 || total < 950 {
			t.Errorf("%d were admitted, want 1000 or a little less", total)
		}
		if refusal == nil || refusal.RetryAfter != 40*time.Second || refusal.Hint == "" {
			t.Errorf("refusal = %+v, want one that says to wait for the next minute", refusal)
		}
		if counter.asked > 150 {
			t.Errorf("the counter was asked %d times for %d starts: it is as hot as the account is busy", counter.asked, total)
		}
		if n, _ := admit(t, processes[0], "acc_2", 10); n != 10 {
			t.Errorf("another account was let in %d times of 10", n)
		}
		time.Sleep(refusal.RetryAfter)
		if n, _ := admit(t, processes[0], "acc_1", 10); n != 10 {
			t.Errorf("after the wait that was told %d of 10 were let in", n)
		}
	})
}

func TestRunningAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &running{}
		a := admission(t, "concurrent_executions=5", &starts{}, r)
		n, refusal := admit(t, a, "acc_1", 8)
		if n != 5 || refusal == nil || refusal.RetryAfter <= 0 {
			t.Fatalf("%d were admitted (%v), want 5", n, refusal)
		}
		if r.asked > 2 {
			t.Errorf("what runs was counted %d times for 8 starts", r.asked)
		}
		r.n = 3 // two have ended
		time.Sleep(refusal.RetryAfter)
		if n, _ := admit(t, a, "acc_1", 8); n != 2 {
			t.Errorf("%d were admitted where there is room for 2", n)
		}
	})
}

func TestCounterOutOfReach(t *testing.T) {
	a := admission(t, "executions_per_minute=2", &starts{err: errors.New("no answer")}, &running{})
	if n, _ := admit(t, a, "acc_1", 5); n != 5 {
		t.Errorf("%d of 5 were admitted while the counter cannot be reached", n)
	}
}

func TestPayload(t *testing.T) {
	a := admission(t, "payload_bytes=1000", &starts{}, &running{})
	if err := a.CheckPayload("acc_1", 1000); err != nil {
		t.Errorf("1000 bytes: %v", err)
	}
	if err := a.CheckPayload("acc_1", 1001); !fault.Is(err, fault.PayloadTooLarge) {
		t.Errorf("1001 bytes: %v, want too large", err)
	}
}

// An account with thousands in line, none of which ever ends, leaves places for
// another one; and of two that wait, each gets every second place.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := quota.NewTurns(8, nil)
		var mu sync.Mutex
		var order []string
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		hold := make(chan struct{})
		stand := func(account string) {
			wg.Go(func() {
				done, err := turns.Take(ctx, account)
				if err != nil {
					return
				}
				mu.Lock()
				order = append(order, account)
				mu.Unlock()
				<-hold
				done()
			})
		}
		for range 1000 {
			stand("flood")
		}
		synctest.Wait()
		if len(order) != 6 {
			t.Fatalf("a flood alone has %d of 8 places, want three quarters", len(order))
		}
		stand("quiet")
		synctest.Wait()
		if order[len(order)-1] != "quiet" {
			t.Fatal("another account waits behind the flood")
		}
		for range 20 {
			stand("quiet")
		}
		synctest.Wait()
		before := len(order)
		for range 20 { // one place is free at a time
			hold <- struct{}{}
			synctest.Wait()
		}
		counts := map[string]int{}
		for _, account := range order[before:] {
			counts[account]++
		}
		if counts["quiet"] < 8 || counts["flood"] < 8 {
			t.Errorf("of 20 places that became free the accounts got %v, want about half each", counts)
		}
		cancel() // who waits goes away, and leaves nothing behind
		close(hold)
		wg.Wait()
		done, err := turns.Take(t.Context(), "later")
		if err != nil {
			t.Error(err)
		}
		done()
	})
}

func TestOwnLimitOfTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := quota.NewTurns(100, func(account string) int { return map[string]int{"small": 2}[account] })
		taken := make(chan string, 200)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for n := range 10 {
			wg.Go(func() {
				if done, err := turns.Take(ctx, "small"); err == nil {
					taken <- fmt.Sprint(n)
					<-ctx.Done()
					done()
				}
			})
		}
		synctest.Wait()
		if len(taken) != 2 {
			t.Errorf("the account has %d places, want its own limit of 2", len(taken))
		}
		cancel()
		wg.Wait()
	})
}
