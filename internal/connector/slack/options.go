package slack

import (
	"context"
	"net/url"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// listChannels lists the channels that the bot may see: public ones, and private
// ones that it is in. Slack cannot search them. A bot that may not read private
// channels is shown the public ones.
//
// Source: https://docs.slack.dev/reference/methods/conversations.list
func listChannels(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	return connector.SearchPages(q, func(cursor string) (connector.OptionPage, error) {
		page, resp, err := channelPage(ctx, call, "public_channel,private_channel", cursor)
		if fault.Is(err, fault.AuthFailed) && read(resp).Error == "missing_scope" && read(resp).Needed == "groups:read" {
			page, _, err = channelPage(ctx, call, "public_channel", cursor)
		}
		return page, err
	})
}

func channelPage(ctx context.Context, call *connector.Call, types, cursor string) (connector.OptionPage, rest.Response, error) {
	var listed struct {
		Channels []struct {
			ID        string `json:"id"`
			Name      string `json:"name"`
			IsPrivate bool   `json:"is_private"`
			IsMember  bool   `json:"is_member"`
		} `json:"channels"`
		Metadata struct {
			NextCursor string `json:"next_cursor"`
		} `json:"response_metadata"`
	}
	args := url.Values{"types": {types}, "exclude_archived": {"true"}, "limit": {"200"}}
	if cursor != "" {
		args.Set("cursor", cursor)
	}
	resp, err := get(ctx, call, "conversations.list", args, &listed)
	page := connector.OptionPage{Next: listed.Metadata.NextCursor}
	for _, c := range listed.Channels {
		o := connector.Option{Value: c.ID, Label: "#" + c.Name}
		switch {
		case !c.IsMember:
			o.Description = "The bot is not in it."
		case c.IsPrivate:
			o.Description = "Private."
		}
		page.Items = append(page.Items, o)
	}
	return page, resp, err
}
