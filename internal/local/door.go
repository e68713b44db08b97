package local

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/httpapi"
)

// Limits of a connection. A handler reads its body within a shorter time of its own;
// these hold for what comes before and after, and for clients that stall.
const (
	headerTimeout  = 10 * time.Second
	readTimeout    = time.Minute
	answerTimeout  = 2 * time.Minute // a webhook's caller may wait for 25 s before the answer begins
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// NewServer serves a handler on this machine's network. Clients that stall are cut
// off, and a page in this machine's browser that belongs to somebody else gets in by
// no way: not under a name of its own that leads here (DNS rebinding), and not by
// sending forms from elsewhere.
func NewServer(handler http.Handler, publicURL string, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           door(handler, publicURL),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// door lets requests through that were meant for this server.
func door(handler http.Handler, publicURL string) http.Handler {
	public := ""
	if u, err := url.Parse(publicURL); err == nil {
		public = u.Hostname()
	}
	sameOrigin := http.NewCrossOriginProtection()
	if err := sameOrigin.AddTrustedOrigin(strings.TrimSuffix(publicURL, "/")); err != nil {
		public = "" // a URL with a path is no origin; then the requests' own host is what counts
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			// It may have had a length, too, which net/http has dropped; who stands before us
			// may have believed that, so nothing that follows is read (RFC 9112, 6.3).
			w.Header().Set("Connection", "close")
		}
		if arrivedOnLoopback(r) && !isOurs(hostOf(r), public) {
			httpapi.WriteProblem(w, r, fault.New(fault.Misdirected, "This server does not know itself by the name %q.", hostOf(r)).
				WithHint("Use an address such as 127.0.0.1 or localhost; or name it, by starting with -public-url and the URL at which it is reached."))
			return
		}
		// Whoever has the secret in the path of these may send from anywhere.
		if !strings.HasPrefix(r.URL.Path, "/hooks/") && !strings.HasPrefix(r.URL.Path, "/approvals/") {
			if err := sameOrigin.Check(r); err != nil {
				httpapi.WriteProblem(w, r, fault.New(fault.Forbidden, "A web page of another site sent this request.").
					WithHint("Programs send no Origin header; pages have to be the console's own.").Because(err))
				return
			}
		}
		handler.ServeHTTP(w, r)
	})
}

// arrivedOnLoopback says whether the request came from this machine, where a browser
// may be showing a page of anybody's. Who listens on a network has other clients, and
// other names.
func arrivedOnLoopback(r *http.Request) bool {
	at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	to, err := netip.ParseAddrPort(at.String())
	return err == nil && to.Addr().Unmap().IsLoopback()
}

func hostOf(r *http.Request) string {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
}

// isOurs says whether a host can be meant for this machine. An address cannot be
// made to lead here by somebody else's DNS, and names below localhost never ask it.
func isOurs(host, public string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.EqualFold(host, public)
}
