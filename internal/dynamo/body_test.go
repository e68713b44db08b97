package dynamo

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"switchboard/internal/fault"
)

// noise is text that hardly shrinks: random printable ASCII, the densest JSON.
func noise(n int) []byte {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(' ' + random.IntN(95))
	}
	return b
}

func TestBody(t *testing.T) {
	first := key{"P", "s"}
	tests := map[string]struct {
		parts  [][]byte
		inline bool
		chunks int
	}{
		"Nothing":          {nil, true, 0},
		"Empty":            {[][]byte{nil, nil}, true, 0},
		"Small":            {[][]byte{[]byte(`{ "a" : 1 }`), nil, []byte("x")}, true, 0},
		"LargeButDull":     {[][]byte{bytes.Repeat([]byte("dull "), 200_000)}, true, 0},
		"LargeAndRandom":   {[][]byte{noise(1 << 20)}, false, 3},
		"SeveralAtTheEdge": {[][]byte{noise(1 << 20), noise(1 << 20), noise(1 << 19)}, false, 7},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b, writes, err := newBody(first, inlineMax, 7, tt.parts...)
			if err != nil {
				t.Fatal(err)
			}
			if (b.Inline != nil) != tt.inline || b.Chunks != tt.chunks || len(writes) != tt.chunks {
				t.Errorf("inline %t, %d chunks, %d writes; want %t and %d", b.Inline != nil, b.Chunks, len(writes), tt.inline, tt.chunks)
			}
			chunks := map[key]item{}
			for _, w := range writes {
				if chunks[w.key], err = marshal(w.key, w.put); err != nil {
					t.Fatal(err)
				}
			}
			packed, err := b.packedIn(chunks, first)
			if err != nil {
				t.Fatal(err)
			}
			parts, err := unpack(packed)
			if err != nil || len(parts) != len(tt.parts) {
				t.Fatalf("%d parts, %v; want %d", len(parts), err, len(tt.parts))
			}
			for n := range parts {
				if !bytes.Equal(parts[n], tt.parts[n]) || len(parts[n]) == 0 && parts[n] != nil {
					t.Errorf("part %d came back as something else", n)
				}
			}
			if len(writes) > 0 {
				delete(chunks, writes[len(writes)-1].key)
				if _, err := b.packedIn(chunks, first); !errors.Is(err, errMoved) {
					t.Errorf("without its last chunk: %v", err)
				}
			}
		})
	}
	t.Run("ErrTooLarge", func(t *testing.T) {
		for _, large := range [][]byte{noise(4 << 20), bytes.Repeat([]byte("x"), plainMax+1)} {
			if _, _, err := newBody(first, inlineMax, 0, large); !fault.Is(err, fault.PayloadTooLarge) {
				t.Errorf("error %v, want %s", err, fault.PayloadTooLarge)
			}
		}
	})
}

// TestRecordsAtTheirLimitsFit holds the package comment to what it says: at the
// limits of input and output, a record is smaller than DynamoDB's items.
func TestRecordsAtTheirLimitsFit(t *testing.T) {
	for name, limits := range map[string][2][]byte{
		"BothRandomButForATenth": {noise(256 << 10 * 9 / 10), append(noise(240<<10*9/10), bytes.Repeat([]byte("{}, "), 12_000)...)},
		"InputRandom":            {noise(256 << 10), []byte(strings.Repeat(`{"id": 12, "name": "x"}, `, 240<<10/25))},
	} {
		t.Run(name, func(t *testing.T) {
			packed, err := pack(limits[0], limits[1])
			if err != nil || len(packed) > 399<<10 {
				t.Errorf("%d bytes, %v", len(packed), err)
			}
		})
	}
}

// FuzzUnpack looks for rows that bring a reader down.
func FuzzUnpack(f *testing.F) {
	for _, parts := range [][][]byte{nil, {nil}, {[]byte("a"), []byte("bc")}, {bytes.Repeat([]byte("a"), 2000)}} {
		packed, err := pack(parts...)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
		f.Add(packed[:len(packed)-1])
	}
	f.Add([]byte{plain, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		parts, err := unpack(b)
		if err != nil {
			return
		}
		packed, err := pack(parts...)
		if err != nil {
			t.Fatal(err)
		}
		again, err := unpack(packed)
		if err != nil || len(again) != len(parts) {
			t.Errorf("packed again, it has %d parts (%v), not %d", len(again), err, len(parts))
		}
	})
}
