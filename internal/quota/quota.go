// Package quota bounds what one account may take, so that no account, by mistake or
// on purpose, takes what others need.
//
// Starts are counted by the minute. On AWS the counter of an account's minute is an
// item of the table; but a start that adds one to it would make that item as hot as
// the account is busy (DynamoDB takes 1,000 writes a second on one item), and would
// cost every start a write and its time. So each process takes starts out of the
// counter in lots: one at first, then twice as many as the last time, up to a
// twentieth of the quota. An account that starts rarely costs a write for each of its
// first starts in a minute; one that starts 6,000 times costs some thirty, and each
// process does the rest in memory. What is left of a lot at the end of the minute is
// lost, so a process may be refused early, by less than what it has used itself;
// never are more admitted than the quota says. A counter that cannot be reached
// admits: the quota guards others from an account, not the account from an outage.
// Where one process is all there is, the counter is in its memory.
//
// What runs is not counted by adding and taking away: such a counter drifts with
// every crash in between. It is read from the list of what runs, at most every ten
// seconds for a process and an account, with what the process has started since added
// to it; while the account is at its quota, once a second. So the quota holds exactly
// where one process is all there is; on AWS it can be passed by what other processes
// start within those seconds, which the quota of starts bounds.
//
// A start that repeats an earlier one, by its idempotency key, takes from the quota
// like any other. What a workflow node runs does not: its parent was admitted, and
// depth and loops are bounded. Redriving takes like starting.
package quota

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/fault"
	"switchboard/internal/spelling"
	"switchboard/internal/value"
)

// Quota is a bound on what an account may take.
type Quota struct {
	Name    string
	Default int // what holds where nothing is set; 0 is no bound
	Highest int // what it may be set to at most; 0 is anything
	Summary string
}

// The quotas.
var (
	Workflows            = Quota{"workflows", 1_000, 0, "Workflows that the account may have"}
	ExecutionsPerMinute  = Quota{"executions_per_minute", 300_000, 0, "Executions that may be started in a minute"}
	ConcurrentExecutions = Quota{"concurrent_executions", 20_000, 0, "Executions that may run or wait at once"}
	ConcurrentCalls      = Quota{"concurrent_calls", 1_000, 0, "Calls to services that may be under way at once, in the local stack; more of them wait"}
	PayloadBytes         = Quota{"payload_bytes", value.MaxDataBytes, value.MaxDataBytes, "Bytes of what an execution is started with"}
	ScheduleSeconds      = Quota{"schedule_seconds", 60, 0, "Seconds that have to be between two runs of a schedule"}
)

// All lists them.
func All() []Quota {
	return []Quota{Workflows, ExecutionsPerMinute, ConcurrentExecutions, ConcurrentCalls, PayloadBytes, ScheduleSeconds}
}

// Settings are the quotas of a deployment.
type Settings struct {
	everyone map[string]int
	accounts map[string]map[string]int
}

// Of gives an account's quota; 0 is no bound.
func (s Settings) Of(account string, q Quota) int {
	if n, ok := s.accounts[account][q.Name]; ok {
		return n
	}
	if n, ok := s.everyone[q.Name]; ok {
		return n
	}
	return q.Default
}

// Parse reads settings such as "workflows=100, acc_1:executions_per_minute=600":
// name=number for every account, account:name=number for one. 0 is no bound.
func Parse(text string) (Settings, error) {
	s := Settings{map[string]int{}, map[string]map[string]int{}}
	for _, entry := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		if err := s.add(entry); err != nil {
			return Settings{}, err
		}
	}
	return s, nil
}

func (s Settings) add(entry string) error {
	name, value, _ := strings.Cut(entry, "=")
	account, own, isOwn := strings.Cut(name, ":")
	if isOwn {
		name = own
	}
	i := slices.IndexFunc(All(), func(q Quota) bool { return q.Name == name })
	if i < 0 {
		var names []string
		for _, q := range All() {
			names = append(names, q.Name)
		}
		return fault.New(fault.ValidationFailed, "There is no quota %q.", name).WithHint("%s", spelling.Hint(name, names, "The quotas are"))
	}
	q := All()[i]
	n, err := strconv.Atoi(value)
	switch {
	case err != nil || n < 0:
		return fault.New(fault.ValidationFailed, "The quota %s is %q, which is not a whole number.", name, value).
			WithHint("Give it as %s=%d; 0 is no bound.", name, q.Default)
	case q.Highest > 0 && (n == 0 || n > q.Highest):
		return fault.New(fault.ValidationFailed, "The quota %s can be %d at most.", name, q.Highest)
	case !isOwn:
		s.everyone[name] = n
	default:
		if s.accounts[account] == nil {
			s.accounts[account] = map[string]int{}
		}
		s.accounts[account][name] = n
	}
	return nil
}

// Shown is a quota of an account as people see it.
type Shown struct {
	Quota
	Limit int
}

// Show lists an account's quotas, by name.
func (s Settings) Show(account string) []Shown {
	var shown []Shown
	for _, q := range All() {
		shown = append(shown, Shown{q, s.Of(account, q)})
	}
	slices.SortFunc(shown, func(a, b Shown) int { return cmp.Compare(a.Name, b.Name) })
	return shown
}

// exceeded is the fault of whoever is over a quota.
func exceeded(q Quota, limit int, format string, args ...any) *fault.Error {
	return fault.New(fault.TooManyRequests, "%s", fmt.Sprintf(format, args...)).
		WithHint("The account's quota %s is %d. Spread the work over time, or ask whoever runs Switchboard for a higher quota.", q.Name, limit)
}
