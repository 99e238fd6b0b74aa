package credentials

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"golang.org/x/net/http/httpguts"

	"model-registrar/internal/bounded"
)

// Bounds of what is read: files that are larger are not what they are taken for.
const (
	maxFile  = 1 << 20
	maxToken = 16 << 10
)

// fileForm is the credentials file, in YAML or JSON.
type fileForm struct {
	Credentials map[string]entryForm `yaml:"credentials"`
}

// entryForm is one credential of the file. It holds references, so that the file can be reviewed and shared; Token is
// here only to be refused with a better sentence than "unknown key".
type entryForm struct {
	Hosts          []string `yaml:"hosts"`
	TokenFile      string   `yaml:"token_file"`
	TokenEnv       string   `yaml:"token_env"`
	Anonymous      bool     `yaml:"anonymous"`
	Token          any      `yaml:"token"`
	Header         string   `yaml:"header"`
	Scheme         *string  `yaml:"scheme"`
	CAFile         string   `yaml:"ca_file"`
	ClientCertFile string   `yaml:"client_cert_file"`
	ClientKeyFile  string   `yaml:"client_key_file"`
	Proxy          string   `yaml:"proxy"`
	// Query names the query parameter that carries the token in place of a header.
	Query string `yaml:"query"`
	// Headers are sent beside the token, each with a value of its own.
	Headers map[string]headerForm `yaml:"headers"`
}

// headerForm says where the value of one more header is. Value is here only to be refused.
type headerForm struct {
	TokenFile string `yaml:"token_file"`
	TokenEnv  string `yaml:"token_env"`
	Scheme    string `yaml:"scheme"`
	Value     any    `yaml:"value"`
}

// loadFile returns the entries and every problem, each named with its file and credential.
func loadFile(path, variable string) (map[string]entry, []error) {
	raw, err := bounded.File(path, maxFile)
	if err != nil {
		return nil, []error{fmt.Errorf("%s: %w", variable, err)}
	}
	var form fileForm
	if err := yaml.UnmarshalWithOptions(raw, &form, yaml.Strict()); err != nil {
		return nil, []error{fmt.Errorf("%s%s", path, withoutSource(err))}
	}
	entries := map[string]entry{}
	var problems []error
	for _, id := range slices.Sorted(maps.Keys(form.Credentials)) {
		e, errs := form.Credentials[id].entry(filepath.Dir(path))
		if len(errs) == 0 {
			_, errs = e.read(id)
		}
		for _, err := range errs {
			problems = append(problems, fmt.Errorf("%s: credential %q: %w", path, id, err))
		}
		entries[id] = e
	}
	return entries, problems
}

// withoutSource says where and of what kind a YAML error is. The library's own text quotes the file, and whoever
// pasted a token into it would find the token in the log.
func withoutSource(err error) string {
	var y yaml.Error
	if !errors.As(err, &y) || y.GetToken() == nil || y.GetToken().Position == nil {
		return ": is not valid YAML or JSON"
	}
	kind := "is not valid YAML or JSON here"
	var unknown *yaml.UnknownFieldError
	var duplicate *yaml.DuplicateKeyError
	var mismatch *yaml.TypeError
	switch {
	case errors.As(err, &unknown):
		kind = "unknown key; a credential has hosts, token_file or token_env or anonymous, header, scheme, query, " +
			"headers, ca_file, client_cert_file, client_key_file, proxy; each of headers has token_file or " +
			"token_env, and scheme"
	case errors.As(err, &duplicate):
		kind = "this key is there twice"
	case errors.As(err, &mismatch):
		kind = "this value has the wrong type"
	}
	pos := y.GetToken().Position
	return fmt.Sprintf(":%d:%d: %s", pos.Line, pos.Column, kind)
}

