package mqtt

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
)

// verify connects and signs in. It sends nothing.
func (d dialer) verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	s, err := d.connect(ctx, call)
	if err != nil {
		return connector.Identity{}, err
	}
	defer s.close()
	who := cmp.Or(call.Credential.Data.Text(username), "anonymous")
	return connector.Identity{Name: who + " at " + s.address(), Detail: map[string]any{"encrypted": s.tls}}, nil
}
