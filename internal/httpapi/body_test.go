package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/semaphore"

	"switchboard/internal/fault"
)

func TestReadBody(t *testing.T) {
	read := func(size int, admit admission) (int, func(), error) {
		r := httptest.NewRequest(http.MethodPost, "/", io.LimitReader(zeros{}, int64(size)))
		r.ContentLength = int64(size)
		body, release, err := readBody(httptest.NewRecorder(), r, maxInputBody, admit)
		return len(body), release, err
	}
	t.Run("LargeOnesTakeTurns", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			const large = 5 << 20
			_, first, err := read(large, nil)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			_, _, err = read(large, nil)
			if !errors.Is(err, errNoRoom) || time.Since(began) != bodyTimeout {
				t.Errorf("beside another one: %v after %s, want to be refused after %s", err, time.Since(began), bodyTimeout)
			}
			if f := unread(err, maxInputBody); f.Code != fault.Unavailable || f.RetryAfter == 0 {
				t.Errorf("refused with %v", f)
			}
			if n, release, err := read(maxBody-1, nil); err != nil || n != maxBody-1 {
				t.Errorf("a small one has %d bytes, %v", n, err)
			} else {
				release()
			}
			go func() {
				time.Sleep(time.Second)
				first()
			}()
			n, second, err := read(large, nil)
			if err != nil || n != large {
				t.Errorf("after it was released: %d bytes, %v", n, err)
			}
			second()
			second() // a handler may do so before its end
			if !dealt.TryAcquire(maxDealt) {
				t.Error("not all room was given back")
			}
			dealt.Release(maxDealt)
		})
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		_, release, err := read(maxInputBody+1, nil)
		if f := unread(err, maxInputBody); f.Code != fault.PayloadTooLarge {
			t.Errorf("refused with %v", f)
		}
		release()
		for name, of := range map[string]*semaphore.Weighted{"arriving": arriving, "dealt": dealt} {
			most := map[string]int64{"arriving": maxArriving, "dealt": maxDealt}[name]
			if !of.TryAcquire(most) {
				t.Fatalf("%s: not all room was given back", name)
			}
			of.Release(most)
		}
	})
	t.Run("ErrNotAdmitted", func(t *testing.T) {
		asked := 0
		no := func(context.Context) error {
			asked++
			return fault.NotFoundf("There is nothing.")
		}
		if _, _, err := read(maxBody-1, no); err != nil || asked != 0 {
			t.Errorf("a small body: %v, asked %d times", err, asked)
		}
		_, _, err := read(maxBody+1, no)
		if f := unread(err, maxInputBody); f.Code != fault.NotFound || !strings.Contains(f.Message, "nothing") {
			t.Errorf("refused with %v", f)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
