package schedule_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/schedule"
)

func TestExpressions(t *testing.T) {
	for cron, want := range map[string][]string{
		"0 9 * * mon-fri":          {"cron(0 9 ? * MON,TUE,WED,THU,FRI *)"},
		"*/5 * * * *":              {"cron(0/5 * * * ? *)"},
		"0 0 1 jan *":              {"cron(0 0 1 1 ? *)"},
		"0 0 * * 0":                {"cron(0 0 ? * SUN *)"},
		"0 0 * * 7":                {"cron(0 0 ? * SUN *)"},
		"0 0 * * 1":                {"cron(0 0 ? * MON *)"},
		"10-30/10 1,3 * mar-may ?": {"cron(10,20,30 1,3 * 3-5 ? *)"},
		"7/20 0-23 */2 */3 *":      {"cron(7/20 * 1/2 1/3 ? *)"},
		"0-40/20 * * * *":          {"cron(0/20 * * * ? *)"},
		"0-41/20 1-3 * * *":        {"cron(0/20 1-3 * * ? *)"},
		"0-20/20 */12 * * *":       {"cron(0,20 0,12 * * ? *)"},
		"0 9 13 * fri":             {"cron(0 9 13 * ? *)", "cron(0 9 ? * FRI *)"},
		"0 9 13 * 0-6":             {"cron(0 9 13 * ? *)", "cron(0 9 ? * * *)"},
		"@daily":                   {"cron(0 0 * * ? *)"},
	} {
		s, err := schedule.Parse(cron, "", "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.Expressions()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", cron, diff)
		}
		if s.BothDays() != (len(want) == 2) {
			t.Errorf("%s restricts both days: %v", cron, s.BothDays())
		}
	}
	for rate, want := range map[string]string{
		"1 minute": "rate(1 minute)", "90 minutes": "rate(90 minutes)", "120 minutes": "rate(2 hours)", "1 hour": "rate(1 hour)",
		"24 hours": "rate(1 day)", "48 hours": "rate(2 days)", "1441 minutes": "rate(1441 minutes)",
	} {
		s, err := schedule.Parse("", rate, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Expressions(); len(got) != 1 || got[0] != want || !s.IsRate() {
			t.Errorf("%s is %s, want %s", rate, got, want)
		}
	}
}

// clockwork runs an expression as the user guide of EventBridge Scheduler says: it looks
// at the clock on the wall every minute, and at nothing else.
type clockwork struct {
	fields [5][]int // minutes, hours, days, months, weekdays from 1; nil is any
	zone   *time.Location
}

// newClockwork reads cron(...) by the guide's table of fields and wildcards.
func newClockwork(t *testing.T, expression string, zone *time.Location) clockwork {
	t.Helper()
	inner, ok := strings.CutPrefix(strings.TrimSuffix(expression, ")"), "cron(")
	fields := strings.Fields(inner)
	if !ok || len(fields) != 6 || fields[5] != "*" || (fields[2] == "?") == (fields[4] == "?") {
		t.Fatalf("%s is not an expression of EventBridge: it needs six fields, and ? for one of the days", expression)
	}
	c := clockwork{zone: zone}
	limits := [5][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {1, 7}}
	for i, field := range fields[:5] {
		if field == "*" || field == "?" {
			continue
		}
		for part := range strings.SplitSeq(field, ",") {
			switch from, to, isRange := strings.Cut(part, "-"); {
			case isRange:
				for v := value(t, from); v <= value(t, to); v++ {
					c.fields[i] = append(c.fields[i], v)
				}
			case strings.Contains(part, "/"):
				start, step, _ := strings.Cut(part, "/")
				for v := value(t, start); v <= limits[i][1]; v += value(t, step) {
					c.fields[i] = append(c.fields[i], v)
				}
			default:
				c.fields[i] = append(c.fields[i], value(t, part))
			}
		}
		if slices.Min(c.fields[i]) < limits[i][0] || slices.Max(c.fields[i]) > limits[i][1] {
			t.Fatalf("%s is out of bounds in %s", field, expression)
		}
	}
	return c
}

