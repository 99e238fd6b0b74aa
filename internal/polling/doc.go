// Package polling decides when to look at a job that runs on the platform. It remembers how long jobs have taken lately,
// looks where the end is likely, and looks seldom while the request quota is needed for other calls.
package polling
