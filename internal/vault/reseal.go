package vault

import "context"

// Reseal opens what was sealed at a place, and seals it anew under the key of now. The
// fault is CredentialUnreadable where it does not open.
func Reseal(ctx context.Context, opener Opener, sealer Sealer, at Place, sealed Sealed) (Sealed, error) {
	data, err := opener.Open(ctx, at, sealed)
	if err != nil {
		return Sealed{}, err
	}
	return sealer.Seal(ctx, at, data)
}
