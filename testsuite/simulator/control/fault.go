package control

// Op names what a request to the simulator is about; faults match on it and the journal records it.
type Op string

// The operations, one for each thing that the simulator plays. OpUnknown is a request that fits no
// endpoint: it is recorded, so that a client that builds a wrong path is found out.
const (
	OpToken  Op = "token"
	OpCreate Op = "create"
	OpList   Op = "list"
	OpGet    Op = "get"
	OpUpdate Op = "update"
	OpDelete Op = "delete"
	OpJob    Op = "job"
	OpHealth Op = "health"
	// OpHealthResult reads how a health check ended.
	OpHealthResult Op = "healthResult"
	OpProvider     Op = "provider"
	OpWebhook      Op = "webhook"
	OpUnknown      Op = "unknown"
)

// Where a connection is cut. CutBefore: nothing took effect. CutAfter: the request took effect and its
// answer is lost. CutMiddle: the provider's answer breaks off half-way.
const (
	CutBefore = "before"
	CutAfter  = "after"
	CutMiddle = "middle"
	CutReset  = "reset" // like before, and the client sees the connection reset
	CutLate   = "late"  // like reset, and the request is delivered all the same, LateMS later
)

// How a job ends.
const (
	OutcomeCompleted = "COMPLETED"
	OutcomeFailed    = "FAILED"
)

// SpellingPascal makes a job speak of InProgress, Succeeded and Failed, as the platform's other job
// resources do, in place of QUEUED, IN_PROGRESS, COMPLETED and FAILED.
const SpellingPascal = "pascal"

// Fault is an order to misbehave. Rules are tried in the order in which they were added and the first one
// that matches and is not spent decides alone.
type Fault struct {
	// ID names the rule; the simulator makes one up when it is empty and replaces a rule of the same id.
	ID    string `json:"id,omitempty"`
	Match Match  `json:"match"`
	// Times is how many requests the rule applies to; 0 means until cleared.
	Times int `json:"times,omitempty"`
	// Skip is how many matching requests pass unharmed first.
	Skip int `json:"skip,omitempty"`
	// Every picks each so-many-th of the matching requests after those skipped, the last of so many; 0 and 1 are all.
	Every  int    `json:"every,omitempty"`
	Action Action `json:"action"`
}

// Match says which requests a rule is about. An empty field matches everything.
type Match struct {
	Op Op `json:"op,omitempty"`
	// Name is, for Genesys operations, exactly the model's name, its id or its job's id; for providers the
	// model named in the body, or a part of the path; for webhooks and tokens a part of the path.
	Name string `json:"name,omitempty"`
}

// Action says what happens to a matching request. Fields combine where that makes sense.
type Action struct {
	// LatencyMS holds the answer back that long; the request has taken effect by then.
	LatencyMS int64 `json:"latencyMs,omitempty"`
	// Status refuses the request, without effect, in the error shape of the surface that was called.
	Status int `json:"status,omitempty"`
	// RetryAfterSeconds sets Retry-After. A Genesys 429 without it says 1.
	RetryAfterSeconds int    `json:"retryAfterSeconds,omitempty"`
	Code              string `json:"code,omitempty"`
	Message           string `json:"message,omitempty"`
	// HTML answers with a web page, under Status or 200, without effect. Body does so with any text.
	HTML        bool              `json:"html,omitempty"`
	Body        string            `json:"body,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	Cut         string            `json:"cut,omitempty"`
	// LateMS is when a request whose connection is cut as CutLate takes effect, counted from its arrival.
	LateMS int64 `json:"lateMs,omitempty"`
	// LagMS answers as a replica that lags behind by so much: what was made since then is not known to it, what was
	// deleted since then it still shows. For list, get, delete, job, health and healthResult.
	LagMS int64 `json:"lagMs,omitempty"`
	// RevokeToken and ExpireToken end the token that the request carries and refuse the request with 401;
	// on OpToken they end the token that is being issued.
	RevokeToken bool `json:"revokeToken,omitempty"`
	ExpireToken bool `json:"expireToken,omitempty"`

	// The Job fields shape a job. Ordered on OpCreate and OpUpdate they shape the job that the request makes; on OpJob
	// the job that is asked for, except that JobStatus and JobNoResultID then hold for that one answer only.
	// JobDurationMS counts from the job's creation.
	JobDurationMS int64  `json:"jobDurationMs,omitempty"`
	JobOutcome    string `json:"jobOutcome,omitempty"`
	// JobError is what a failed job says; its empty fields are filled in.
	JobError *ErrorBody `json:"jobError,omitempty"`
	JobStuck bool       `json:"jobStuck,omitempty"`
	// JobStatus replaces the status text, until the job ends when it was ordered on OpCreate.
	JobStatus     string `json:"jobStatus,omitempty"`
	JobNoResultID bool   `json:"jobNoResultId,omitempty"`
	JobSpelling   string `json:"jobSpelling,omitempty"`
	// JobHalfway has a job that fails to update a model change the rate limits all the same.
	JobHalfway bool `json:"jobHalfway,omitempty"`

	// HealthOutcome and HealthDurationMS shape the health check that a request on OpHealth makes: COMPLETED by default,
	// at once.
	HealthOutcome    string `json:"healthOutcome,omitempty"`
	HealthDurationMS int64  `json:"healthDurationMs,omitempty"`

	// The fields from here on shape an LLM provider's answer.
	// Answer is the text in place of VALIDATION_SUCCESS.
	Answer string `json:"answer,omitempty"`
	// ErrorBody puts the provider's error under a 200; in a stream it is an error frame after the first ones.
	ErrorBody bool `json:"errorBody,omitempty"`
	Empty     bool `json:"empty,omitempty"`
	// Endless repeats the answer until the client goes away.
	Endless bool `json:"endless,omitempty"`
	// Truncate ends a stream cleanly but in the middle; an answer that is not streamed is shorter than its
	// Content-Length.
	Truncate bool `json:"truncate,omitempty"`
	// FirstTokenMS and BetweenTokensMS are counted from the arrival of the request, so that they do not
	// add up errors. They also delay an answer that is not streamed.
	FirstTokenMS      int64 `json:"firstTokenMs,omitempty"`
	BetweenTokensMS   int64 `json:"betweenTokensMs,omitempty"`
	InsufficientQuota bool  `json:"insufficientQuota,omitempty"`
	// ReasoningTokens is how many thinking frames precede the text.
	ReasoningTokens int `json:"reasoningTokens,omitempty"`
	// UnsupportedParameter refuses a request that has this field, naming it.
	UnsupportedParameter string `json:"unsupportedParameter,omitempty"`
	FinishReason         string `json:"finishReason,omitempty"`
}

// FaultState is a rule and what became of it.
type FaultState struct {
	Fault
	// Seen counts matching requests, those skipped included; Applied counts those it decided.
	Seen    int `json:"seen"`
	Applied int `json:"applied"`
}
