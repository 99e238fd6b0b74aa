// Package schemas compares what programs in other languages make of the published schemas with what the registrar does.
package schemas
