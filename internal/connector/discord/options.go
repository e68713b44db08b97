package discord

import (
	"context"
	"fmt"
	"net/url"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// guildsPerPage is how many servers are looked at at once: each costs a call.
const guildsPerPage = 5

// Kinds of channels that take messages.
//
// Source: https://docs.discord.com/developers/resources/channel#channel-object-channel-types
var messageChannels = map[int]string{0: "", 2: "Voice channel.", 5: "Announcement channel.", 13: "Stage channel."}

type guild struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// listChannels lists the channels of the servers that the bot is in, some servers at a time.
//
// Sources: https://docs.discord.com/developers/resources/user#get-current-user-guilds and
// https://docs.discord.com/developers/resources/guild#get-guild-channels
func listChannels(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	return connector.SearchPages(q, func(cursor string) (connector.OptionPage, error) {
		var guilds []guild
		args := url.Values{"limit": {fmt.Sprint(guildsPerPage)}}
		if cursor != "" {
			args.Set("after", cursor)
		}
		if _, err := service.JSON(ctx, call, rest.Request{Path: path("users", "@me", "guilds"), Query: args}, &guilds); err != nil {
			return connector.OptionPage{}, err
		}
		var page connector.OptionPage
		for _, g := range guilds {
			channels, err := channelsOf(ctx, call, g)
			if err != nil {
				return connector.OptionPage{}, err
			}
			page.Items = append(page.Items, channels...)
		}
		if len(guilds) == guildsPerPage {
			page.Next = guilds[len(guilds)-1].ID
		}
		return page, nil
	})
}

func channelsOf(ctx context.Context, call *connector.Call, g guild) ([]connector.Option, error) {
	var channels []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Type int    `json:"type"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: path("guilds", g.ID, "channels")}, &channels); err != nil {
		return nil, fmt.Errorf("listing channels of %s: %w", g.Name, err)
	}
	var options []connector.Option
	for _, c := range channels {
		kind, ok := messageChannels[c.Type]
		if !ok {
			continue
		}
		description := g.Name
		if kind != "" {
			description += ". " + kind
		}
		options = append(options, connector.Option{Value: c.ID, Label: "#" + c.Name, Description: description})
	}
	return options, nil
}
