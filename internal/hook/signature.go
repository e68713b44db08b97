package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// Tolerance is how far the time in a signature may be from now: what was signed
// earlier may have been recorded by somebody, and sent again.
const Tolerance = 5 * time.Minute

// scheme is how a service signs what it sends, with the time in what is signed.
//
// Sources: the Standard Webhooks specification, "Signature scheme"; Slack, "Verifying
// requests from Slack"; Stripe, "Verify webhook signatures manually".
type scheme struct {
	header string // that has the signatures
	// read gives the text that stands before the body in what is signed, the time in it,
	// and the signatures, decoded.
	read func(h http.Header) (before, at string, signatures [][]byte)
	// id gives the name of the delivery in what is signed, which nobody else has written;
	// "" if there is none.
	id func(r Request) string
}

// idIn reads a member of a JSON body.
func idIn(member string) func(Request) string {
	return func(r Request) string {
		var body map[string]json.RawMessage
		var id string
		if json.Unmarshal(r.Body, &body) != nil || json.Unmarshal(body[member], &id) != nil {
			return ""
		}
		return id
	}
}

var schemes = []scheme{
	{header: "Webhook-Signature", id: func(r Request) string { return r.Header.Get("Webhook-Id") }, read: func(h http.Header) (before, at string, signatures [][]byte) {
		at = h.Get("Webhook-Timestamp")
		for entry := range strings.FieldsSeq(h.Get("Webhook-Signature")) {
			if version, value, ok := strings.Cut(entry, ","); ok && version == "v1" {
				signatures = append(signatures, decoded(value))
			}
		}
		return h.Get("Webhook-Id") + "." + at + ".", at, signatures
	}},
	{header: "X-Slack-Signature", id: idIn("event_id"), read: func(h http.Header) (before, at string, signatures [][]byte) {
		at = h.Get("X-Slack-Request-Timestamp")
		if value, ok := strings.CutPrefix(h.Get("X-Slack-Signature"), "v0="); ok {
			signatures = append(signatures, decoded(value))
		}
		return "v0:" + at + ":", at, signatures
	}},
	{header: "Stripe-Signature", id: idIn("id"), read: func(h http.Header) (before, at string, signatures [][]byte) {
		for part := range strings.SplitSeq(h.Get("Stripe-Signature"), ",") {
			switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
			case "t":
				at = value
			case "v1":
				signatures = append(signatures, decoded(value))
			}
		}
		return at + ".", at, signatures
	}},
}

// schemeOf gives the scheme that belongs to a header. Under such a header a signature
// without a time is not taken: what one signs with it could be passed off as a body.
func schemeOf(header string) (scheme, bool) {
	for _, s := range schemes {
		if strings.EqualFold(s.header, header) {
			return s, true
		}
	}
	return scheme{}, false
}

// errOld is why a request is refused whose signature fits and whose time does not.
var errOld = errors.New("the time in the signature is off")

// signed checks the signature of a body, and gives it where the time is in what is
// signed. Unauthorized says what is wrong with one that is right but too old; nothing
// more of one that is not.
func signed(auth workflow.WebhookAuth, r Request, secret string, now time.Time) (mac []byte, err error) {
	wrong := fault.New(fault.Unauthorized, "The webhook's authentication failed.").WithHint("%s", expected(auth))
	s, timed := schemeOf(auth.Header)
	if !timed {
		if !signatureFits(r.Header.Get(auth.Header), r.Body, secret) {
			return nil, wrong
		}
		return nil, nil
	}
	before, at, signatures := s.read(r.Header)
	h := hmac.New(sha256.New, keyOf(secret))
	h.Write([]byte(before))
	h.Write(r.Body)
	mac = h.Sum(nil)
	fits := false
	for _, given := range signatures {
		fits = hmac.Equal(given, mac) || fits
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if !fits || err != nil {
		return nil, wrong
	}
	if away := now.Sub(time.Unix(seconds, 0)).Abs(); away > Tolerance {
		return nil, fault.New(fault.Unauthorized, "The webhook was signed too long ago, or too far ahead: the time in its signature is off by %s.", away.Round(time.Second)).
			WithHint("At most %s are allowed. Sign each attempt anew, and check the sender's clock.", Tolerance).Because(errOld)
	}
	return mac, nil
}

// keyOf gives the bytes that a secret stands for: base64 behind whsec_, else itself.
func keyOf(secret string) []byte {
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "=")); err == nil && len(key) > 0 {
			return key
		}
	}
	return []byte(secret)
}

// decoded reads a signature in hexadecimal or base64; nil if it is neither.
func decoded(text string) []byte {
	if b, err := hex.DecodeString(text); err == nil {
		return b
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}
