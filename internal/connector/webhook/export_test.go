package webhook

// What the tests of the signature need.
var (
	SigningKey = signingKey
	Sign       = sign
)
