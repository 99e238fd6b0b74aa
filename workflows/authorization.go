package workflows

import "model-registrar/schemas"

// authorization is what people signed of this operation, for the activities that verify it before they do what it is
// about. A restore rests on what was signed of the payload that it puts back. Nil: nobody had to sign, or nobody has
// been asked yet.
func (r *registration) authorization() *schemas.Authorization {
	if r.restore && r.previous != nil {
		return r.previous.Authorization
	}
	a := schemas.Authorization{Requester: r.requester}
	for _, t := range r.approvals(recorded) {
		if t.verified.Signed {
			a.Approvals = append(a.Approvals, schemas.SignedApproval{Decision: t.Decision, DecidedAt: t.at})
		}
	}
	if len(a.Approvals) == 0 {
		return nil
	}
	if report := r.result.Approval; report != nil && report.Required {
		a.Required = r.gate.required
	}
	return &a
}

// authorizationOfUndoing is what putting the payload from before back rests on: whoever approves of a change names
// what it replaces. Where nobody was asked, it is what was signed of that payload.
func (r *registration) authorizationOfUndoing() *schemas.Authorization {
	if a := r.authorization(); a != nil {
		return a
	}
	return r.previous.Authorization
}
