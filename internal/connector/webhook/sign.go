package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/secret"
)

// prefix marks a secret that is written in base64.
const prefix = "whsec_"

// signingKey gives the bytes that a secret stands for.
func signingKey(s secret.Text) ([]byte, error) {
	encoded, ok := strings.CutPrefix(s.Reveal(), prefix)
	if !ok {
		return []byte(s.Reveal()), nil
	}
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil || len(key) == 0 {
		return nil, fault.New(fault.InvalidInput, "The webhook secret begins with %s, but what follows is not base64.", prefix).
			WithHint("Copy the secret again, whole and without spaces, and replace it in the credential.")
	}
	return key, nil
}

// sign gives the signature of a message: version, comma, HMAC-SHA256 in base64 of
// id, time and body with full stops between.
func sign(key []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
