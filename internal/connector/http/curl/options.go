package curl

import (
	"math"
	"net/url"
	"strconv"
	"strings"
)

// command is what the options of a command say.
type command struct {
	urls     []string
	urlQuery []string // of --url-query and -G
	method   string
	headers  []string
	data     strings.Builder
	hasData  bool
	json     bool
	forms    []form
	get      bool
	head     bool
	upload   bool
	globOff  bool
	agent    string
	referer  string
	cookies  []string
	timeout  int
}

// form is one -F.
type form struct {
	field  string
	string bool // of --form-string: @, < and ; are characters
}

// option is one of curl's. Those without apply change nothing that the node does,
// those with a warning would.
type option struct {
	takes   bool // an argument
	warning string
	apply   func(*reader, *command, string)
}

const (
	left       = "has no counterpart in the node and was left out."
	leftFile   = "names a file, which is not read."
	leftSecret = "authorizes in a way that the connector does not offer, and was left out."
)

// options are the options that mean something, by their long names.
var options = map[string]option{
	"url":     {takes: true, apply: func(_ *reader, c *command, v string) { c.urls = append(c.urls, v) }},
	"request": {takes: true, apply: func(_ *reader, c *command, v string) { c.method = v }},
	"header":  {takes: true, apply: func(_ *reader, c *command, v string) { c.headers = append(c.headers, v) }},
	"get":     {apply: func(_ *reader, c *command, _ string) { c.get = true }},
	"head":    {apply: func(_ *reader, c *command, _ string) { c.head = true }},
	"globoff": {apply: func(_ *reader, c *command, _ string) { c.globOff = true }},

	"data":        {takes: true, apply: func(r *reader, c *command, v string) { r.addData(c, v, true) }},
	"data-ascii":  {takes: true, apply: func(r *reader, c *command, v string) { r.addData(c, v, true) }},
	"data-binary": {takes: true, apply: func(r *reader, c *command, v string) { r.addData(c, v, true) }},
	"data-raw":    {takes: true, apply: func(r *reader, c *command, v string) { r.addData(c, v, false) }},
	"data-urlencode": {takes: true, apply: func(r *reader, c *command, v string) {
		r.addData(c, r.encoded(v), false)
	}},
	"json":        {takes: true, apply: func(r *reader, c *command, v string) { r.addJSON(c, v) }},
	"url-query":   {takes: true, apply: func(r *reader, c *command, v string) { c.urlQuery = append(c.urlQuery, r.queryPart(v)) }},
	"form":        {takes: true, apply: func(_ *reader, c *command, v string) { c.forms = append(c.forms, form{field: v}) }},
	"form-string": {takes: true, apply: func(_ *reader, c *command, v string) { c.forms = append(c.forms, form{field: v, string: true}) }},

	"user": {takes: true, apply: func(r *reader, _ *command, _ string) {
		r.found(secret{credentialType: typeBasic, what: "a user name and password (-u)"})
	}},
	"oauth2-bearer": {takes: true, apply: func(r *reader, _ *command, _ string) {
		r.found(secret{credentialType: typeBearer, what: "a bearer token"})
	}},
	"cookie":     {takes: true, apply: func(_ *reader, c *command, v string) { c.cookies = append(c.cookies, v) }},
	"user-agent": {takes: true, apply: func(_ *reader, c *command, v string) { c.agent = v }},
	"referer": {takes: true, apply: func(_ *reader, c *command, v string) {
		c.referer = strings.TrimSuffix(v, ";auto")
	}},
	"range": {takes: true, apply: func(_ *reader, c *command, v string) { c.headers = append(c.headers, "Range: bytes="+v) }},
	"max-time": {takes: true, apply: func(_ *reader, c *command, v string) {
		if seconds, err := strconv.ParseFloat(v, 64); err == nil && seconds > 0 {
			c.timeout = int(math.Ceil(min(seconds, maxTimeout)))
		}
	}},

	"insecure":    {warning: "turns the check of the server's certificate off. The connector always checks it."},
	"next":        {warning: "begins another request. Only the first one was taken."},
	"upload-file": {takes: true, warning: leftFile, apply: func(_ *reader, c *command, _ string) { c.upload = true }},
	"retry":       {takes: true, warning: "is a matter of the node's retry settings."},
	"proxy":       {takes: true, warning: left},
	"config":      {takes: true, warning: leftFile},
}

// maxTimeout is the longest that a node may take, in seconds; package compile has the last word.
const maxTimeout = 600

