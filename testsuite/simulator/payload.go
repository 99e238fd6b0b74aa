package simulator

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"model-registrar/internal/netguard"
	"model-registrar/testsuite/simulator/control"
)

// What can be wrong with a field. The first three are about the request's form and make it a bad.request;
// the others are about values.
const (
	unknownField = "unknown.field"
	missingField = "missing.field"
	wrongType    = "invalid.type"
	outOfRange   = "out.of.range"
	badValue     = "invalid.value"
)

// payloadCheck collects every violation of a payload, so that one answer names them all.
type payloadCheck struct {
	details []control.ErrorDetail
}

func (p *payloadCheck) wrong(field, code string) {
	p.details = append(p.details, control.ErrorDetail{ErrorCode: code, FieldName: field,
		EntityName: "CreateLargeLanguageModel"})
}

// code is the ErrorBody code for what was found.
func (p *payloadCheck) code() string {
	for _, d := range p.details {
		if d.ErrorCode == unknownField || d.ErrorCode == missingField || d.ErrorCode == wrongType {
			return "bad.request"
		}
	}
	return "invalid.value"
}

// known reports members that do not belong there, in the order of their names.
func (p *payloadCheck) known(prefix string, members fields, names ...string) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(names, name) {
			p.wrong(prefix+name, unknownField)
		}
	}
}

// checkPayload reads a model's payload as the tutorial defines it. webhookCallbackUrl alone may be absent.
func checkPayload(members fields) payloadCheck {
	p := payloadCheck{}
	p.known("", members, "name", "endpointUrl", "authCredentialId", "modelArchitecture", "rateLimits",
		"parameters", "webhookCallbackUrl")
	p.string(members, "name", validName)
	p.string(members, "endpointUrl", validURL)
	p.string(members, "authCredentialId", validCredentialID)
	p.string(members, "modelArchitecture", func(s string) bool {
		return slices.Contains([]string{"openai", "anthropic", "azure", "cohere", "custom"}, s)
	})
	p.rateLimits(members)
	p.parameters(members)
	if raw, ok := members["webhookCallbackUrl"]; ok && !isNull(raw) {
		p.string(members, "webhookCallbackUrl", validURL)
	}
	return p
}

func (p *payloadCheck) string(members fields, name string, valid func(string) bool) {
	raw, ok := members[name]
	if !ok {
		p.wrong(name, missingField)
		return
	}
	s, ok := text(raw)
	switch {
	case !ok:
		p.wrong(name, wrongType)
	case !valid(s):
		p.wrong(name, badValue)
	}
}

func (p *payloadCheck) rateLimits(members fields) {
	limits, ok := p.object(members, "rateLimits")
	if !ok {
		return
	}
	p.known("rateLimits.", limits, "maxRequestsPerMinute", "maxTokensPerMinute")
	p.limit(limits, "maxRequestsPerMinute", 10_000)
	p.limit(limits, "maxTokensPerMinute", 5_000_000)
}

func (p *payloadCheck) limit(limits fields, name string, most int64) {
	raw, ok := limits[name]
	if !ok {
		p.wrong("rateLimits."+name, missingField)
		return
	}
	n, ok := integer(raw)
	switch {
	case !ok:
		p.wrong("rateLimits."+name, wrongType)
	case n < 1 || n > most:
		p.wrong("rateLimits."+name, outOfRange)
	}
}

func (p *payloadCheck) object(members fields, name string) (fields, bool) {
	raw, ok := members[name]
	if !ok {
		p.wrong(name, missingField)
		return nil, false
	}
	inner, err := parseObject(raw)
	if err != nil {
		p.wrong(name, wrongType)
		return nil, false
	}
	return inner, true
}

func (p *payloadCheck) parameters(members fields) {
	params, ok := p.object(members, "parameters")
	if !ok {
		return
	}
	architecture, _ := text(members["modelArchitecture"])
	hottest, leastPenalty, mostPenalty := 2.0, -2.0, 2.0
	switch architecture {
	case "anthropic":
		hottest = 1
	case "cohere":
		hottest, leastPenalty, mostPenalty = 1, 0, 1
	}
	p.known("parameters.", params, "temperature", "top_p", "max_tokens", "stop_sequences", "frequency_penalty")
	p.between(params, "temperature", 0, hottest)
	p.between(params, "top_p", 0, 1)
	p.between(params, "frequency_penalty", leastPenalty, mostPenalty)
	p.maxTokens(params)
	p.stopSequences(params)
}

func (p *payloadCheck) between(params fields, name string, least, most float64) {
	raw, ok := params[name]
	if !ok {
		return
	}
	n, ok := number(raw)
	switch {
	case !ok:
		p.wrong("parameters."+name, wrongType)
	case n < least || n > most:
		p.wrong("parameters."+name, outOfRange)
	}
}

func (p *payloadCheck) maxTokens(params fields) {
	raw, ok := params["max_tokens"]
	if !ok {
		return
	}
	n, ok := integer(raw)
	switch {
	case !ok:
		p.wrong("parameters.max_tokens", wrongType)
	case n < 1:
		p.wrong("parameters.max_tokens", outOfRange)
	}
}

// maxStopSequences refuses nonsense only: the architectures differ, and not all say what they take.
const maxStopSequences = 16

func (p *payloadCheck) stopSequences(params fields) {
	raw, ok := params["stop_sequences"]
	if !ok {
		return
	}
	var list []json.RawMessage
	if _, single := text(raw); single {
		list = []json.RawMessage{raw}
	} else if isNull(raw) || json.Unmarshal(raw, &list) != nil {
		p.wrong("parameters.stop_sequences", wrongType)
		return
	}
	if len(list) > maxStopSequences {
		p.wrong("parameters.stop_sequences", outOfRange)
	}
	for _, item := range list {
		if s, ok := text(item); !ok {
			p.wrong("parameters.stop_sequences", wrongType)
			return
		} else if s == "" {
			p.wrong("parameters.stop_sequences", badValue)
			return
		}
	}
}

func validName(s string) bool {
	n := utf8.RuneCountInString(s)
	return n >= 3 && n <= 64 && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, unicode.IsControl)
}

func validCredentialID(s string) bool {
	return s != "" && len(s) <= 256 && !strings.ContainsFunc(s,
		func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}

// validURL takes an absolute https URL, and http for loopback hosts.
func validURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || len(s) > 2048 || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Fragment != "" ||
		u.Opaque != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && netguard.IsLoopback(u.Hostname())
}
