package mqtt_test

import (
	"bytes"
	"testing"

	"switchboard/internal/connector/mqtt"
)

// FuzzRead311: whatever a broker sends, it is read or refused, and what was written
// is read as it was.
func FuzzRead311(f *testing.F) {
	for qos := range byte(3) {
		f.Add(mqtt.Packet311("lamps/1", []byte("on"), qos, qos == 1, 7))
	}
	f.Add([]byte("\x30\x00"))                             // without a topic
	f.Add([]byte("\x32\x03\x00\x01a"))                    // without a number
	f.Add([]byte("\x30\x05\x00\x09a"))                    // a topic that is cut off
	f.Add([]byte("\x30\xff\xff\xff\xff\x7f"))             // larger than anything
	f.Add([]byte("\x30\x80\x80\x80\x80\x80\x80\x80\x80")) // a length without an end
	f.Fuzz(func(t *testing.T, packet []byte) {
		topic, body, qos, retain, id, err := mqtt.Read311(packet)
		if err != nil || qos > 2 || packet[0]&8 != 0 { // a second attempt to deliver is marked, which we never do
			return
		}
		again := mqtt.Packet311(topic, body, qos, retain, id)
		topic2, body2, qos2, retain2, id2, err := mqtt.Read311(again)
		if err != nil || topic2 != topic || !bytes.Equal(body2, body) || qos2 != qos || retain2 != retain || id2 != id {
			t.Errorf("%q became %q, read with %v", packet, again, err)
		}
	})
}
