package openai

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// otherModels begin the names of models that do not answer prompts: the list tells
// no model's abilities.
var otherModels = []string{"babbage", "davinci", "dall-e", "gpt-image", "sora", "text-embedding", "text-moderation", "omni-moderation", "tts", "whisper", "gpt-audio", "gpt-realtime"}

// otherUses are parts of the names of models for something else than text.
var otherUses = []string{"-audio", "-realtime", "-transcribe", "-tts", "-image", "-search-api"}

type listedModel struct {
	ID      string `json:"id"`
	Created int64  `json:"created"` // Unix time
}

// listModels lists the models that the key may use, the newest first.
//
// Source: https://platform.openai.com/docs/api-reference/models/list
func listModels(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	var models struct {
		Data []listedModel `json:"data"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/v1/models"}, &models); err != nil {
		return connector.OptionPage{}, err
	}
	slices.SortFunc(models.Data, func(a, b listedModel) int {
		return cmp.Or(cmp.Compare(b.Created, a.Created), cmp.Compare(a.ID, b.ID))
	})
	var page connector.OptionPage
	for _, m := range models.Data {
		other := slices.ContainsFunc(otherModels, func(name string) bool { return strings.HasPrefix(m.ID, name) }) ||
			slices.ContainsFunc(otherUses, func(part string) bool { return strings.Contains(m.ID, part) })
		if !other {
			page.Items = append(page.Items, connector.Option{Value: m.ID, Label: m.ID})
		}
	}
	return page.Matching(q.Search), nil
}
