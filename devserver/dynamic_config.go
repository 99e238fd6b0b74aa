package main

import (
	"time"

	"go.temporal.io/server/common/dynamicconfig"
)

// queuePollRPS is how often a second each of the one shard's task queues may be read. Temporal's default of 20,
// meant for hundreds of shards, makes every step of a lone workflow wait 50 ms for its turn: seven activities in
// sequence take 0.40 s, with this 0.04 s. Far more would read single tasks where a busy server reads batches.
const queuePollRPS = 200

// dynamicConfig is where this server differs from Temporal's defaults, which in this version already allow
// updates, eager workflow starts, eager activities and worker versioning.
func dynamicConfig(opts options) dynamicconfig.Client {
	return dynamicconfig.StaticClient{
		// A development server talks to nobody outside this machine.
		dynamicconfig.EnableServerVersionCheck.Key(): false,
		// Someone who corrects a manifest and registers again at once is not to be throttled.
		dynamicconfig.WorkflowIdReuseMinimalInterval.Key(): time.Duration(0),
		// 10 a second is little when several people, tests and an open UI share the namespace.
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 1000,

		// One partition a task queue: there is one matching service, so more of them only pass tasks around.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

		// The UI offers to pause a workflow, which this version refuses unless it is told otherwise.
		dynamicconfig.WorkflowPauseEnabled.Key(): true,

		// A test need not make thousands of events to see a workflow continue as new.
		dynamicconfig.HistoryCountSuggestContinueAsNew.Key(): opts.longHistory,

		dynamicconfig.TransferProcessorMaxPollRPS.Key():   queuePollRPS,
		dynamicconfig.TimerProcessorMaxPollRPS.Key():      queuePollRPS,
		dynamicconfig.VisibilityProcessorMaxPollRPS.Key(): queuePollRPS,
	}
}
