// Package probe sends synthetic prompts to an LLM endpoint and reports, with figures, whether it answers as it must:
// the evidence on which a model goes live. It speaks each architecture's own protocol, spends no more tokens and time
// than it was given, and knows nothing of Temporal.
package probe
