package outbound

import "time"

// PlainHost is plainHost, for its fuzz test.
var PlainHost = plainHost

// LastCallAt pretends that the last call was made then.
func (n *Network) LastCallAt(at time.Time) { n.lastCall.Store(at.UnixNano()) }

// OpenFor changes how long a breaker stays open.
func (n *Network) OpenFor(d time.Duration) { n.services.openFor = d }

// What tests count by.
const (
	TripAfter   = tripAfter
	MaxInFlight = maxInFlight
)
