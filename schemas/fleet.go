package schemas

import (
	"fmt"
	"time"
)

// Bounds of a fleet.
const (
	MaxFleet      = 100_000   // operations
	MaxPart       = 250       // operations of one part
	MaxPartBytes  = 256 << 10 // of one part's JSON, far below the 2 MiB that a payload may have
	DefaultWindow = 50        // operations at a time
	MaxWindow     = 1000      // likewise
	MaxLeft       = 3         // models that a fleet remembers of one operation
	MaxFailures   = 1000      // failures that a fleet remembers; further ones are only counted
	MaxReason     = 200       // characters of a failure's reason
	maxFleetID    = 64        // characters
)

// RegisterFleetInput starts a RegisterFleet workflow. The manifests are not in it: they are held by one workflow a part
// (see [FleetPart]), which must have been started before.
type RegisterFleetInput struct {
	FleetID       string `json:"fleetId"`
	Total         int    `json:"total"` // manifests, or operations, in all parts
	Parts         int    `json:"parts"`
	Window        int    `json:"window"` // how many operations run at a time
	StopOnFailure bool   `json:"stopOnFailure,omitempty"`
	// Requester is who asks for the operations. The requester cannot approve them.
	Requester string `json:"requester"`
	// Operations counts the operations by workflow type, in a fleet that does more than register. A fleet that does not
	// say so accepts registrations alone.
	Operations map[string]int `json:"operations,omitempty"`
	// Restores is how many of the changes put back what was approved.
	Restores int `json:"restores,omitempty"`
	// State is how far the fleet's earlier runs came; nil for its first run. Only the fleet itself sends it.
	State *FleetState `json:"state,omitempty" jsonschema:"-"`
}

// FleetPart is the input of HoldFleetPart: some of what a fleet is to do, in its order. It has either manifests, to
// register, or items.
type FleetPart struct {
	FleetID   string      `json:"fleetId"`
	Part      int         `json:"part"`  // counted from 0
	First     int         `json:"first"` // index within the fleet of the first of them
	Manifests []Manifest  `json:"manifests,omitempty"`
	Items     []FleetItem `json:"items,omitempty"`
}

// Len is how many operations the part asks for.
func (p FleetPart) Len() int { return len(p.Manifests) + len(p.Items) }

// All lists the operations of the part; a manifest is a registration.
func (p FleetPart) All() []FleetItem {
	all := make([]FleetItem, 0, p.Len())
	for i := range p.Manifests {
		all = append(all, FleetItem{Operation: RegisterModelWorkflow, Manifest: &p.Manifests[i]})
	}
	return append(all, p.Items...)
}

// LoadPartInput is the input of LoadFleetPart, whose result is a [FleetPart].
type LoadPartInput struct {
	FleetID string `json:"fleetId"`
	Part    int    `json:"part"`
}

// FleetState is what a run of a fleet hands on to the next one.
type FleetState struct {
	StartedAt time.Time `json:"startedAt"`
	Window    int       `json:"window"`
	Part      int       `json:"part"` // that holds the next manifest
	Next      int       `json:"next"` // index within the fleet of the next manifest to start
	// Held are the indexes of operations before that which still wait for the one that they come after.
	Held     []int      `json:"held,omitempty"`
	InFlight []FleetRun `json:"inFlight,omitempty"`
	Tally    FleetTally `json:"tally"`
	// Tallies are the endings by operation, in a fleet that does more than register.
	Tallies  map[string]FleetTally `json:"tallies,omitempty"`
	Failures []FleetFailure        `json:"failures,omitempty"`
	// Registered has a bit for each manifest, by its index: whether its model is registered.
	Registered []byte    `json:"registered,omitempty"`
	Paused     bool      `json:"paused,omitempty"`
	PausedAt   time.Time `json:"pausedAt,omitzero"`
	PausedFor  Duration  `json:"pausedFor,omitzero"` // without the pause that lasts
	// STOPPED, CANCELLED or FAILED, once the fleet is on its way there
	Ending    FleetStatus `json:"ending,omitempty"`
	Reason    string      `json:"reason,omitempty"`
	ErrorType ErrorType   `json:"errorType,omitempty"`
	Runs      int         `json:"runs"`               // that came before
	RenewedAt time.Time   `json:"renewedAt,omitzero"` // when the parts were last told that the fleet goes on
}

