package jwt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"switchboard/internal/fault"
)

const (
	keysFor    = time.Hour        // how long keys are used without asking again
	askedEvery = 30 * time.Second // how often a key that is not known makes us ask
	maxKeys    = 1 << 20          // bytes of an answer
	askTimeout = 5 * time.Second
)

// Published are the keys that an issuer publishes. They are read once an hour, and
// when a token comes with one that is not known, for issuers change them. While they
// cannot be read, those that are known are used on.
type Published struct {
	issuer string
	client *http.Client
	now    func() time.Time

	mu     sync.Mutex // not held while the issuer is asked
	keys   map[string]jose.JSONWebKey
	read   time.Time     // when they were
	asked  time.Time     // when they were asked for
	asking chan struct{} // closed when the issuer has answered; nil where nobody asks
	why    error         // the last time that they could not be read
}

// NewPublished returns the keys of an issuer.
func NewPublished(issuer string, client *http.Client, now func() time.Time) *Published {
	return &Published{issuer: issuer, client: client, now: now}
}

// Key implements Keys. While somebody asks the issuer, only those wait whose key is not
// known.
func (p *Published) Key(ctx context.Context, id string) (jose.JSONWebKey, error) {
	p.mu.Lock()
	now := p.now()
	key, known := p.keys[id]
	old := now.Sub(p.read) >= keysFor
	asking := p.asking
	switch {
	case asking == nil && (!known || old) && now.Sub(p.asked) >= askedEvery:
		asking = make(chan struct{})
		p.asked, p.asking = now, asking
		p.mu.Unlock()
		keys, why := p.ask(ctx)
		p.mu.Lock()
		if p.asking, p.why = nil, why; why == nil {
			p.keys, p.read = keys, now
		}
		close(asking)
	case asking != nil && !known:
		p.mu.Unlock()
		select {
		case <-asking:
		case <-ctx.Done():
			return key, fault.Of(ctx.Err())
		}
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	switch key, known := p.keys[id]; {
	case known:
		return key, nil
	case p.why != nil:
		return key, fault.New(fault.Unavailable, "Who signed the token cannot be checked at the moment.").WithHint("Try again in a minute.").Because(p.why)
	default:
		return key, ErrNoKey
	}
}

func (p *Published) ask(ctx context.Context) (map[string]jose.JSONWebKey, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	about, err := p.get(ctx, strings.TrimSuffix(p.issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return nil, err
	}
	var found struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(about, &found); err != nil {
		return nil, fmt.Errorf("reading what the issuer says of itself: %w", err)
	}
	if found.Issuer != p.issuer || found.Keys == "" {
		return nil, fmt.Errorf("the issuer calls itself %q", found.Issuer)
	}
	text, err := p.get(ctx, found.Keys)
	if err != nil {
		return nil, err
	}
	return readKeys(text)
}

func (p *Published) get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("asking the issuer: %w", err)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the issuer: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxKeys+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("asking the issuer: %w", err)
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("asking the issuer: %s answers %s", address, res.Status)
	case len(text) > maxKeys:
		return nil, errors.New("asking the issuer: the answer is too long")
	}
	return text, nil
}