func value(t *testing.T, text string) int {
	t.Helper()
	if i := slices.Index([]string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}, text); i >= 0 {
		return i + 1
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (c clockwork) strikes(wall time.Time) bool {
	for i, v := range []int{wall.Minute(), wall.Hour(), wall.Day(), int(wall.Month()), int(wall.Weekday()) + 1} {
		if c.fields[i] != nil && !slices.Contains(c.fields[i], v) {
			return false
		}
	}
	return true
}

// runs gives the runs of several clockworks within hours from a moment. A time that the
// clock shows again is no run.
func runs(clocks []clockwork, from time.Time, hours int) []time.Time {
	shown := map[string]bool{}
	var all []time.Time
	for m := range hours * 60 {
		at := from.Add(time.Duration(m) * time.Minute)
		text := at.In(clocks[0].zone).Format("2006-01-02 15:04")
		struck := slices.ContainsFunc(clocks, func(c clockwork) bool { return c.strikes(at.In(c.zone)) })
		if struck && !shown[text] {
			all = append(all, at)
		}
		shown[text] = true
	}
	return all
}

// TestAsEventBridge compares the times of schedules with those that Scheduler makes of
// what is written for it, around the days on which clocks are put forward and back.
func TestAsEventBridge(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	days := []struct{ zone, from string }{
		{"Europe/Berlin", "2026-03-28T00:00:00Z"}, {"Europe/Berlin", "2026-10-24T00:00:00Z"}, {"America/New_York", "2026-03-07T12:00:00Z"},
		{"America/New_York", "2026-10-31T12:00:00Z"}, {"Australia/Lord_Howe", "2026-04-04T00:00:00Z"}, {"Australia/Lord_Howe", "2026-10-03T00:00:00Z"},
		{"America/St_Johns", "2026-10-31T12:00:00Z"}, {"Africa/Casablanca", "2026-02-14T00:00:00Z"}, {"UTC", "2028-02-28T00:00:00Z"}, {"Asia/Kathmandu", "2026-12-31T00:00:00Z"},
	}
	const hours = 60
	struck := 0
	for range 120 {
		day := days[random.IntN(len(days))]
		cron := randomCron(random)
		s, err := schedule.Parse(cron, "", day.zone)
		if err != nil {
			continue // the 31st of February
		}
		zone, err := time.LoadLocation(day.zone)
		if err != nil {
			t.Fatal(err)
		}
		from := moment(t, day.from)
		var clocks []clockwork
		for _, expression := range s.Expressions() {
			clocks = append(clocks, newClockwork(t, expression, zone))
		}
		want := runs(clocks, from, hours)
		struck += len(want)
		var got []time.Time
		for at := s.Next(from.Add(-time.Second), from); !at.IsZero() && at.Before(from.Add(hours*time.Hour)); at = s.Next(at, from) {
			got = append(got, at)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s in %s, which is %s, from %s (-EventBridge +ours):\n%s", cron, day.zone, s.Expressions(), day.from, diff)
		}
	}
	if struck < 400 {
		t.Errorf("only %d runs were compared", struck)
	}
}

func randomCron(r *rand.Rand) string {
	field := func(low, high, free int) string {
		a := low + r.IntN(high-low+1)
		b := a + r.IntN(high-a+1)
		switch n := r.IntN(10); {
		case n < free:
			return "*"
		case n%4 == 0:
			return fmt.Sprintf("%d-%d", a, b)
		case n%4 == 1:
			return fmt.Sprintf("*/%d", 1+r.IntN(high))
		case n%4 == 2:
			return fmt.Sprintf("%d-%d/%d,%d", a, b, 1+r.IntN(5), low+r.IntN(high-low+1))
		default:
			return fmt.Sprintf("%d,%d", a, b)
		}
	}
	return strings.Join([]string{field(0, 59, 2), field(0, 23, 6), field(1, 31, 7), field(1, 12, 9), field(0, 7, 6)}, " ")
}