// entry checks what can be checked without reading other files. Relative paths are relative to the file's folder.
func (f entryForm) entry(dir string) (entry, []error) {
	var problems []error
	e := entry{token: source{env: f.TokenEnv}, header: f.Header, query: f.Query, anonymous: f.Anonymous}
	for _, p := range []struct {
		to   *string
		from string
	}{{&e.token.file, f.TokenFile}, {&e.caFile, f.CAFile}, {&e.certFile, f.ClientCertFile}, {&e.keyFile,
		f.ClientKeyFile}} {
		*p.to = within(dir, p.from)
	}
	hosts, errs := parseHosts(f.Hosts)
	if e.hosts = hosts; len(hosts) == 0 && len(errs) == 0 {
		errs = []error{errors.New("hosts is empty, so the token could be sent nowhere; list each host")}
	}
	problems = append(problems, errs...)
	problems = append(problems, f.tokenProblems()...)
	problems = append(problems, f.queryProblems()...)
	e.headers, errs = f.headerEntries(dir)
	problems = append(problems, errs...)
	if f.Header != "" && !httpguts.ValidHeaderFieldName(f.Header) {
		problems = append(problems, errors.New("header is not the name of an HTTP header"))
	}
	if f.Scheme != nil {
		if e.scheme = *f.Scheme; f.Header == "" {
			problems = append(problems, errors.New("scheme needs header"))
		}
		if e.scheme != "" && !httpguts.ValidHeaderFieldName(e.scheme) {
			problems = append(problems, errors.New("scheme is not one word such as Bearer"))
		}
	} else if strings.EqualFold(f.Header, "Authorization") {
		e.scheme = "Bearer"
	}
	if (f.ClientCertFile == "") != (f.ClientKeyFile == "") {
		problems = append(problems, errors.New("client_cert_file and client_key_file need each other"))
	}
	if f.Proxy != "" {
		if e.proxy, errs = parseProxy(f.Proxy); errs != nil {
			problems = append(problems, errs...)
		}
	}
	return e, problems
}

// within makes a relative path one of the credentials file's folder.
func within(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func (f entryForm) queryProblems() []error {
	switch {
	case f.Query == "":
		return nil
	case f.Anonymous:
		return []error{errors.New("query needs a token; it has no place beside anonymous: true")}
	case f.Header != "" || f.Scheme != nil:
		return []error{errors.New("query carries the token in place of header and scheme; remove one of them")}
	case strings.ContainsAny(f.Query, " &=#?/") || len(f.Query) > 64:
		return []error{errors.New("query is not the name of a query parameter such as key")}
	}
	return nil
}

// headerEntries checks the headers that are sent beside the token, in the order of their names.
func (f entryForm) headerEntries(dir string) (entries []headerEntry, problems []error) {
	for _, name := range slices.Sorted(maps.Keys(f.Headers)) {
		h := f.Headers[name]
		refuse := func(why string) { problems = append(problems, fmt.Errorf("headers: %s: %s", name, why)) }
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			problems = append(problems, errors.New("headers holds a name that is not the name of an HTTP header"))
		case slices.Contains(ownHeaders, strings.ToLower(name)):
			refuse("is set by the probe itself")
		case strings.EqualFold(name, f.Header):
			refuse("is the header of the token already")
		case h.Value != nil:
			refuse("value is not kept in this file; name its file in token_file, or an environment variable in " +
				"token_env")
		case (h.TokenFile == "") == (h.TokenEnv == ""):
			refuse("exactly one of token_file and token_env says where the value is")
		case h.Scheme != "" && !httpguts.ValidHeaderFieldName(h.Scheme):
			refuse("scheme is not one word such as Bearer")
		}
		entries = append(entries, headerEntry{name, h.Scheme, source{within(dir, h.TokenFile), h.TokenEnv}})
	}
	return entries, problems
}

// ownHeaders are those that make the request what it is.
var ownHeaders = []string{"host", "content-type", "content-length", "transfer-encoding", "connection", "accept",
	"accept-encoding"}

func (f entryForm) tokenProblems() []error {
	if f.Token != nil {
		return []error{errors.New("token is not kept in this file; put it into a file of its own and name that in " +
			"token_file, or name an environment variable in token_env")}
	}
	var given []string
	for name, is := range map[string]bool{"token_file": f.TokenFile != "", "token_env": f.TokenEnv != "",
		"anonymous": f.Anonymous} {
		if is {
			given = append(given, name)
		}
	}
	if len(given) != 1 {
		return []error{errors.New("exactly one of token_file, token_env and anonymous: true says where the token is")}
	}
	return nil
}

func parseProxy(raw string) (*url.URL, []error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		return nil, []error{errors.New("proxy is not a URL such as http://proxy.example:3128 (http, https or socks5)")}
	}
	return u, nil
}
