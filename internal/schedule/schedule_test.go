package schedule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/fault"
	"switchboard/internal/schedule"
)

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestNext(t *testing.T) {
	for name, c := range map[string]struct {
		cron, rate, zone string
		after            string
		want             []string
	}{
		"EveryQuarter":      {cron: "*/15 * * * *", after: "2026-01-01T00:14:59Z", want: []string{"2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z", "2026-01-01T00:45:00Z"}},
		"AtTheMinuteItself": {cron: "0 9 * * *", after: "2026-01-01T09:00:00Z", want: []string{"2026-01-02T09:00:00Z"}},
		"WeekdaysByName":    {cron: "0 9 * * mon-fri", after: "2026-01-02T10:00:00Z", want: []string{"2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z"}},
		"SundayHasTwoNames": {cron: "0 0 * * 7", after: "2026-01-01T00:00:00Z", want: []string{"2026-01-04T00:00:00Z"}},
		"EitherDayFits":     {cron: "0 0 13 * fri", after: "2026-01-01T00:00:00Z", want: []string{"2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z", "2026-01-13T00:00:00Z"}},
		"LeapDay":           {cron: "0 0 29 feb *", after: "2026-01-01T00:00:00Z", want: []string{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
		"The31st":           {cron: "0 0 31 * *", after: "2026-02-01T00:00:00Z", want: []string{"2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"}},
		"StepsWithinARange": {cron: "10-30/10 1,3 * * *", after: "2026-01-01T01:15:00Z", want: []string{"2026-01-01T01:20:00Z", "2026-01-01T01:30:00Z", "2026-01-01T03:10:00Z"}},
		"Shorthand":         {cron: "@daily", after: "2026-01-01T00:00:00Z", want: []string{"2026-01-02T00:00:00Z"}},
		"Zone":              {cron: "0 9 * * *", zone: "America/New_York", after: "2026-01-01T00:00:00Z", want: []string{"2026-01-01T14:00:00Z"}},
		// Clocks in Berlin go from 2:00 to 3:00 on 29 March 2026, and from 3:00 back to 2:00 on 25 October.
		"SkippedTimeDoesNotRun":  {cron: "30 2 * * *", zone: "Europe/Berlin", after: "2026-03-28T12:00:00Z", want: []string{"2026-03-30T00:30:00Z"}},
		"DoubledTimeRunsOnce":    {cron: "30 2 * * *", zone: "Europe/Berlin", after: "2026-10-24T12:00:00Z", want: []string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		"BetweenTheTwo":          {cron: "30 2 * * *", zone: "Europe/Berlin", after: "2026-10-25T01:00:00Z", want: []string{"2026-10-26T01:30:00Z"}},
		"EveryHourWhenPutBack":   {cron: "0 * * * *", zone: "Europe/Berlin", after: "2026-10-24T23:30:00Z", want: []string{"2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"}},
		"EveryHourWhenPutFwd":    {cron: "0 * * * *", zone: "Europe/Berlin", after: "2026-03-29T00:30:00Z", want: []string{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"}},
		"HalfAnHourOnLordHowe":   {cron: "45 1 * * *", zone: "Australia/Lord_Howe", after: "2026-04-04T00:00:00Z", want: []string{"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}},
		"Rate":                   {rate: "90 minutes", after: "2026-01-01T00:00:00Z", want: []string{"2026-01-01T01:30:00Z", "2026-01-01T03:00:00Z"}},
		"RateAsEventBridgeHasIt": {rate: "rate(1 day)", after: "2026-01-01T00:00:01Z", want: []string{"2026-01-02T00:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := schedule.Parse(c.cron, c.rate, c.zone)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, at := range s.NextRuns(moment(t, c.after), moment(t, "2026-01-01T00:00:00Z"), len(c.want)) {
				got = append(got, at.Format(time.RFC3339))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("runs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for name, c := range map[string]struct{ cron, rate, zone, want string }{
		"Neither":      {want: "cron or rate"},
		"Both":         {cron: "* * * * *", rate: "1 hour", want: "not both"},
		"Fields":       {cron: "* * * *", want: "five fields"},
		"Minute":       {cron: "60 * * * *", want: "minute"},
		"Name":         {cron: "* * * * mo", want: "day of week"},
		"Backwards":    {cron: "* 5-1 * * *", want: "backwards"},
		"Step":         {cron: "*/0 * * * *", want: "step"},
		"Never":        {cron: "0 0 31 feb *", want: "No date"},
		"Zone":         {cron: "* * * * *", zone: "Berlin", want: "IANA"},
		"LocalZone":    {cron: "* * * * *", zone: "Local", want: "IANA"},
		"RateUnit":     {rate: "5 seconds", want: "unit"},
		"RateNumber":   {rate: "0 minutes", want: "unit"},
		"RateOverflow": {rate: "99999999999999999999 days", want: "unit"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := schedule.Parse(c.cron, c.rate, c.zone)
			if !fault.Is(err, fault.ValidationFailed) || !strings.Contains(fault.Of(err).Fields[0].Message, c.want) {
				t.Errorf("err = %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestLast(t *testing.T) {
	published := moment(t, "2026-01-01T00:00:00Z")
	for name, c := range map[string]struct{ cron, rate, after, now, want string }{
		"OfMany":     {cron: "* * * * *", after: "2025-01-01T00:00:00Z", now: "2026-06-01T10:00:30Z", want: "2026-06-01T10:00:00Z"},
		"LongAgo":    {cron: "0 0 1 1 *", after: "2025-06-01T00:00:00Z", now: "2026-06-01T10:00:30Z", want: "2026-01-01T00:00:00Z"},
		"NoneSince":  {cron: "0 0 1 1 *", after: "2026-01-01T00:00:00Z", now: "2026-06-01T10:00:30Z", want: ""},
		"Rate":       {rate: "1 hour", after: "2026-01-01T00:00:00Z", now: "2026-01-01T05:30:00Z", want: "2026-01-01T05:00:00Z"},
		"RateTooNew": {rate: "1 hour", after: "2026-01-01T00:00:00Z", now: "2026-01-01T00:30:00Z", want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := schedule.Parse(c.cron, c.rate, "")
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if at := s.Last(moment(t, c.after), moment(t, c.now), published); !at.IsZero() {
				got = at.Format(time.RFC3339)
			}
			if got != c.want {
				t.Errorf("last = %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"* * * * *", "*/5 0-23/2 1,15 jan-mar mon", "0 0 30 2 *", "@weekly", "? ? ? ? ?"} {
		f.Add(text, "Europe/Berlin")
	}
	f.Fuzz(func(t *testing.T, cron, zone string) {
		s, err := schedule.Parse(cron, "", zone)
		if err != nil {
			return
		}
		from := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
		for range 3 {
			next := s.Next(from, from)
			if next.IsZero() || !next.After(from) {
				t.Fatalf("after %s comes %s", from, next)
			}
			from = next
		}
	})
}
