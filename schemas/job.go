package schemas

// PollInput is the input of PollJob.
type PollInput struct {
	JobID string `json:"jobId"`
	// Window is how long this activity may poll before it hands the waiting back to a durable timer.
	Window Duration `json:"window"`
	// Polls is how often the job was asked for before; the gaps grow with it.
	Polls int `json:"polls"`
	// Running is how long the job has run when this activity is scheduled.
	Running Duration `json:"running,omitzero"`
	// LookedAt is how old the job was when it was last looked at; 0 is never.
	LookedAt Duration `json:"lookedAt,omitzero"`
}

// PollProgress is what PollJob heartbeats and goes on from after a crash.
type PollProgress struct {
	JobID      string `json:"jobId"`
	Polls      int    `json:"polls"`
	LastStatus string `json:"lastStatus"`
	// LookedAt is how old the job was at the last look.
	LookedAt Duration `json:"lookedAt,omitzero"`
}

// PollResult is the result of PollJob: the job's end, or how far it came within the window.
type PollResult struct {
	Answer

	Done       bool   `json:"done"` // the job succeeded and ModelID is set; a job that failed is an error
	ModelID    string `json:"modelId,omitempty"`
	Polls      int    `json:"polls"`
	LastStatus string `json:"lastStatus"`
	// RetryAfter is how long to wait before the next look: what the platform asks for, or when the job is likely to
	// end.
	RetryAfter Duration `json:"retryAfter,omitzero"`
	// LookedAt is how old the job was at the last look.
	LookedAt Duration `json:"lookedAt,omitzero"`
}