// FleetRun is an operation in flight.
type FleetRun struct {
	Name string `json:"name"`
	// Operation is its workflow type, in a fleet that does more than register.
	Operation string `json:"operation,omitempty"`
	Restore   bool   `json:"restore,omitempty"` // a change that puts back what was approved
	Index     int    `json:"index"`             // within the fleet
	RunID     string `json:"runId,omitempty"`
	Waiting   bool   `json:"waiting,omitempty"` // for a person's approval
	News      int    `json:"news,omitempty"`    // number of the newest news of it
}

// FleetTally counts endings by outcome.
type FleetTally map[Outcome]int

// Sum is the number of all endings.
func (t FleetTally) Sum() int {
	n := 0
	for _, o := range FleetOutcomes {
		n += t[o]
	}
	return n
}

// FleetShare is what a fleet does of one kind of operation.
type FleetShare struct {
	Total    int        `json:"total"`
	Restores int        `json:"restores,omitempty"` // of the changes, those that put back what was approved
	Outcomes FleetTally `json:"outcomes"`
}

// Outcomes within a fleet, beside those of an operation.
const (
	// AlreadyInProgress: an operation on this name that is not the fleet's was running; it was left alone.
	AlreadyInProgress Outcome = "ALREADY_IN_PROGRESS"
	// Duplicate: the name came twice in the fleet; the first one counts.
	Duplicate Outcome = "DUPLICATE"
	// Skipped: the operation that it was to come after was not done, so that it was not begun.
	Skipped Outcome = "SKIPPED"
)

// FleetOutcomes lists what can become of an operation, in the order in which it is shown.
var FleetOutcomes = []Outcome{
	Completed, Unchanged, Failed, Rejected, RolledBack, ApprovalTimedOut, Cancelled, AlreadyInProgress, Duplicate,
	Skipped,
}

// Registered reports whether an operation that ended so was done: after a registration, the model is registered.
func (o Outcome) Registered() bool { return o == Completed || o == Unchanged }

// FleetStatus is where a fleet stands, or how it ended.
type FleetStatus string

// Where a fleet stands, and its endings. COMPLETED says that everything had its turn, whatever came of it; STOPPED
// that it was to stop on the first failure and did.
const (
	FleetRunning    FleetStatus = "RUNNING"
	FleetPaused     FleetStatus = "PAUSED"
	FleetStopping   FleetStatus = "STOPPING"
	FleetCancelling FleetStatus = "CANCELLING"
	FleetCompleted  FleetStatus = "COMPLETED"
	FleetStopped    FleetStatus = "STOPPED"
	FleetCancelled  FleetStatus = "CANCELLED"
	FleetFailed     FleetStatus = "FAILED"
)

// Ended reports whether the status is an ending.
func (s FleetStatus) Ended() bool {
	return s == FleetCompleted || s == FleetStopped || s == FleetCancelled || s == FleetFailed
}

// FleetFailure is an operation that was not done, and why.
type FleetFailure struct {
	Name string `json:"name"`
	// Operation is its workflow type, in a fleet that does more than register.
	Operation string    `json:"operation,omitempty"`
	Restore   bool      `json:"restore,omitempty"` // a change that puts back what was approved
	Outcome   Outcome   `json:"outcome"`
	ErrorType ErrorType `json:"errorType,omitempty"`
	Reason    string    `json:"reason,omitempty"` // at most [MaxReason] characters
	// Left are the models that it has left in the gateway, or may have: see [Result.LeftBehind]. At most [MaxLeft].
	Left []FoundModel `json:"left,omitempty"`
}

