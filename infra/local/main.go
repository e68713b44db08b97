// Command local runs all of Switchboard in one process on one port.
//
//	go run ./infra/local
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"switchboard/functions/console/ui"
	"switchboard/internal/fault"
	"switchboard/internal/local"
	"switchboard/internal/quota"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	collectLess(ctx)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with its surroundings as arguments. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		if c, ok := commands()[args[0]]; ok {
			return report(c.run(ctx, args[1:], stdout, stderr), stderr)
		}
	}
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		help(stdout)
		return 0
	}
	if err == nil {
		err = serve(ctx, o, stdout, stderr)
	}
	return report(err, stderr)
}

// report writes an error, in one line whatever it holds, and gives the exit code.
func report(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "switchboard: "+strings.Join(strings.Fields(err.Error()), " "))
	return 1
}

// defaultData is the folder of all state.
const defaultData = ".switchboard"

type options struct {
	addr, data, token, publicURL string
	issuer, audience             string
	tokenOrigin                  string
	verbose                      bool
	checkCredentials             time.Duration
	upstreams                    map[string]*url.URL
	allowNets                    []netip.Prefix
	quotas                       []string
}

func flags(o *options) *flag.FlagSet {
	fs := flag.NewFlagSet("local", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.addr, "addr", "127.0.0.1:8787", "`address` to listen on")
	fs.StringVar(&o.data, "data", defaultData, "`folder` of the database and the key: all state")
	fs.StringVar(&o.token, "token", "", "bearer `token` of the owner (default: made once and kept in the data folder)")
	fs.StringVar(&o.publicURL, "public-url", "", "what webhook URLs start with (default: http://<addr>)")
	fs.StringVar(&o.issuer, "jwt-issuer", "", "`URL` of the issuer of JSON Web Tokens by which people log in; their claims account, role and email count")
	fs.StringVar(&o.audience, "jwt-audience", "", "the `audience` that those tokens have to be for: the id of the console, a public client with <public-url>/ as redirect URL")
	fs.StringVar(&o.tokenOrigin, "jwt-token-origin", "", "where the issuer's token endpoint is, such as https://tokens.example.com, for people who sign in to the console (default: where the issuer is)")
	fs.DurationVar(&o.checkCredentials, "check-credentials", 24*time.Hour, "how `often` services are asked whether stored credentials still work; 0 is never")
	fs.BoolVar(&o.verbose, "v", false, "log every request")
	fs.Func("upstream", "`NAME=URL`: send connector NAME's calls to URL instead of its service (repeatable)", o.addUpstream)
	fs.Func("quota", "`NAME=NUMBER`: what one account may take, such as executions_per_minute=600; GET /v1/quotas lists them (repeatable)", func(value string) error {
		o.quotas = append(o.quotas, value)
		return nil
	})
	fs.Func("allow-net", "`CIDR`: let connectors reach this network, otherwise forbidden (repeatable)", o.addNet)
	return fs
}

func parse(args []string) (*options, error) {
	o := &options{upstreams: map[string]*url.URL{}}
	fs := flags(o)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, fmt.Errorf("%w; -h lists the flags", err)
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("there is no command %q; -h lists the commands and flags", fs.Arg(0))
	}
	if o.publicURL != "" {
		u, err := url.Parse(o.publicURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return nil, fmt.Errorf("-public-url must be a URL such as https://switchboard.example.com, not %q", o.publicURL)
		}
	}
	if (o.issuer == "") != (o.audience == "") {
		return nil, errors.New("-jwt-issuer and -jwt-audience go together")
	}
	if o.issuer != "" && !isIssuer(o.issuer) {
		return nil, fmt.Errorf("-jwt-issuer must be an https URL, or an http one of this machine, not %q", o.issuer)
	}
	if o.tokenOrigin != "" && (o.issuer == "" || !isIssuer(o.tokenOrigin)) {
		return nil, fmt.Errorf("-jwt-token-origin must be a URL as -jwt-issuer is, and goes with it, not %q", o.tokenOrigin)
	}
	return o, nil
}

