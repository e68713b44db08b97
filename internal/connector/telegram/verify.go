package telegram

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
)

// verify asks whose token it is.
//
// Source: https://core.telegram.org/bots/api#getme
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var bot struct {
		ID       int64  `json:"id"`
		Name     string `json:"first_name"`
		Username string `json:"username"`
	}
	if err := invoke(ctx, call, "getMe", nil, &bot); err != nil {
		return connector.Identity{}, err
	}
	detail := map[string]any{"id": bot.ID, "name": bot.Name}
	if bot.Username == "" {
		return connector.Identity{Name: cmp.Or(bot.Name, "A Telegram bot"), Detail: detail}, nil
	}
	return connector.Identity{Name: "@" + bot.Username, Detail: detail}, nil
}
