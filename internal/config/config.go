// Package config reads the configuration of the worker, and of what the starter does in its place, from the environment
// and says everything that is wrong with it at once. It names variables, never their values.
package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/rs/zerolog"

	"model-registrar/internal/bounded"
	"model-registrar/internal/codec"
	"model-registrar/internal/genesys"
	"model-registrar/internal/netguard"
	"model-registrar/schemas"
)

// Worker is the configuration of a worker process.
type Worker struct {
	// TaskQueue is the task queue that the worker polls.
	TaskQueue string `env:"REGISTRAR_TASK_QUEUE" envDefault:"model-registrar"`
	// Approval is the floor of the approval policy: a manifest can only be stricter.
	Approval schemas.ApprovalPolicy `env:"REGISTRAR_APPROVAL" envDefault:"never"`
	// Gate is the floor of where a registration waits for a person: a manifest can only be stricter.
	Gate schemas.Gate `env:"REGISTRAR_GATE" envDefault:"after_probe"`
	// Required is how many people have to approve at least where somebody has to: 1 to [schemas.MaxRequired].
	Required int `env:"REGISTRAR_APPROVALS_REQUIRED" envDefault:"1"`
	// ApproversFile is the allowed_signers file by which decisions have to be signed. Empty: they need no signature.
	ApproversFile string `env:"REGISTRAR_APPROVERS_FILE"`
	// Audit is the audit trail: file:PATH or postgres://…. It may hold a password.
	Audit string `env:"REGISTRAR_AUDIT" envDefault:"file:llm_model_audit.log"`
	// AuditKey is the ed25519 private key that signs checkpoints, as PEM or 32 bytes in base64. Empty: they are not
	// signed.
	AuditKey string `env:"REGISTRAR_AUDIT_KEY"`
	// WebhookSecrets sign webhooks, each whsec_…; several while they are rotated. Empty: webhooks are not signed.
	WebhookSecrets []string `env:"REGISTRAR_WEBHOOK_SECRET" envSeparator:" "`
	// WebhookCredentialsFile names credentials for the hosts of webhook receivers. Empty: none wants any.
	WebhookCredentialsFile string `env:"REGISTRAR_WEBHOOK_CREDENTIALS_FILE"`
	// MetricsAddress serves /metrics, /healthz and /readyz, as host:port.
	MetricsAddress string `env:"REGISTRAR_METRICS_ADDRESS" envDefault:"127.0.0.1:9464"`
	// ShutdownTimeout is how long running activities may take to finish at shutdown.
	ShutdownTimeout time.Duration `env:"REGISTRAR_SHUTDOWN_TIMEOUT" envDefault:"30s"`
	// Profiling serves Go's profiler on MetricsAddress, which has to be on loopback then.
	Profiling  bool       `env:"REGISTRAR_PPROF"`
	Capacity   Capacity   // how much the worker does at once
	Encryption Encryption // of what Temporal stores
	Outbound   Outbound   // the endpoints and receivers that may be called
	Genesys    Genesys    // the platform
	Log        Log        // what is logged and how
}

// Genesys says where the platform is and who the worker is to it. Either an OAuth client or an access token is needed.
type Genesys struct {
	// Host is the base URL of the API. Default: that of Region, or https://api.mypurecloud.com.
	Host string `env:"GENESYS_CLOUD_HOST"`
	// Region is a region such as eu-central-1 or a domain such as mypurecloud.de, in place of Host.
	Region string `env:"GENESYSCLOUD_REGION"`
	// LoginHost is the base URL of OAuth. Default: Host with login. in place of api.
	LoginHost string `env:"GENESYS_LOGIN_HOST"`
	// ClientID and ClientSecret are those of an OAuth client with the client credentials grant. The alternatives are
	// the names that Genesys' own tools read; they count where the others are empty.
	ClientID        string `env:"GENESYS_OAUTH_CLIENT_ID"`
	ClientSecret    string `env:"GENESYS_OAUTH_CLIENT_SECRET"`     // see ClientID
	ClientIDAlt     string `env:"GENESYSCLOUD_OAUTHCLIENT_ID"`     // see ClientID
	ClientSecretAlt string `env:"GENESYSCLOUD_OAUTHCLIENT_SECRET"` // see ClientID
	// AccessToken is a token for a trial, in place of the client's credentials. Nothing renews it.
	AccessToken string `env:"GENESYSCLOUD_ACCESS_TOKEN"`
	// GatewayPath is the path of the LLM Gateway below Host.
	GatewayPath string `env:"GENESYS_LLM_GATEWAY_PATH" envDefault:"/api/v2/ai/llm-gateway"`
	// JobsPath is the path of the jobs below Host.
	JobsPath string `env:"GENESYS_JOBS_PATH" envDefault:"/api/v2/ai/jobs"`
	// ReadLag is for how long the platform's reads may lag behind its writes, a call on its way included; at most 10m.
	ReadLag time.Duration `env:"GENESYS_READ_LAG" envDefault:"60s"`
	// UpdateMethod is the HTTP method of the call that changes a model, PUT or PATCH; or replace, which deletes the
	// model and creates it anew.
	UpdateMethod string `env:"GENESYS_UPDATE_METHOD" envDefault:"PUT"`
	// RequestsPerMinute is the ceiling of the OAuth client's calls; 0: 300 until the platform says what it allows.
	RequestsPerMinute int `env:"GENESYS_REQUESTS_PER_MINUTE"`
}

