package main

import (
	"strings"
	"testing"
)

// steadily is a soak that went well: every other sample with trouble.
func steadily() outcome {
	o := outcome{ScheduleWanted: 7, ScheduleEnded: 8, ScheduleCalls: 8}
	for i := range 8 {
		o.Samples = append(o.Samples, sample{Trouble: i%2 == 0, Started: 100, Ended: 100, P50: 5, P99: 40, DurableP99: 60, Anon: 100})
	}
	return o
}

func TestJudge(t *testing.T) {
	later := func(change func(*sample)) func(*outcome) {
		return func(o *outcome) {
			for i := len(o.Samples) / 2; i < len(o.Samples); i++ {
				change(&o.Samples[i])
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*outcome)
		failed string // what fails, with commas between
	}{
		"OK":             {func(*outcome) {}, ""},
		"OKOneBadMinute": {func(o *outcome) { o.Samples[5].P99, o.Samples[5].DurableP99 = 900, 900 }, ""},
		"OKGarbage":      {func(o *outcome) { o.Samples[7].Anon, o.Samples[6].Anon = 109, 109 }, ""},
		"Lost":           {func(o *outcome) { o.Lost, o.Samples[3].Ended = 1, 99 }, "nothing lost"},
		"LostUnseen":     {func(o *outcome) { o.Samples[3].Ended = 99 }, "nothing lost"},
		"Refused":        {func(o *outcome) { o.Samples[0].Refused = 1 }, "nothing refused"},
		"Twice":          {func(o *outcome) { o.Samples[7].Wrong = 1 }, "nothing twice"},
		"NoSchedule":     {func(o *outcome) { o.ScheduleEnded, o.ScheduleCalls = 6, 6 }, "schedule kept"},
		"ScheduleTwice":  {func(o *outcome) { o.ScheduleCalls = 9 }, "schedule kept"},
		"Leak": {func(o *outcome) {
			for i := range o.Samples {
				o.Samples[i].Anon += float64(10 * i)
			}
		}, "memory flat"},
		"Slower":           {later(func(s *sample) { s.P99 = 70 }), "answers steady"},
		"DurableSlower":    {later(func(s *sample) { s.DurableP99 = 90 }), "executions steady"},
		"NotMeasured":      {func(o *outcome) { *o = outcome{Samples: make([]sample, 8), ScheduleWanted: 0} }, "nothing lost, memory flat, answers steady, executions steady, ill services apart"},
		"TroubleSpreads":   {func(o *outcome) { spread(o, 80) }, "ill services apart"},
		"OKTroubleSpreads": {func(o *outcome) { spread(o, 50) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := steadily()
			c.change(&o)
			var failed []string
			for _, check := range judge(o) {
				if !check.OK {
					failed = append(failed, check.Name)
				}
			}
			if got := strings.Join(failed, ", "); got != c.failed {
				t.Errorf("failed: %q, want %q", got, c.failed)
			}
		})
	}
}

func spread(o *outcome, ms float64) {
	for i := range o.Samples {
		if o.Samples[i].Trouble {
			o.Samples[i].P99 = ms
		}
	}
}

func TestKindsAddUp(t *testing.T) {
	total := 0
	for _, k := range kinds() {
		total += k.weight
	}
	if total != 100 {
		t.Errorf("the kinds are %d %% of all starts", total)
	}
}
