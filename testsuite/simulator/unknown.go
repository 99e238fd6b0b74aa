package simulator

import (
	"net/http"

	"model-registrar/testsuite/simulator/control"
)

// unknown is what fits no endpoint. It is recorded, so that a client that builds a wrong path is found out.
func (s *Server) unknown() endpoint {
	return endpoint{
		op:       control.OpUnknown,
		identify: func(c *call) { c.record.Credential = credentialKind(c.r) },
		serve: func(c *call) reply {
			return refuseGenesys(c, http.StatusNotFound, "", "The simulator has nothing at this path and method.")
		},
		refuse: refuseGenesys,
	}
}

func (s *Server) routeUnknown() { s.route("/", s.unknown()) }
