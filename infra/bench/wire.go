package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
)

// The load and the service that is called share the processors with the stack. So both
// take a connection each and no more: a client of package net/http hands every request
// from one goroutine to another and back, which took as long as the stack's own
// interpreter did.

// wire is a connection to the stack, for one caller. The first error is its last.
type wire struct {
	conn net.Conn
	read *bufio.Reader
	host string
	auth string
}

// dial connects to the stack.
func (s *stack) dial(ctx context.Context) (*wire, error) {
	at, err := url.Parse(s.url)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at.Host)
	if err != nil {
		return nil, err
	}
	return &wire{conn: conn, read: bufio.NewReader(conn), host: at.Host, auth: "Bearer " + s.token}, nil
}

func (w *wire) close() { _ = w.conn.Close() }

// do sends a request and gives the answer's body. Any status of 300 and above is an error.
func (w *wire) do(method, path string, body []byte) ([]byte, error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, path, w.host, w.auth, len(body), body)
	if _, err := w.conn.Write(text.Bytes()); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(w.read, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, answer)
	}
	return answer, err
}

// get reads the answer's JSON.
func (w *wire) get(into any, method, path string, body []byte) error {
	answer, err := w.do(method, path, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

// service answers every request with the same JSON.
type service struct {
	url    string
	listen net.Listener

	mu    sync.Mutex
	conns map[net.Conn]bool // nil once it is closed
}

const serviceAnswer = `{"ok":true,"total":1200}`

func newService(ctx context.Context) (*service, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &service{url: "http://" + l.Addr().String(), listen: l, conns: map[net.Conn]bool{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // it was closed
			}
			go s.serve(conn)
		}
	}()
	return s, nil
}

func (s *service) serve(conn net.Conn) {
	if !s.keep(conn) {
		return
	}
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(serviceAnswer), serviceAnswer)
	read := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(read)
		if err != nil {
			break
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			break
		}
		if _, err := conn.Write(answer); err != nil {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	_ = conn.Close()
}

// keep notes a connection, so that close can close it. False if it is too late.
func (s *service) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		_ = conn.Close()
		return false
	}
	s.conns[conn] = true
	return true
}

func (s *service) close() {
	_ = s.listen.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.conns = nil
}
