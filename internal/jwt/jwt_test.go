package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"

	"switchboard/internal/fault"
	"switchboard/internal/jwt"
	"switchboard/internal/login"
)

// issuer publishes keys, as a real one does.
type issuer struct {
	*httptest.Server
	keys  atomic.Pointer[jose.JSONWebKeySet]
	asked atomic.Int64
	down  atomic.Bool
}

func newIssuer(t *testing.T, keys ...jose.JSONWebKey) *issuer {
	t.Helper()
	i := &issuer{}
	i.keys.Store(&jose.JSONWebKeySet{Keys: keys})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		i.asked.Add(1)
		if i.down.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/keys"})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(i.keys.Load()) })
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func rsaKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func published(id string, key crypto.PublicKey, algorithm string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key, KeyID: id, Use: "sig", Algorithm: algorithm}
}

func signed(t *testing.T, algorithm jose.SignatureAlgorithm, key any, id string, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", id))
	if err != nil {
		t.Fatal(err)
	}
	token, err := josejwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

const audience = "switchboard"

func TestVerify(t *testing.T) {
	key, other := rsaKey(t), rsaKey(t)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := newIssuer(t, published("rsa", key.Public(), "RS256"), published("ec", curve.Public(), ""), published("enc", other.Public(), "RSA-OAEP"))
	now := time.Now()
	v := &jwt.Verifier{Issuer: i.URL, Audience: audience, Keys: jwt.NewPublished(i.URL, i.Client(), time.Now), Now: func() time.Time { return now }}
	claims := func(change map[string]any) map[string]any {
		c := map[string]any{
			"iss": i.URL, "aud": audience, "sub": "ada", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
			"account": "acc_1", "role": "editor", "email": "Ada@Example.com", "email_verified": true,
		}
		maps.Copy(c, change)
		for name, value := range c {
			if value == nil {
				delete(c, name)
			}
		}
		return c
	}
	rs := func(change map[string]any) string { return signed(t, jose.RS256, key, "rsa", claims(change)) }
	ada := login.Claims{Account: "acc_1", Subject: "ada", Role: "editor", Email: "Ada@Example.com"}
	for _, c := range []struct {
		name, token string
		want        login.Claims
	}{
		{"RS256", rs(nil), ada},
		{"ES256", signed(t, jose.ES256, curve, "ec", claims(nil)), ada},
		{"SeveralAudiences", rs(map[string]any{"aud": []string{"x", audience}}), ada},
		{"ClientOfCognito", rs(map[string]any{"aud": nil, "client_id": audience}), ada},
		{"NamesOfCognito", rs(map[string]any{"account": nil, "role": nil, "custom:account": "acc_2", "custom:role": "viewer"}), login.Claims{Account: "acc_2", Subject: "ada", Role: "viewer", Email: "Ada@Example.com"}},
		{"EmailNotVerified", rs(map[string]any{"email_verified": false, "role": nil}), login.Claims{Account: "acc_1", Subject: "ada"}},
		{"WithinTheSkew", rs(map[string]any{"exp": now.Add(-jwt.Skew + 2*time.Second).Unix(), "nbf": now.Add(jwt.Skew - 2*time.Second).Unix()}), ada},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := v.Verify(t.Context(), c.token)
			if err != nil || got != c.want {
				t.Errorf("claims = %+v, %v; want %+v", got, err, c.want)
			}
		})
	}

	// The public key, in the forms in which one might be taken for a shared secret.
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	parts := strings.Split(rs(nil), ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT","kid":"rsa"}`))
	forged, err := json.Marshal(claims(map[string]any{"role": "owner"}))
	if err != nil {
		t.Fatal(err)
	}
	embedded := func() string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: other}, &jose.SignerOptions{EmbedJWK: true})
		if err != nil {
			t.Fatal(err)
		}
		token, err := josejwt.Signed(signer).Claims(claims(nil)).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for name, token := range map[string]string{
		"Empty": "", "NoToken": "a.b.c", "NotThree": parts[0] + "." + parts[1], "TooLong": strings.Repeat("x", 1<<20),
		"None":             none + "." + parts[1] + ".",
		"NoneSigned":       none + "." + parts[1] + "." + parts[2],
		"WithoutSignature": parts[0] + "." + parts[1] + ".",
		"OtherClaims":      parts[0] + "." + base64.RawURLEncoding.EncodeToString(forged) + "." + parts[2],
		"SharedSecretDER":  signed(t, jose.HS256, der, "rsa", claims(nil)),
		"SharedSecretPEM":  signed(t, jose.HS256, asPEM, "rsa", claims(nil)),
		"OtherAlgorithm":   signed(t, jose.RS512, key, "rsa", claims(nil)),
		"PSS":              signed(t, jose.PS256, key, "rsa", claims(nil)),
		"OtherKey":         signed(t, jose.RS256, other, "rsa", claims(nil)),
		"KeyOfAnotherUse":  signed(t, jose.RS256, other, "enc", claims(nil)),
		"KeyOfAnotherKind": signed(t, jose.RS256, key, "ec", claims(nil)),
		"UnknownKey":       signed(t, jose.RS256, key, "unknown", claims(nil)),
		"OwnKeyInside":     embedded(),
		"OtherIssuer":      rs(map[string]any{"iss": "https://evil.example"}), "NoIssuer": rs(map[string]any{"iss": nil}),
		"OtherAudience": rs(map[string]any{"aud": "another"}), "NoAudience": rs(map[string]any{"aud": nil}),
		"AudienceElsewhere": rs(map[string]any{"aud": "another", "client_id": audience}),
		"Expired":           rs(map[string]any{"exp": now.Add(-jwt.Skew - 2*time.Second).Unix()}), "NeverExpires": rs(map[string]any{"exp": nil}),
		"NotYet":       rs(map[string]any{"nbf": now.Add(jwt.Skew + 2*time.Second).Unix()}),
		"OfTheFuture":  rs(map[string]any{"iat": now.Add(jwt.Skew + 2*time.Second).Unix()}),
		"ExpiryAsText": rs(map[string]any{"exp": "tomorrow"}),
	} {
		t.Run("Err"+name, func(t *testing.T) {
			got, err := v.Verify(t.Context(), token)
			if !fault.Is(err, fault.Unauthorized) || got != (login.Claims{}) {
				t.Errorf("claims = %+v, %v; want unauthorized", got, err)
			}
			if f := fault.Of(err); f != nil && len(token) > 20 && strings.Contains(f.Message+f.Hint, token[:20]) {
				t.Errorf("the fault shows the token: %v", f)
			}
		})
	}
}

