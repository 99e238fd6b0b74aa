package probe

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"model-registrar/internal/retryafter"
	"model-registrar/schemas"
)

// wordClasses are what providers' codes and types mean, folded, whatever the status that they come with.
var wordClasses = map[string]string{}

func init() {
	for code, words := range map[string][]string{
		schemas.ReasonQuota: {
			"insufficientquota", "insufficientuserquota", "exceededcurrentquotaerror", "exceededcurrentquota",
			"billinghardlimitreached", "billingerror", "billingnotactive", "insufficientbalance",
			"insufficientbalanceerror", "insufficientcredits", "insufficientfunds", "arrearage", "accountoverdueerror",
			"accountoverdue", "overduebill", "paymentrequired", "quotaexhausted", "creditsexhausted",
			"accountsuspended", "accountdeactivated", "notenoughcredits", "freetierexhausted",
			"allocationquotafreetieronly", "1008", "1113", "20033",
		},
		schemas.ReasonContentFiltered: {
			"contentfilter", "contentfiltered", "contentpolicyviolation", "responsibleaipolicyviolation",
			"datainspectionfailed", "contentsafety", "promptblocked", "moderationblocked", "guardrailintervened",
			"sensitivecontentdetected", "1301", "1026", "1027",
		},
		schemas.ReasonUnsupportedAPI: {"operationnotsupported", "unsupportedapiformodel"},
		schemas.ReasonModelNotFound: {
			"modelnotfound", "modelnotfounderror", "deploymentnotfound", "invalidmodel", "invalidmodelerror",
			"invalidmodelname", "modelnotexist", "modelnotexists", "modeldoesnotexist", "modelnotavailable",
			"modelnotsupported", "unknownmodel", "modeldecommissioned", "nosuchmodel", "modelnotopen",
			"unsupportedmodel", "resourcenotfoundmodel", "endpointnotfoundmodel", "invalidendpointormodelnotfound",
			"modelnotready", "1211", "20012",
		},
		schemas.ReasonUnauthorized: {"invalidapikey", "apikeyinvalid", "incorrectapikey", "invalidauthenticationerror"},
		schemas.ReasonRateLimited: {
			"ratelimitexceeded", "ratelimiterror", "ratelimitreached", "ratelimited", "resourceexhausted",
			"toomanyrequests", "tokensperminute", "requestsperminute", "throttling", "throttlingexception", "1302",
			"1303",
		},
		schemas.ReasonOverloaded: {
			"overloaded", "overloadederror", "engineoverloaded", "engineoverloadederror", "serviceunavailable",
			"serviceunavailableerror", "modeloverloaded", "unavailable", "modelloading", "loadingmodel",
			"insufficientsystemresource", "capacityexceeded", "deploymentnotready", "1305",
		},
	} {
		for _, word := range words {
			wordClasses[word] = code
		}
	}
}

// phrases are what providers' messages mean where they have no code for it. The first that matches counts.
var phrases = []struct {
	code    string
	pattern *regexp.Regexp
}{
	// A wait that has an end is not an account that has none: Gemini words its limits a minute as a quota.
	{schemas.ReasonRateLimited, waitPhrase},
	{schemas.ReasonQuota,
		regexp.MustCompile(`(?i)credit balance|(insufficient|not enough|no|out of|any|available|more|` +
			`remaining|used all)( \w+){0,2} ` +
			`(credits?|balance|funds)\b|balance is (too low|insufficient|not enough)|spending limit|` +
			`exceeded your (current|monthly) quota|` +
			`quota (has been |is )?(exhausted|used up)|billing (details|hard limit|is not active|issue)|unpaid|` +
			`overdue|arrear|` +
			`account (is|has been|was)( \w+)? (suspended|deactivated|disabled|not active|inactive)|(suspended|` +
			`deactivated) account|` +
			`payment (is )?required|top up|recharge|余额不足|欠费`)},
	{schemas.ReasonContentFiltered,
		regexp.MustCompile(`(?i)content (management|safety|usage) policy|content[_ -]?filter|` +
			`content exists risk|` +
			`responsible ai policy|(flagged|blocked|rejected) (by|as|for|due to)[^.]{0,60}(moderation|safety|policy|` +
			`guardrail|filter|sensitive|` +
			`inappropriate)|inappropriate content|sensitive content|usage policies`)},
	{schemas.ReasonUnsupportedAPI, regexp.MustCompile(`(?i)(only|not)( be)? (supported|available|accessible|` +
		`used)( only)? (in|via|through|by|with|on) ` +
		`(the )?(v1/)?\W?(responses|chat/?\s?completions?|completions)\b|supported only (in|via|through|by|` +
		`with) (the )?(v1/)?responses|` +
		`\b(use|try|requires?) (the )?\W?(v1/)?responses\b|not a chat model|does not support (the )?chat|` +
		`operation does not work with the specified model`)},
	{schemas.ReasonUnauthorized, regexp.MustCompile(`(?i)(incorrect|invalid|expired|revoked|` +
		`missing)\W{0,3}( \w+){0,2} api[ _-]?key|` +
		`api[ _-]?key( \w+){0,2} (not valid|invalid|expired|revoked|incorrect)`)},
	{schemas.ReasonOverloaded, regexp.MustCompile(`(?i)overloaded|(model|server|endpoint|deployment|service|` +
		`instance)( \S+){0,3} is ` +
		`(currently |still |now |being |not yet )*(loading|loaded|starting|warming|initiali[sz]ing|scaling|` +
		`ready)|still loading|warming up|` +
		`temporarily unavailable|cold start|at capacity|no available (capacity|instance|server|replica)s?|` +
		`scaled to zero`)},
}