// Options that change nothing about the request or its answer, or that are always so.
const (
	quietFlags = `silent show-error verbose include fail fail-with-body fail-early remote-name remote-name-all remote-header-name progress-bar
		no-progress-meter progress-meter no-buffer buffer compressed location styled-output no-styled-output create-dirs no-clobber remote-time xattr trace-time
		http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only ipv4 ipv6 tcp-nodelay tcp-fastopen no-keepalive keepalive tr-encoding raw
		path-as-is disable no-sessionid basic parallel parallel-immediate remove-on-error suppress-connect-headers ssl ssl-reqd no-alpn alpn no-npn
		tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 junk-session-cookies ignore-content-length post301 post302 post303 disallow-username-in-url use-ascii
		false-start cert-status no-location no-silent no-compressed no-insecure`
	quietArguments = `output output-dir write-out dump-header trace trace-ascii trace-config stderr connect-timeout expect100-timeout happy-eyeballs-timeout-ms
		keepalive-time keepalive-cnt limit-rate rate max-redirs max-filesize speed-limit speed-time parallel-max create-file-mode cookie-jar etag-save libcurl
		retry-delay retry-max-time proto proto-default proto-redir tls-max noproxy variable`
	otherFlags = `location-trusted retry-all-errors retry-connrefused netrc netrc-optional append crlf list-only proxytunnel haproxy-protocol http0.9
		form-escape metalink ssl-no-revoke ssl-allow-beast ssl-auto-client-cert ssl-revoke-best-effort doh-insecure doh-cert-status sasl-ir sslv2 sslv3
		proxy-anyauth proxy-basic proxy-digest proxy-insecure proxy-negotiate proxy-ntlm proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tlsv1
		socks5-basic socks5-gssapi socks5-gssapi-nec compressed-ssh ca-native proxy-ca-native manual version help ech`
	otherArguments = `abstract-unix-socket unix-socket alt-svc hsts cacert capath crlfile ciphers tls13-ciphers curves connect-to resolve
		continue-at dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url egd-file random-file engine etag-compare interface ip-tos ipfs-gateway
		haproxy-clientip local-port netrc-file pinnedpubkey preproxy proxy1.0 proxy-header proxy-cacert proxy-capath proxy-ciphers proxy-crlfile
		proxy-cert proxy-cert-type proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-user
		proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-http2 request-target service-name socks4 socks4a socks5 socks5-hostname socks5-gssapi-service
		time-cond vlan-priority delegation ftp-port quote telnet-option mail-from mail-rcpt mail-auth upload-flags`
	secretFlags     = `anyauth digest negotiate ntlm ntlm-wb`
	secretArguments = `aws-sigv4 cert cert-type key key-type pass pubkey krb login-options sasl-authzid tlsauthtype tlspassword tlsuser`
)

// shortNames are the long names of the options of one letter.
var shortNames = map[byte]string{
	'0': "http1.0", '1': "tlsv1", '2': "sslv2", '3': "sslv3", '4': "ipv4", '6': "ipv6", '#': "progress-bar", ':': "next",
	'a': "append", 'A': "user-agent", 'b': "cookie", 'B': "use-ascii", 'c': "cookie-jar", 'C': "continue-at", 'd': "data", 'D': "dump-header",
	'e': "referer", 'E': "cert", 'f': "fail", 'F': "form", 'g': "globoff", 'G': "get", 'h': "help", 'H': "header", 'i': "include", 'I': "head",
	'j': "junk-session-cookies", 'J': "remote-header-name", 'k': "insecure", 'K': "config", 'l': "list-only", 'L': "location", 'm': "max-time",
	'M': "manual", 'n': "netrc", 'N': "no-buffer", 'o': "output", 'O': "remote-name", 'p': "proxytunnel", 'P': "ftp-port", 'q': "disable",
	'Q': "quote", 'r': "range", 'R': "remote-time", 's': "silent", 'S': "show-error", 't': "telnet-option", 'T': "upload-file", 'u': "user",
	'U': "proxy-user", 'v': "verbose", 'V': "version", 'w': "write-out", 'x': "proxy", 'X': "request", 'y': "speed-time", 'Y': "speed-limit",
	'z': "time-cond", 'Z': "parallel",
}

