package main

import (
	"fmt"
	"slices"
)

// A soak's figures are judged by medians of its samples, which one bad minute of the
// machine does not move.
const (
	// flat is by how much memory may grow from the third quarter to the last.
	flat = 0.10
	// steady is by how much the 99th percentile may differ between the halves.
	steady = 0.25
	// unmoved is by how much it may be worse while other workflows use ill services.
	unmoved = 0.25
	// slack is what is never held against it, in milliseconds: on a machine with few
	// processors that is one turn of the scheduler.
	slack = 10.0
	// someMiB is the same for memory: less than one collection of garbage moves it.
	someMiB = 4.0
)

// outcome is what is known when a soak has ended.
type outcome struct {
	Samples        []sample
	Lost           int // executions that were acknowledged and never ended
	ScheduleWanted int // runs of the schedule, at least
	ScheduleEnded  int // that succeeded
	ScheduleCalls  int // of the service by them
}

// check is one thing that is asked of a soak.
type check struct {
	Name   string
	OK     bool
	Detail string
}

// judge says of everything that is asked whether it is so.
func judge(o outcome) []check {
	var refused, wrong, started, ended int
	for _, s := range o.Samples {
		refused, wrong, started, ended = refused+s.Refused, wrong+s.Wrong, started+s.Started, ended+s.Ended
	}
	half := len(o.Samples) / 2
	third, fourth := half+(len(o.Samples)-half)/2, len(o.Samples)
	anonBefore, anonAfter := median(o.Samples[half:third], anon), median(o.Samples[third:fourth], anon)
	early, late := median(o.Samples[:half], p99), median(o.Samples[half:], p99)
	durableEarly, durableLate := median(o.Samples[:half], durableP99), median(o.Samples[half:], durableP99)
	well := slices.DeleteFunc(slices.Clone(o.Samples), func(s sample) bool { return s.Trouble })
	ill := slices.DeleteFunc(slices.Clone(o.Samples), func(s sample) bool { return !s.Trouble })
	return []check{
		{"nothing lost", o.Lost == 0 && started > 0 && started == ended, fmt.Sprintf("%d of %d acknowledged executions ended; %d are lost", ended, started, o.Lost)},
		{"nothing refused", refused == 0, fmt.Sprintf("%d starts were not acknowledged", refused)},
		{"nothing twice", wrong == 0, fmt.Sprintf("%d executions ended otherwise, or called services more or less often, than they should", wrong)},
		{
			"schedule kept", o.ScheduleEnded >= o.ScheduleWanted && o.ScheduleCalls == o.ScheduleEnded,
			fmt.Sprintf("%d runs succeeded, of at least %d; the service counted %d", o.ScheduleEnded, o.ScheduleWanted, o.ScheduleCalls),
		},
		{
			"memory flat", anonBefore > 0 && anonAfter <= anonBefore*(1+flat)+someMiB,
			fmt.Sprintf("%.0f MiB in the third quarter, %.0f in the last, without the mapped database", anonBefore, anonAfter),
		},
		{"answers steady", early > 0 && late <= early*(1+steady)+slack, fmt.Sprintf("p99 %.1f ms in the first half, %.1f in the second", early, late)},
		{
			"executions steady", durableEarly > 0 && durableLate <= durableEarly*(1+steady)+slack,
			fmt.Sprintf("p99 %.1f ms in the first half, %.1f in the second", durableEarly, durableLate),
		},
		{
			"ill services apart", len(well) > 0 && len(ill) > 0 && median(ill, p99) <= median(well, p99)*(1+unmoved)+slack,
			fmt.Sprintf("p99 of others %.1f ms while workflows use a failing and a slow service, %.1f while none does", median(ill, p99), median(well, p99)),
		},
	}
}

func anon(s sample) float64       { return s.Anon }
func p99(s sample) float64        { return s.P99 }
func durableP99(s sample) float64 { return s.DurableP99 }

func median(samples []sample, of func(sample) float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	var values []float64
	for _, s := range samples {
		values = append(values, of(s))
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2
	}
	return values[middle]
}
