package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

// goodToken is what the fake service accepts. Tokens look like secrets that must
// show up nowhere.
const (
	goodToken = "chat-canary-good-7f3a9c"
	badToken  = "chat-canary-bad-51d0e2"
)

// The connector "chat": one type that can be verified, one action.
var (
	chatToken   = schema.Field{Name: "token", Kind: schema.Secret, Title: "Token", Required: true, MinLength: 8}
	chatTeam    = schema.Field{Name: "team", Kind: schema.Text, Title: "Team"}
	chatChannel = schema.Field{Name: "channel", Kind: schema.Text, Title: "Channel", Required: true, Options: "channels"}
	chatThread  = schema.Field{Name: "thread", Kind: schema.Text, Title: "Thread", Options: "threads", OptionsDepend: []string{"channel"}}
	chatText    = schema.Field{Name: "text", Kind: schema.Text, Title: "Text", Required: true}
	chatMention = schema.Field{Name: "mention", Kind: schema.Text, Title: "Whom to mention", Personal: true}
	chatAPI     = rest.Service{Title: "Chat", Base: "https://chat.example", Authorize: rest.Bearer(chatToken)}
)

func chatConnector() connector.Connector {
	return connector.Connector{
		Name: "chat", Title: "Chat", Category: connector.Messaging, Summary: "Post messages.", SetupGuide: "1. Make a token.",
		Icon: "<svg/>", Base: chatAPI.Base,
		CredentialTypes: []connector.CredentialType{{
			Name: "chat_token", Title: "Chat token", Summary: "A token.", Fields: schema.Fields{chatToken, chatTeam}, HintField: "token",
			Verify: func(ctx context.Context, call *connector.Call) (connector.Identity, error) {
				var me struct{ Name string }
				_, err := chatAPI.JSON(ctx, call, rest.Request{Path: rest.Path("me")}, &me)
				return connector.Identity{Name: me.Name}, err
			},
		}},
		Options: map[string]connector.OptionLoader{"channels": chatOptions, "threads": chatOptions},
		Actions: []connector.Action{{
			Name: "post_message", Title: "Post a message", Summary: "Post a message to a channel.",
			Input:  schema.Fields{chatChannel, chatText, chatThread, chatMention},
			Output: schema.Fields{{Name: "ts", Kind: schema.Text, Required: true}}, OpenOutput: true,
			Run: func(ctx context.Context, call *connector.Call) (connector.Output, error) {
				var posted connector.Output
				text := call.Input.Text(chatText)
				if call.Input.Has(chatMention) {
					text += " @" + call.Input.Text(chatMention)
				}
				_, err := chatAPI.JSON(ctx, call, rest.Request{
					Path: rest.Path("messages"), JSON: map[string]any{"channel": call.Input.Text(chatChannel), "text": text},
				}, &posted)
				return posted, err
			},
		}},
	}
}

// chatOptions hands everything that it is asked on to the service, so that a test
// sees it there.
func chatOptions(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	var listed struct {
		Items []connector.Option
		Next  string
	}
	_, err := chatAPI.JSON(ctx, call, rest.Request{
		Path: rest.Path("list"), Query: url.Values{"q": {q.Search}, "cursor": {q.Cursor}, "channel": {call.Input.Text(chatChannel)}},
	}, &listed)
	return connector.OptionPage{Items: listed.Items, Next: listed.Next}, err
}

// chatService is the service behind it.
type chatService struct {
	url string
	// held says that somebody posts to #hold; such a call is answered when the caller
	// gives up or the test ends.
	held chan struct{}

	mu      sync.Mutex
	posts   []string
	lists   []string       // the queries of those who list
	archive map[string]any // what a post to #archive is answered with
	opened  bool           // #closed takes posts
}

// forget has no posts.
func (c *chatService) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posts = nil
}

// open has #closed take posts, or no longer.
func (c *chatService) open(opened bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = opened
}

func newChatService(t testing.TB) *chatService {
	c := &chatService{held: make(chan struct{}, 16)}
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Authorization") != "Bearer "+goodToken {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error": "invalid_auth: ` + r.Header.Get("Authorization") + `"}`))
			return
		}
		if r.URL.Path == "/me" {
			_, _ = w.Write([]byte(`{"name": "Acme"}`))
			return
		}
		if r.URL.Path == "/list" {
			c.mu.Lock()
			c.lists = append(c.lists, r.URL.RawQuery)
			n := len(c.lists)
			c.mu.Unlock()
			_, _ = fmt.Fprintf(w, `{"items": [{"value": "C%d", "label": "general of %s"}], "next": "page-2"}`, n, r.Header.Get("Authorization"))
			return
		}
		var message struct{ Channel, Text string }
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if message.Channel == "#hold" {
			c.held <- struct{}{}
			select {
			case <-r.Context().Done():
			case <-ended:
			}
			return
		}
		c.mu.Lock()
		if message.Channel == "#closed" && !c.opened {
			c.mu.Unlock()
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"error": "channel_is_closed"}`))
			return
		}
		c.posts = append(c.posts, message.Channel+": "+message.Text)
		archive := c.archive
		c.mu.Unlock()
		if message.Channel == "#drop" { // it is done, and nobody hears of it
			panic(http.ErrAbortHandler)
		}
		if message.Channel == "#archive" {
			_ = json.NewEncoder(w).Encode(archive) // an error means that the client has gone
			return
		}
		_, _ = w.Write([]byte(`{"ts": "1700000000.1"}`))
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(ended) })
	c.url = server.URL
	return c
}

// listed gives how it was asked for lists.
func (c *chatService) listed() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.lists...)
}

// posted gives what was posted.
func (c *chatService) posted() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.posts...)
}
