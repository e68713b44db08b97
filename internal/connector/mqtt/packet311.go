package mqtt

import (
	"bufio"
	"encoding/binary"
	"io"
)

// The kinds of packets, as MQTT 3.1.1 numbers them.
//
// Source: https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718021
const (
	connectKind   = 1
	connack311    = 2
	publish311    = 3
	puback311     = 4
	pubrec311     = 5
	pubrel311     = 6
	pubcomp311    = 7
	subscribeKind = 8
	suback311     = 9
	pingreq311    = 12
	pingresp311   = 13

	disconnect311 = 14
)

// packet311 is a packet that came: its first byte, and what follows its length.
type packet311 struct {
	head byte
	body []byte
}

func (p packet311) kind() byte { return p.head >> 4 }

// id is the number of a packet that begins with one; 0 where it does not.
func (p packet311) id() uint16 {
	if len(p.body) < 2 {
		return 0
	}
	return binary.BigEndian.Uint16(p.body)
}

// message reads what was published, and its number where it has one.
func (p packet311) message() (m message, id uint16, ok bool) {
	m.qos, m.retain = p.head>>1&3, p.head&1 == 1
	topic, rest, ok := cut311(p.body)
	if !ok {
		return m, 0, false
	}
	m.topic = string(topic)
	if m.qos > 0 {
		if len(rest) < 2 {
			return m, 0, false
		}
		id, rest = binary.BigEndian.Uint16(rest), rest[2:]
	}
	m.body = rest
	return m, id, true
}

// cut311 takes a text, which its length goes before, from the beginning.
func cut311(b []byte) (text, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+n {
		return nil, nil, false
	}
	return b[2 : 2+n], b[2+n:], true
}

// read311 reads a packet that is not too large.
func read311(from *bufio.Reader) (packet311, error) {
	head, err := from.ReadByte()
	if err != nil {
		return packet311{}, err
	}
	length, err := binary.ReadUvarint(from)
	if err != nil {
		return packet311{}, err
	}
	if length > mostHeard {
		return packet311{}, errTooMuch
	}
	p := packet311{head: head, body: make([]byte, length)}
	_, err = io.ReadFull(from, p.body)
	return p, err
}

// frame311 writes a packet: its first byte, its length, its parts.
func frame311(head byte, parts ...[]byte) []byte {
	length := 0
	for _, p := range parts {
		length += len(p)
	}
	packet := binary.AppendUvarint([]byte{head}, uint64(length))
	for _, p := range parts {
		packet = append(packet, p...)
	}
	return packet
}

// text311 writes a text, its length before it. None that the fields let through has
// more than 65,535 bytes.
func text311(text string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(text))), text...)
}

// connect311 signs in, for a conversation of which nothing is kept at the broker.
func connect311(client, user, secret string) []byte {
	const (
		version      = 4
		clean        = 1 << 1
		withPassword = 1 << 6
		withUser     = 1 << 7
	)
	flags, payload := byte(clean), text311(client)
	if user != "" {
		flags, payload = flags|withUser, append(payload, text311(user)...)
		if secret != "" { // which this version takes only together with a user
			flags, payload = flags|withPassword, append(payload, text311(secret)...)
		}
	}
	return frame311(connectKind<<4, text311("MQTT"), []byte{version, flags}, binary.BigEndian.AppendUint16(nil, keepAlive), payload)
}

// packet311 publishes the message under a number.
func (m message) packet311(id uint16) []byte {
	head, number := byte(publish311<<4)|m.qos<<1, []byte(nil)
	if m.retain {
		head |= 1
	}
	if m.qos > 0 {
		number = binary.BigEndian.AppendUint16(nil, id)
	}
	return frame311(head, text311(m.topic), number, m.body)
}

// reserved are the flags that the specification wants in some kinds of packets.
const reserved = 2

func subscribe311(id uint16, filter string, qos byte) []byte {
	return frame311(subscribeKind<<4|reserved, binary.BigEndian.AppendUint16(nil, id), text311(filter), []byte{qos})
}

// confirm311 is one of the packets that hold nothing but the number of another.
func confirm311(kind byte, id uint16) []byte {
	head := kind << 4
	if kind == pubrel311 {
		head |= reserved
	}
	return frame311(head, binary.BigEndian.AppendUint16(nil, id))
}