// find looks a long name up.
func find(name string) (option, bool) {
	if o, ok := options[name]; ok {
		return o, true
	}
	for _, class := range []struct {
		names string
		option
	}{
		{quietFlags, option{}}, {quietArguments, option{takes: true}},
		{otherFlags, option{warning: left}}, {otherArguments, option{takes: true, warning: left}},
		{secretFlags, option{warning: leftSecret}}, {secretArguments, option{takes: true, warning: leftSecret}},
	} {
		for known := range strings.FieldsSeq(class.names) {
			if known == name {
				return class.option, true
			}
		}
	}
	return option{}, false
}

// options reads the words after "curl".
func (r *reader) options(words []string) (*command, error) {
	c := &command{}
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case word == "--": // what follows is no option
			c.urls = append(c.urls, words[i+1:]...)
			return c, nil
		case strings.HasPrefix(word, "--"):
			if word == "--next" {
				r.apply(c, "next", "")
				return c, nil
			}
			taken, err := r.long(c, word[2:], words[i+1:])
			if err != nil {
				return nil, err
			}
			i += taken
		case strings.HasPrefix(word, "-") && len(word) > 1:
			taken, next, err := r.short(c, word[1:], words[i+1:])
			if err != nil || next {
				return c, err
			}
			i += taken
		case strings.TrimSpace(word) != "":
			c.urls = append(c.urls, word)
		}
	}
	return c, nil
}

// long applies an option by its long name; taken says how many of the following words it takes.
func (r *reader) long(c *command, name string, following []string) (taken int, err error) {
	o, ok := find(name)
	if !ok {
		return 0, unknownOption()
	}
	if !o.takes {
		r.apply(c, name, "")
		return 0, nil
	}
	if len(following) == 0 {
		return 0, refuse("The command ends where the option --"+name+" expects a value.", "Copy the command again as a whole.")
	}
	r.apply(c, name, following[0])
	return 1, nil
}

// short applies options of one letter, which may stand together; the value of the
// last one may follow at once. next says that another request begins.
func (r *reader) short(c *command, letters string, following []string) (taken int, next bool, err error) {
	for i := range len(letters) {
		name, ok := shortNames[letters[i]]
		if !ok {
			return 0, false, unknownOption()
		}
		o, _ := find(name)
		switch {
		case !o.takes:
			r.apply(c, name, "")
			if name == "next" {
				return 0, true, nil
			}
		case i+1 < len(letters):
			r.apply(c, name, letters[i+1:])
			return 0, false, nil
		default:
			taken, err = r.long(c, name, following)
			return taken, false, err
		}
	}
	return 0, false, nil
}

func unknownOption() error {
	return refuse("The command has an option that curl is not known to have.", "Check for a hyphen too few or too many, and that every text with spaces is in quotes.")
}

func (r *reader) apply(c *command, name, value string) {
	o, _ := find(name)
	if o.warning != "" {
		r.warn("The option --"+name+" "+o.warning, "")
	}
	if o.apply != nil {
		o.apply(r, c, value)
	}
}

// addData adds a -d. Several are joined as fields of a form are.
func (r *reader) addData(c *command, value string, mayNameFile bool) {
	if mayNameFile && strings.HasPrefix(value, "@") {
		r.file()
		value = ""
	}
	if c.hasData {
		c.data.WriteByte('&')
	}
	c.hasData = true
	c.data.WriteString(value)
}

// addJSON adds a --json. Several are joined as they are.
func (r *reader) addJSON(c *command, value string) {
	if strings.HasPrefix(value, "@") {
		r.file()
		value = ""
	}
	c.hasData, c.json = true, true
	c.data.WriteString(value)
}

func (r *reader) file() {
	r.warn("The command sends the content of a file, which is not known here.", "Put the content into the body, or a variable with it, such as the output of an earlier step.")
}

// encoded gives the value of a --data-urlencode as it is sent: content, =content,
// name=content, and with @ the content of a file.
func (r *reader) encoded(value string) string {
	at := strings.IndexAny(value, "=@")
	if at < 0 {
		return percent(value)
	}
	name, content := value[:at], value[at+1:]
	if value[at] == '@' {
		r.file()
		content = ""
	}
	if name == "" {
		return percent(content)
	}
	return name + "=" + percent(content)
}

// queryPart gives the value of a --url-query, which is that of a --data-urlencode
// unless it begins with +.
func (r *reader) queryPart(value string) string {
	if raw, ok := strings.CutPrefix(value, "+"); ok {
		return raw
	}
	return r.encoded(value)
}

// percent encodes everything that is no letter or digit, or one of -._~.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
