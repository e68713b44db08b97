package connectortest

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"testing"
)

func TestLeaked(t *testing.T) {
	const canary = `can"ary+/7Qx9`
	tests := map[string]struct {
		text string
		want string
	}{
		"Nothing":      {"Bearer [redacted] and base64 dGhpcyBpcyBub3QgaXQ=", ""},
		"Plain":        {"token " + canary + "!", "as it is"},
		"JSON":         {`{"t":"can\"ary+/7Qx9"}`, "as JSON"},
		"Query":        {"/x?t=" + url.QueryEscape(canary), "in a query"},
		"Path":         {"/x/" + url.PathEscape(canary), "in a path"},
		"Hex":          {hex.EncodeToString([]byte(canary)), "in hexadecimal"},
		"Base64":       {"Basic " + base64.StdEncoding.EncodeToString([]byte(canary)), "in base64"},
		"Base64OfPair": {"Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+canary)), "in base64"},
		"Base64URL":    {"x=" + base64.RawURLEncoding.EncodeToString([]byte("??>>"+canary)), "in base64"},
		"Base64InPath": {"/v1/things/" + base64.StdEncoding.EncodeToString([]byte("u:"+canary)), "in base64"},
		"Base64InForm": {url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("user:" + canary))), "in base64"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := leaked(tt.text, canary); got != tt.want {
				t.Errorf("leaked(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}
