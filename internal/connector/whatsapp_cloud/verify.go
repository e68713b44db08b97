package whatsappcloud

import (
	"context"
	"net/url"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// verify asks which number it is.
//
// Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-phone-number/whatsapp-business-account-phone-number-api
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var number struct {
		Display string `json:"display_phone_number"`
		Name    string `json:"verified_name"`
		Quality string `json:"quality_rating"`
	}
	id := call.Credential.Data.Text(phoneNumberID)
	fields := url.Values{"fields": {"id,display_phone_number,verified_name,quality_rating"}}
	if _, err := service.JSON(ctx, call, rest.Request{Path: rest.Path(version, id), Query: fields}, &number); err != nil {
		return connector.Identity{}, err
	}
	identity := connector.Identity{Name: number.Name, Detail: map[string]any{
		"phone_number": number.Display, "phone_number_id": id, "quality_rating": number.Quality,
	}}
	switch {
	case number.Name == "" && number.Display == "":
		identity.Name = "WhatsApp number " + id
	case number.Name == "":
		identity.Name = number.Display
	case number.Display != "":
		identity.Name += " (" + number.Display + ")"
	}
	return identity, nil
}
