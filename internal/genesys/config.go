package genesys

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"model-registrar/internal/netguard"
	"model-registrar/internal/quota"
)

// Defaults of [Config].
const (
	DefaultGatewayPath = "/api/v2/ai/llm-gateway"
	DefaultJobsPath    = "/api/v2/ai/jobs"
	DefaultTimeout     = 30 * time.Second
)

// Config says where Genesys Cloud is and who calls it.
type Config struct {
	APIBaseURL   string // e.g. https://api.mypurecloud.com
	LoginBaseURL string // e.g. https://login.mypurecloud.com; empty: derived from APIBaseURL
	ClientID     string // of the OAuth client, client credentials grant
	ClientSecret string // of the same
	// AccessToken is used in place of tokens that are fetched with the client's credentials. Nothing renews it.
	AccessToken  string
	GatewayPath  string        // default DefaultGatewayPath
	JobsPath     string        // default DefaultJobsPath
	UpdateMethod string        // PUT or PATCH; default PUT
	Timeout      time.Duration // of one HTTP request with its answer; default DefaultTimeout

	// Pacer keeps the calls within the OAuth client's quota; nil means that they are not paced.
	Pacer *quota.Pacer

	// AllowHTTP accepts http base URLs of hosts that are not loopback, for a simulator in a private network. Secrets
	// then travel readable.
	AllowHTTP bool
	// Transport carries the requests; nil means a pooled one with TLS 1.2 at least, proxied by the usual variables.
	Transport http.RoundTripper
	// Logger takes one debug line a call; nil means none.
	Logger *slog.Logger
}

// New checks the configuration and returns a client. It sends nothing. The error names everything that is wrong, and
// no secret.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	var wrong []error
	if cfg.LoginBaseURL == "" && cfg.APIBaseURL != "" {
		login, err := LoginHostFor(cfg.APIBaseURL)
		if err != nil {
			wrong = append(wrong, err)
		}
		cfg.LoginBaseURL = login
	}
	if cfg.ClientID == "" && cfg.AccessToken == "" {
		wrong = append(wrong, errors.New("the OAuth client id is missing"))
	}
	if cfg.ClientSecret == "" && cfg.AccessToken == "" {
		wrong = append(wrong, errors.New("the OAuth client secret is missing"))
	}
	api, err := baseURL("API", cfg.APIBaseURL, cfg.AllowHTTP)
	wrong = append(wrong, err)
	login, err := baseURL("login", cfg.LoginBaseURL, cfg.AllowHTTP)
	wrong = append(wrong, err)
	wrong = append(wrong, checkPath("gateway", cfg.GatewayPath), checkPath("jobs", cfg.JobsPath))
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	c := &Client{
		http:    &http.Client{Transport: cfg.Transport, CheckRedirect: neverRedirect},
		pacer:   cfg.Pacer,
		log:     cfg.Logger,
		timeout: cfg.Timeout,
		refused: make(chan struct{}, 1),
		gateway: api + cfg.GatewayPath, updateMethod: cfg.UpdateMethod,
		jobs: api + cfg.JobsPath,
	}
	c.tokens = newTokenSource(cfg, login)
	return c, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.GatewayPath == "" {
		cfg.GatewayPath = DefaultGatewayPath
	}
	if cfg.JobsPath == "" {
		cfg.JobsPath = DefaultJobsPath
	}
	cfg.GatewayPath = strings.TrimRight(cfg.GatewayPath, "/")
	cfg.JobsPath = strings.TrimRight(cfg.JobsPath, "/")
	if cfg.UpdateMethod == "" {
		cfg.UpdateMethod = http.MethodPut
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Transport == nil {
		cfg.Transport = newTransport()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return cfg
}

// baseURL returns a base URL without its final slash. The URL is not echoed when it is wrong, since a secret may have
// been pasted into it.
func baseURL(which, raw string, allowHTTP bool) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return "", fmt.Errorf("the %s base URL is not an absolute https URL such as https://api.mypurecloud.com", which)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("the %s base URL must have no user, query or fragment", which)
	case u.Scheme == "http" && !allowHTTP && !netguard.IsLoopback(u.Hostname()):
		return "", fmt.Errorf("the %s base URL must be https: http is for loopback hosts alone", which)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func checkPath(which, path string) error {
	u, err := url.Parse(path)
	if err != nil || !strings.HasPrefix(path, "/") || u.Host != "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("the %s path must be an absolute path such as %s, without a query", which, DefaultGatewayPath)
	}
	return nil
}

// neverRedirect makes a redirect the answer itself: following one would carry the token to another place.
func neverRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