// Complete reports whether nothing is missing that has no default.
func (g Genesys) Complete() bool {
	return g.Host != "" && (g.AccessToken != "" || g.ClientID != "" && g.ClientSecret != "")
}

// Log says what is logged and how.
type Log struct {
	// Level is the least level that is logged: trace, debug, info, warn or error.
	Level string `env:"REGISTRAR_LOG_LEVEL" envDefault:"info"`
	// SDKLevel is the least level of the lines of Temporal's SDK, whose debug lines are many. What the worker says of
	// operations through the SDK's loggers depends on Level alone.
	SDKLevel string `env:"REGISTRAR_SDK_LOG_LEVEL" envDefault:"info"`
	// Format is json or console. Empty: console on a terminal and json elsewhere.
	Format string `env:"REGISTRAR_LOG_FORMAT"`
}

// maxSecretFile bounds a file with a secret, in bytes.
const maxSecretFile = 64 << 10

// maxReadLag bounds how long a submission whose answer was lost waits before it creates again.
const maxReadLag = 10 * time.Minute

// UpdateByReplacing is the update method of a platform that updates no models.
const UpdateByReplacing = "replace"

const defaultHost = "https://api.mypurecloud.com"

// secrets are the variables whose value may be in a file named by the variable with _FILE at its end.
var secrets = []string{
	"GENESYS_OAUTH_CLIENT_SECRET", "GENESYSCLOUD_OAUTHCLIENT_SECRET", "GENESYSCLOUD_ACCESS_TOKEN", "EXTERNAL_AI_TOKEN",
	"REGISTRAR_WEBHOOK_SECRET",
	"TEMPORAL_API_KEY", "REGISTRAR_AUDIT", "REGISTRAR_AUDIT_KEY", codec.Variable,
}

// Environment is a process's environment with the secrets read from the files that it names.
type Environment map[string]string

// Read returns an environment in the form of [os.Environ] with these secrets read from the files that their _FILE
// variables name. It returns every problem at once: a file that cannot be read, a secret that is set in both ways.
func Read(environ []string, secrets ...string) (Environment, error) {
	e := Environment(env.ToMap(environ))
	var problems []error
	for _, name := range secrets {
		path := e[name+"_FILE"]
		if path == "" {
			continue
		}
		if e[name] != "" {
			problems = append(problems, fmt.Errorf("%s and %s_FILE are both set; set one of them", name, name))
			continue
		}
		value, err := bounded.File(path, maxSecretFile)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s_FILE: %w", name, err))
			continue
		}
		e[name] = strings.TrimSpace(string(value))
	}
	return e, errors.Join(problems...)
}

// LookupEnv finds a variable, like [os.LookupEnv]. With Environ it makes an environment that envconfig can read.
func (e Environment) LookupEnv(name string) (string, bool) {
	v, ok := e[name]
	return v, ok
}

// Environ lists the variables, like [os.Environ].
func (e Environment) Environ() []string {
	out := make([]string, 0, len(e))
	for k, v := range e {
		out = append(out, k+"="+v)
	}
	return out
}

// LoadWorker reads a worker's configuration. The error joins every problem found; what is made of the configuration
// later may find more.
func LoadWorker(environ []string) (Worker, Environment, error) {
	var w Worker
	e, err := Read(environ, secrets...)
	problems := slices.Concat([]error{err}, Unknown(environ), e.empty())
	if err := env.ParseWithOptions(&w, env.Options{Environment: maps.Clone(e)}); err != nil {
		problems = append(problems, parseProblems(err)...)
	}
	problems = append(problems, w.resolve()...)
	return w, e, errors.Join(problems...)
}