var waitPhrase = regexp.MustCompile(`(?i)\b(?:try again|retry|retrying|wait)(?: your request|` +
	` the request)?(?: in| after| for| at least)*` +
	`(?: about| approximately| another)? (\d+(?:\.\d+)?) ?(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|` +
	`hours?|m\d+(?:\.\d+)?s)\b`)

// waitOf is how long a message asks to wait, at most an hour.
func waitOf(message string) time.Duration {
	m := waitPhrase.FindStringSubmatch(message)
	if m == nil {
		return 0
	}
	unit := map[string]string{"m": "m", "h": "h", "s": "s"}[m[2][:1]]
	if strings.HasPrefix(m[2], "ms") || strings.HasPrefix(m[2], "milli") {
		unit = "ms"
	} else if len(m[2]) > 1 && m[2][1] >= '0' && m[2][1] <= '9' {
		unit = m[2]
	}
	d, err := time.ParseDuration(m[1] + unit)
	if err != nil {
		return 0
	}
	return retryafter.Bound(d)
}

var (
	modelNoun = `(?:model|deployment)s?\b`
	notThere  = `(?:not[ _]found|does ?n[o']t exist|do(?:es)? not exist|not exist|no such|unknown|invalid|` +
		`un(?:recogni[sz]ed|supported|available)|` +
		`not (?:a )?(?:available|supported|valid|recogni[sz]ed|loaded|deployed|served|known|find)|cannot find|` +
		`could ?n[o']t find|could not be found|` +
		`decommissioned|retired|no longer|not have access|no access|no endpoints? (?:found )?for|no model named)`
	modelAbsent = regexp.MustCompile(`(?is)\b` + modelNoun + `.{0,160}` + notThere + `|` + notThere + `.{0,60}\b` +
		modelNoun)
	// aboutRequest tells a complaint about the request from one about the model that it names.
	aboutRequest = regexp.MustCompile(`(?i)\b(parameters?|params?|arguments?|fields?|propert(?:y|ies)|` +
		`inputs? are|temperature|top_p|` +
		`max\w*tokens|stop|stream\w*|messages?\[|schema|does not support)\b`)
	modelParameter = regexp.MustCompile(`(?i)(?:parameter|field|argument)\W{0,4}model\b|` +
		`\bmodel\W{0,4}(?:parameter|field|argument)\b`)
	aboutPath = regexp.MustCompile(`(?i)\b(path|route|url|page|resource not found|endpoint not found|` +
		`unknown request url|cannot post)\b`)
)

// class says what an error means beyond its status, as a reason code, or "". claimed is its HTTP status, also one that
// stands in a body under 200; 0 when there is none.
func (e apiError) class(claimed int) string {
	said := strings.Join(e.messages, "; ")
	inWords := e.wordClass()
	if inWords != "" {
		return inWords
	}
	for _, p := range phrases {
		if p.pattern.MatchString(said) {
			return p.code
		}
	}
	if e.namesModel(said, claimed) {
		return schemas.ReasonModelNotFound
	}
	return ""
}

func (e apiError) wordClass() string {
	for _, word := range e.words {
		if code, is := wordClasses[folded(word)]; is {
			return code
		}
	}
	return ""
}

func (e apiError) namesModel(said string, status int) bool {
	switch status {
	case 0, 400, 403, 404, 422:
	default:
		return false
	}
	typed := slices.ContainsFunc(e.words, func(w string) bool { return folded(w) == "notfounderror" })
	switch {
	case e.param == "model":
		return true
	case aboutRequest.MatchString(modelParameter.ReplaceAllString(said, "model")):
		return false
	case typed && !aboutPath.MatchString(said):
		return folded(said) != "notfound"
	}
	return status != 403 && modelAbsent.MatchString(said)
}