// FleetEnding is what became of one operation of a fleet.
type FleetEnding struct {
	FleetRun
	Outcome   Outcome   `json:"outcome"`
	ErrorType ErrorType `json:"errorType,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	// Left are the models that it has left in the gateway, or may have: see [Result.LeftBehind]. At most [MaxLeft].
	Left []FoundModel `json:"left,omitempty"`
}

// FleetResult is what a fleet comes to, or has come to so far. A workflow that fails or is cancelled carries it as the
// details of its error.
type FleetResult struct {
	FleetID   string      `json:"fleetId"`
	Status    FleetStatus `json:"status"`
	Reason    string      `json:"reason,omitempty"` // why it did not complete
	ErrorType ErrorType   `json:"errorType,omitempty"`
	Requester string      `json:"requester"`
	Total     int         `json:"total"`
	Outcomes  FleetTally  `json:"outcomes"`
	// Operations says the same by workflow type, of a fleet that does more than register.
	Operations map[string]FleetShare `json:"operations,omitempty"`
	NotStarted int                   `json:"notStarted"` // operations that had no turn
	// Failures are the operations that were not done, the first [MaxFailures] of them.
	Failures  []FleetFailure `json:"failures,omitempty"`
	Truncated bool           `json:"truncated,omitempty"` // there were more failures
	// Registered has a bit for each operation, by its index: whether it was done. The lowest bit of a byte is the
	// first.
	Registered []byte    `json:"registered,omitempty"`
	Parts      int       `json:"parts"`
	StartedAt  time.Time `json:"startedAt"`
	EndedAt    time.Time `json:"endedAt,omitzero"`
	DurationMs int64     `json:"durationMs"`
	PausedMs   int64     `json:"pausedMs,omitempty"` // of the duration
	WorkflowID string    `json:"workflowId"`
	RunID      string    `json:"runId"` // of the last run
	Runs       int       `json:"runs"`  // how often it continued as new, and one
}

// IsRegistered reports whether the operation with this index was done.
func (r FleetResult) IsRegistered(index int) bool {
	return index/8 < len(r.Registered) && r.Registered[index/8]>>(index%8)&1 == 1
}

// FleetProgress answers the query `status` of a fleet.
type FleetProgress struct {
	FleetID   string      `json:"fleetId"`
	RunID     string      `json:"runId"`
	Status    FleetStatus `json:"status"`
	Reason    string      `json:"reason,omitempty"`
	Requester string      `json:"requester"`
	StartedAt time.Time   `json:"startedAt"`
	Total     int         `json:"total"`
	Queued    int         `json:"queued"`
	InFlight  int         `json:"inFlight"`           // each takes a place of the window
	Waiting   int         `json:"waitingForApproval"` // these take no place
	Ended     int         `json:"ended"`
	Outcomes  FleetTally  `json:"outcomes"`
	// Operations says the same by workflow type, of a fleet that does more than register.
	Operations    map[string]FleetShare `json:"operations,omitempty"`
	Window        int                   `json:"window"`
	StopOnFailure bool                  `json:"stopOnFailure,omitempty"`
	PausedMs      int64                 `json:"pausedMs,omitempty"`
	// Recent are the newest failures, oldest first; the query `summary` has them all.
	Recent []FleetFailure `json:"recentFailures,omitempty"`
	Runs   int            `json:"runs"`
}

// FleetWindow is the argument of the update `window`.
type FleetWindow struct {
	Size int `json:"size"` // 1 to [MaxWindow]
}

// FleetCancel is the argument of the update `cancel`.
type FleetCancel struct {
	By     string `json:"by,omitempty"` // who asks
	Reason string `json:"reason,omitempty"`
}

// FleetReceipt answers the updates of a fleet.
type FleetReceipt struct {
	FleetID string      `json:"fleetId"`
	Status  FleetStatus `json:"status"`
	Window  int         `json:"window"`
	Message string      `json:"message"` // a sentence for people: what happens now
}

// FleetNews is what an operation tells the fleet that started it: that it waits for a person, or does no longer.
type FleetNews struct {
	Name  string `json:"name"`
	RunID string `json:"runId"`
	// Number counts the news of one operation from 1: signals may arrive in another order than they were sent in.
	Number  int  `json:"number"`
	Waiting bool `json:"waiting"`
}

// AwaitInput is the input of AwaitRegistrations.
type AwaitInput struct {
	Runs []FleetRun `json:"runs"`
	// Window is how long to wait for the first of them to end; zero looks once.
	Window Duration `json:"window"`
}

// AwaitResult is the result of AwaitRegistrations.
type AwaitResult struct {
	Ended []FleetEnding `json:"ended,omitempty"`
}

// CheckFleetID says what is wrong with a fleet's id, if anything is.
func CheckFleetID(id string) error {
	if id == "" || len(id) > maxFleetID {
		return fmt.Errorf("a fleet's id has 1 to %d characters", maxFleetID)
	}
	for i, c := range id {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '-' && c != '_' && c != '.') {
			return fmt.Errorf("a fleet's id has letters and digits, and - _ . after the first character")
		}
	}
	return nil
}