func TestPublished(t *testing.T) {
	first, second := rsaKey(t), rsaKey(t)
	i := newIssuer(t, published("first", first.Public(), ""))
	now := time.Now()
	keys := jwt.NewPublished(i.URL, i.Client(), func() time.Time { return now })
	want := func(t *testing.T, id string, asked int64, wanted error) {
		t.Helper()
		_, err := keys.Key(t.Context(), id)
		if !errors.Is(err, wanted) || wanted == nil && err != nil {
			t.Errorf("key %s: %v, want %v", id, err, wanted)
		}
		if got := i.asked.Load(); got != asked {
			t.Errorf("the issuer was asked %d times, want %d", got, asked)
		}
	}
	t.Run("Kept", func(t *testing.T) {
		want(t, "first", 1, nil)
		want(t, "first", 1, nil)
		want(t, "second", 1, jwt.ErrNoKey) // whoever makes names up does not make us ask
	})
	t.Run("Changed", func(t *testing.T) {
		i.keys.Store(&jose.JSONWebKeySet{Keys: []jose.JSONWebKey{published("second", second.Public(), "")}})
		now = now.Add(time.Minute)
		want(t, "second", 2, nil)
		want(t, "first", 2, jwt.ErrNoKey)
	})
	t.Run("IssuerIsDown", func(t *testing.T) {
		i.down.Store(true)
		now = now.Add(2 * time.Hour)
		want(t, "second", 3, nil) // used on
		fresh := jwt.NewPublished(i.URL, i.Client(), func() time.Time { return now })
		for range 2 {
			if _, err := fresh.Key(t.Context(), "second"); !fault.Is(err, fault.Unavailable) {
				t.Errorf("without any key: %v, want unavailable", err)
			}
		}
		if got := i.asked.Load(); got != 4 {
			t.Errorf("the issuer was asked %d times, want 4", got)
		}
	})
	// Whose key is known does not wait for an issuer who is asked for another one.
	t.Run("IssuerIsSlow", func(t *testing.T) {
		i := newIssuer(t, published("first", first.Public(), ""))
		now := time.Now()
		keys := jwt.NewPublished(i.URL, i.Client(), func() time.Time { return now })
		if _, err := keys.Key(t.Context(), "first"); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		came, goOn := make(chan struct{}), make(chan struct{})
		i.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(came)
			<-goOn
			http.Error(w, "down", http.StatusBadGateway)
		})
		var waiting sync.WaitGroup
		unknown := func() {
			if _, err := keys.Key(t.Context(), "made-up"); !fault.Is(err, fault.Unavailable) {
				t.Errorf("a key that is not known: %v, want unavailable", err)
			}
		}
		waiting.Go(unknown)
		<-came
		waiting.Go(unknown)
		if _, err := keys.Key(t.Context(), "first"); err != nil {
			t.Errorf("a key that is known: %v", err)
		}
		close(goOn)
		waiting.Wait()
	})
	t.Run("SomebodyElse", func(t *testing.T) {
		i.down.Store(false)
		keys := jwt.NewPublished(i.URL+"/", i.Client(), time.Now)
		if _, err := keys.Key(t.Context(), "second"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("an issuer with another name: %v", err)
		}
	})
}
