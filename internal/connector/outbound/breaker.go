package outbound

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"switchboard/internal/fault"
)

// A service that fails again and again is left alone for a while: its callers are told
// at once instead of after a timeout each, and it is not kept down by their attempts.
// One that answers slowly gets only so many calls at a time. Both hold for a connector
// and a host, so a service that is ill is no matter to workflows that do not use it.
// This is one process's view: on AWS every warm function has its own.
const (
	// tripAfter is how many calls in a row have to fail: no answer, or a status of 500
	// and above. An answer with any other status shows that the service is well.
	tripAfter = 10
	// openFor is how long no call is made then. After it, one call at a time is let
	// through, until one is answered.
	openFor = 30 * time.Second
	// probing is how long to wait while such a call is under way.
	probing = 2 * time.Second
	// maxInFlight is how many calls there are at once.
	maxInFlight = 100
	// maxServices bounds the memory where workflows name the hosts.
	maxServices = 10_000
)

// service is one connector's way to one host.
type service struct {
	breaker  *gobreaker.TwoStepCircuitBreaker[struct{}]
	openFor  time.Duration
	inFlight chan struct{}

	mu       sync.Mutex
	openedAt time.Time
}

type serviceKey struct{ connector, hostPort string }

// services are those that were called, by connector and host.
type services struct {
	log     *slog.Logger
	openFor time.Duration
	mu      sync.Mutex
	all     map[serviceKey]*service
}

func (s *services) get(key serviceKey) *service {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.all[key]; found != nil {
		return found
	}
	if s.all == nil || len(s.all) >= maxServices {
		s.all = map[serviceKey]*service{} // calls that are under way hold on to theirs
	}
	fresh := &service{openFor: s.openFor, inFlight: make(chan struct{}, maxInFlight)}
	fresh.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Timeout:     s.openFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= tripAfter },
		IsExcluded:  func(err error) bool { return errors.Is(err, errNotTold) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			fresh.mu.Lock()
			fresh.openedAt = time.Now()
			fresh.mu.Unlock()
			s.log.Warn("circuit breaker", "connector", key.connector, "host", key.hostPort, "from", from.String(), "to", to.String())
		},
	})
	s.all[key] = fresh
	return fresh
}

// Breaker is a service whose calls are not, or not all, let through.
type Breaker struct {
	Connector, Host string
	State           string // "open" or "half-open"
}

// Breakers lists the services that fail, by connector and host.
func (n *Network) Breakers() []Breaker {
	n.services.mu.Lock()
	defer n.services.mu.Unlock()
	var list []Breaker
	for key, s := range n.services.all {
		if state := s.breaker.State(); state != gobreaker.StateClosed {
			list = append(list, Breaker{Connector: key.connector, Host: key.hostPort, State: state.String()})
		}
	}
	slices.SortFunc(list, func(a, b Breaker) int {
		return cmp.Or(cmp.Compare(a.Connector, b.Connector), cmp.Compare(a.Host, b.Host))
	})
	return list
}

// errNotTold: how the call ended says nothing of the service.
var errNotTold = errors.New("the caller went away")

// errStatus: the service said itself that it failed.
var errStatus = errors.New("status 500 or above")

// enter lets a call pass, or refuses it without having called. told is called once
// with how the call ended; leave once nothing of it is under way any more.
func (s *service) enter(ctx context.Context, subject string) (told func(error), leave func(), refusal *fault.Error) {
	select {
	case s.inFlight <- struct{}{}:
	default:
		select {
		case s.inFlight <- struct{}{}:
		case <-ctx.Done():
			return nil, nil, fault.New(fault.ServiceUnavailable, "%s has not answered %d calls yet, so this one was not made.", subject, maxInFlight).
				WithHint("The service is slow. Run fewer executions at once, or try again later.").Because(context.Cause(ctx))
		}
	}
	leave = sync.OnceFunc(func() { <-s.inFlight })
	told, err := s.breaker.Allow()
	if err == nil {
		return told, leave, nil
	}
	leave()
	f := fault.New(fault.ServiceUnavailable, "%s failed %d times in a row, so it is not called for a while.", subject, tripAfter).
		WithHint("This call was not made. Check the service's status page; it is tried again by itself.").Because(err)
	f.RetryAfter = probing
	if errors.Is(err, gobreaker.ErrOpenState) {
		s.mu.Lock()
		f.RetryAfter = max(probing, s.openFor-time.Since(s.openedAt))
		s.mu.Unlock()
	}
	return nil, nil, f
}

// outcome is how a call ended, for a breaker.
func outcome(ctx context.Context, resp *http.Response, err error) error {
	switch {
	case err == nil && resp != nil && resp.StatusCode >= http.StatusInternalServerError:
		return errStatus
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return errNotTold
	case !fault.Is(err, fault.ServiceUnavailable): // the guard refused
		return errNotTold
	default:
		return err
	}
}
