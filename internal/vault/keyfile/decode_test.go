package keyfile

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzDecode(f *testing.F) {
	f.Add(encode(make([]byte, keyBytes)))
	f.Add([]byte(magic))
	f.Add([]byte(strings.Repeat("x", lineLength)))
	f.Fuzz(func(t *testing.T, content []byte) {
		key, err := decode(content)
		if err == nil && (len(key) != keyBytes || !bytes.Equal(encode(key), content)) {
			t.Errorf("%q was taken for a key file", content)
		}
	})
}
