package smtp

import (
	"context"

	"switchboard/internal/connector"
)

// verify connects, signs in and asks for a sign of life. It sends nothing.
func (m mailer) verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	sender, err := senderOf(call.Credential)
	if err != nil {
		return connector.Identity{}, err
	}
	s, err := m.connect(ctx, call, sender)
	if err != nil {
		return connector.Identity{}, err
	}
	defer s.close()
	if err := s.client.Noop(); err != nil {
		return connector.Identity{}, s.explain(ctx, checking, err)
	}
	return connector.Identity{Name: sender.Address, Detail: map[string]any{"server": s.address(), "security": s.security}}, nil
}