// parseProblems names the variables of the library's errors, which name fields, and leaves the values out.
func parseProblems(err error) []error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []error{err}
	}
	var out []error
	fields := variables(reflect.TypeFor[Worker]())
	for _, err := range all.Errors {
		var p env.ParseError
		if errors.As(err, &p) {
			// No two fields that hold anything but text share a name.
			i := slices.IndexFunc(fields, func(f reflect.StructField) bool { return f.Name == p.Name })
			err = fmt.Errorf("%s %s", fields[i].Tag.Get("env"), shape(fields[i]))
		}
		out = append(out, err)
	}
	return out
}

// resolve fills in what follows from something else, and returns what is wrong.
func (w *Worker) resolve() []error {
	problems := w.Genesys.resolve()
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !slices.Contains(schemas.ApprovalPolicies, w.Approval) {
		bad("REGISTRAR_APPROVAL must be never, on_failure or always")
	}
	if !slices.Contains(schemas.Gates, w.Gate) {
		bad("REGISTRAR_GATE must be after_probe or before_submission")
	}
	if w.Required < 1 || w.Required > schemas.MaxRequired {
		bad("REGISTRAR_APPROVALS_REQUIRED must be a number of people, 1 to %d", schemas.MaxRequired)
	}
	if _, err := zerolog.ParseLevel(w.Log.Level); err != nil {
		bad("REGISTRAR_LOG_LEVEL must be trace, debug, info, warn or error")
	}
	if _, err := zerolog.ParseLevel(w.Log.SDKLevel); err != nil {
		bad("REGISTRAR_SDK_LOG_LEVEL must be debug, info, warn or error")
	}
	if !slices.Contains([]string{"", "json", "console"}, w.Log.Format) {
		bad("REGISTRAR_LOG_FORMAT must be json or console")
	}
	if w.Profiling && !onLoopback(w.MetricsAddress) {
		bad("REGISTRAR_PPROF needs a REGISTRAR_METRICS_ADDRESS on loopback: a profile shows what the process holds " +
			"in memory")
	}
	if err := w.Capacity.Check(); err != nil {
		problems = append(problems, err)
	}
	return problems
}

// resolve is [Worker.resolve] for the gateway.
func (g *Genesys) resolve() (problems []error) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if g.ClientID == "" {
		g.ClientID = g.ClientIDAlt
	}
	if g.ClientSecret == "" {
		g.ClientSecret = g.ClientSecretAlt
	}
	if g.AccessToken != "" && (g.ClientID != "" || g.ClientSecret != "") {
		bad("GENESYSCLOUD_ACCESS_TOKEN and an OAuth client are both set; set one of them: nothing renews the token")
	}
	if g.ClientID == "" && g.AccessToken == "" {
		bad("GENESYS_OAUTH_CLIENT_ID is not set; it is the id of the OAuth client (client credentials grant)")
	}
	if g.ClientSecret == "" && g.AccessToken == "" {
		bad("GENESYS_OAUTH_CLIENT_SECRET or GENESYS_OAUTH_CLIENT_SECRET_FILE is not set")
	}
	switch {
	case g.Host != "" && g.Region != "":
		bad("GENESYS_CLOUD_HOST and GENESYSCLOUD_REGION are both set; set one of them")
	case g.Region != "":
		api, login, err := genesys.RegionHosts(g.Region)
		if err != nil {
			bad("GENESYSCLOUD_REGION: %w", err)
		}
		g.Host = api
		if g.LoginHost == "" {
			g.LoginHost = login
		}
	case g.Host == "":
		g.Host = defaultHost
	}
	switch g.UpdateMethod {
	case http.MethodPut, http.MethodPatch, UpdateByReplacing:
	default:
		bad("GENESYS_UPDATE_METHOD must be PUT, PATCH, or replace, which deletes the model and creates it anew")
	}
	if g.ReadLag < 0 || g.ReadLag > maxReadLag {
		bad("GENESYS_READ_LAG must be from 0s to %s; it is for how long the platform's reads may lag behind its writes",
			maxReadLag)
	}
	if g.RequestsPerMinute < 0 {
		bad("GENESYS_REQUESTS_PER_MINUTE must be at least 1; leave it unset for what the platform allows")
	}
	return problems
}

// onLoopback reports whether an address to listen on, host:port, is reached from this machine alone.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && netguard.IsLoopback(host)
}
