// Package polling decides when to look next at a job that runs on the platform.
//
// # How it works
//
// Looking costs a call of the request quota, and waiting costs time. Which of the two matters depends on the quota:
//
//   - With quota to spare, a job that has ended is noticed within [Patience] of its age, whatever happened before.
//     Inside that bound the looks are placed so that one falls where the end is expected.
//   - Without, each job is first looked at when nine of ten jobs have ended lately, and those that outlast it share a
//     quarter of the quota. One job at a time, the scout, is looked at more closely, at the cost of three calls in
//     a hundred, so that jobs that have become faster are noticed. Those that a person waits for share another quarter,
//     and are noticed within a tenth of their age.
//
// What is expected comes from the ends that were seen last. An end is known as a span: after the last look that saw the
// job run, and by the look that saw its end. Two ends in a row that agree with each other and contradict what is older
// make the older ones forgotten, so that one slow job, or a platform that has become faster or slower, misleads for two
// ends and not for longer.
package polling