// signIn is how people sign in to the console, beside its token: the zero value where
// no issuer is given. Members are found by their address, too, which is in the scope
// email.
func (o *options) signIn() ui.SignIn {
	if o.issuer == "" {
		return ui.SignIn{}
	}
	return ui.SignIn{Issuer: o.issuer, ClientID: o.audience, Scope: "openid email", TokenOrigin: o.tokenOrigin}
}

// isIssuer says whether keys may be read from an address: nobody on the way may put
// others in their place.
func isIssuer(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	addr, _ := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (addr.IsLoopback() || u.Hostname() == "localhost")
}

func help(w io.Writer) {
	fmt.Fprint(w, "Runs all of Switchboard in one process: API, store, vault, runner and connectors.\n\nUsage: go run ./infra/local [flags]\n\n")
	fmt.Fprintf(w, "Commands, each with a -h of its own: go run ./infra/local <command>\n\n%s\nFlags:\n\n", listCommands())
	fs := flags(&options{})
	fs.SetOutput(w)
	fs.PrintDefaults()
	fmt.Fprint(w, "\nctrl-C or SIGTERM stops it; executions that are under way go on at the next start.\n")
}

func (o *options) addUpstream(value string) error {
	name, target, ok := strings.Cut(value, "=")
	u, err := url.Parse(target)
	if !ok || name == "" || err != nil || u.Host == "" {
		return errors.New("it must be NAME=URL, such as slack=http://127.0.0.1:9000")
	}
	o.upstreams[name] = u
	return nil
}

func (o *options) addNet(value string) error {
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		addr, addrErr := netip.ParseAddr(value)
		if addrErr != nil {
			return errors.New("it must be a network such as 10.0.0.0/8")
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	o.allowNets = append(o.allowNets, prefix.Masked())
	return nil
}

func serve(ctx context.Context, o *options, stdout, stderr io.Writer) error {
	level := slog.LevelWarn
	if o.verbose {
		level = slog.LevelDebug
	}
	quotas, err := quota.Parse(strings.Join(o.quotas, " "))
	if err != nil {
		f := fault.Of(err)
		return fmt.Errorf("-quota: %s %s", f.Message, f.Hint)
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return listenError(o.addr, err)
	}
	publicURL := strings.TrimSuffix(o.publicURL, "/")
	if publicURL == "" {
		publicURL = "http://" + listener.Addr().String()
	}
	run := &runs{
		config: local.Config{
			Data: o.data, Token: o.token, PublicURL: publicURL, Upstreams: o.upstreams, AllowNets: o.allowNets, Log: log, CheckCredentials: o.checkCredentials,
			Apps: local.AppsFrom(os.Getenv), Quotas: quotas, Issuer: o.issuer, Audience: o.audience,
		},
		signIn: o.signIn(), address: onThisMachine(listener.Addr()), stdout: stdout,
	}
	if err := run.open(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	server := local.NewServer(run, publicURL, log)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Fprintf(stdout, "Switchboard is ready.\n  URL    %s\n  Token  %s\n", publicURL, run.stack.Token)
	fmt.Fprintf(stdout, "Open %s in a browser for the console, and sign in with the token.\n", publicURL)
	if run.stack.Resumed > 0 {
		fmt.Fprintf(stdout, "  %d executions go on.\n", run.stack.Resumed)
	}
	for {
		select {
		case err = <-served:
			return errors.Join(fmt.Errorf("serving: %w", err), shutDown(server, run.stack))
		case <-ctx.Done():
			return shutDown(server, run.stack)
		case <-run.stack.Full():
			run.goOnWithRoom(ctx)
		}
	}
}

// onThisMachine is the URL at which other commands of this machine find the process.
func onThisMachine(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func listenError(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use by another program; stop that one, or choose another address with -addr", addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("you may not listen on %s; choose a port above 1023 with -addr", addr)
	default:
		return fmt.Errorf("cannot listen on %s: %w; -addr takes host:port, such as 127.0.0.1:8787", addr, err)
	}
}

// shutDown ends within 5 seconds: callers that wait for an output get the
// execution's id instead, and connections that stay busy are cut.
func shutDown(server *http.Server, stack *local.Stack) error {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- server.Shutdown(ctx) }()
	err := stack.StopRunning(ctx)
	if shutdownErr := <-stopped; shutdownErr != nil {
		err = errors.Join(err, server.Close())
	}
	return errors.Join(err, stack.Close())
}
